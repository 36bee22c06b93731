"""How a text sounds, by the phrases that come along."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

from app.outreach import rules
from app.outreach.types import Stance


@cache
def _phrases() -> Mapping[Stance, Sequence[str]]:
    source = resources.files("app.outreach").joinpath("phrases.toml").read_text(encoding="utf-8")
    languages = tomllib.loads(source).values()
    return {
        stance: tuple(phrase for words in languages for phrase in words[stance.value])
        for stance in (Stance.DECLINING, Stance.COURTING)
    }


def stance_of(text: str) -> Stance:
    """Whether a text turns somebody down or courts them; all languages are looked for, as people mix them."""
    return rules.stance_of(text, _phrases())
