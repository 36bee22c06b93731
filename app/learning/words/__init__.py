"""The word lists a model reads with: those that come along, and an installation's own."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from app.core import toml

LISTS = (
    "problem",
    "anger",
    "leaving",
    "praise",
    "thanks",
    "question",
    "wish",
    "help",
    "remedy",
    "self_promotion",
    "to_us",
    "about_me",
    "business",
    "news",
    "come_to_me",
    "among_readers",
)
"""The lists whose hits a model counts, in this order."""
URGENT = "urgent"
"""Words of haste or danger; they raise the priority and say nothing about the kind."""
LANGUAGES = ("en", "de", "es", "fr", "it", "pt", "th")
LONGEST = 100_000
_PRAISE, _ANGER = 2.0, -2.2
NEGATION = "negation"


class UnknownListError(ValueError):
    """There is no list of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """Lists of all languages together; ``tones`` are words with their value from -4 to 4."""

    lists: Mapping[str, tuple[str, ...]]
    tones: Mapping[str, float]
    negations: tuple[str, ...]


def shipped(language: str) -> str:
    """The lists of a language as they come along, TOML."""
    return _file(f"{language}.toml")


def read(text: str) -> dict[str, tuple[str, ...]]:
    """The lists in a TOML text.

    Raises UnknownListError, TypeError with the name of a list that is none, and ValueError when it is not TOML.
    """
    tables = toml.tables(text)
    known = {*LISTS, URGENT, NEGATION}
    for name, entries in tables.items():
        if name not in known:
            raise UnknownListError(name)
        if not isinstance(entries, list) or not all(isinstance(entry, str) and entry.strip(" *") for entry in entries):
            raise TypeError(name)
    return {name: tuple(entries) for name, entries in tables.items()}


@lru_cache(maxsize=8)
def compose(changed: tuple[tuple[str, str], ...] = ()) -> Words:
    """The lists to read with. ``changed`` has (language, TOML) for those an installation has rewritten."""
    own = dict(changed)
    sources = {
        language: read(own.get(language) or shipped(language))
        for language in (*LANGUAGES, *sorted(set(own) - set(LANGUAGES)))
    }
    lists = {
        name: tuple(word for source in sources.values() for word in source.get(name, ())) for name in (*LISTS, URGENT)
    }
    negations = tuple(word for source in sources.values() for word in source.get(NEGATION, ()))
    return Words(lists, _tones(sources), negations)


def _tones(sources: Mapping[str, Mapping[str, tuple[str, ...]]]) -> dict[str, float]:
    """VADER's words for English, its praise and anger for every other language, emoji for all."""
    tones: dict[str, float] = {}
    for line in _file("vader.txt").splitlines():
        if line and not line.startswith("# "):
            word, rating = line.split("\t")
            tones[word] = float(rating)
    for language, lists in sources.items():
        if language != "en":
            for name, value in (("praise", _PRAISE), ("thanks", _PRAISE), ("anger", _ANGER)):
                for word in lists.get(name, ()):
                    tones.setdefault(word, value)
    emoji = tomllib.loads(_file("emoji.toml"))
    return tones | dict.fromkeys(emoji["warm"], _PRAISE) | dict.fromkeys(emoji["cold"], -_PRAISE)


def _file(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
