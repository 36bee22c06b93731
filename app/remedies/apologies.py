"""Whether a reply apologises or promises, and whether somebody complained: by phrases from a file."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib import resources

_LONGEST = 20_000


@lru_cache(maxsize=1)
def _phrases() -> Mapping[str, Mapping[str, list[str]]]:
    source = resources.files("app.remedies").joinpath("apologies.toml").read_text(encoding="utf-8")
    found: Mapping[str, Mapping[str, list[str]]] = tomllib.loads(source)
    return found


def promised(text: str, more: Iterable[str] = ()) -> str | None:
    """The words in a reply that apologise or promise something; None when there are none.

    ``more`` are phrases to look for besides those that come along. Both languages are looked for: people mix them.
    """
    text = _plain(text)
    text = _pattern(_all("ignore")).sub(" ", text)
    found = _pattern((*_all("promises"), *more)).search(text)
    return found[0] if found else None


def complains(texts: Iterable[str]) -> bool:
    """Whether any of somebody's comments sounds like a complaint."""
    pattern = _pattern(_all("complaints"))
    return any(pattern.search(_plain(text)) for text in texts)


def _all(kind: str) -> tuple[str, ...]:
    return tuple(phrase for language in _phrases().values() for phrase in language[kind])


def _plain(text: str) -> str:
    return " ".join(text[:_LONGEST].casefold().replace("\u2019", "'").split())


@lru_cache(maxsize=16)
def _pattern(phrases: Sequence[str]) -> re.Pattern[str]:
    """One pattern of literals and ``\\w*``: linear in the text, whatever somebody wrote into a phrase."""
    literal = [
        r"\w*".join(re.escape(part) for part in phrase.casefold().split("*"))
        for phrase in phrases
        if phrase.strip("* ")
    ]
    return re.compile(rf"(?<!\w)(?:{'|'.join(sorted(literal, key=len, reverse=True))})(?!\w)")
