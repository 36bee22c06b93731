"""What language a comment is in."""

from functools import lru_cache

from py3langid.langid import LanguageIdentifier

from app.learning.types import LANGUAGES
from app.routing import unpacked

_ENOUGH_LETTERS = 4
_LOOKED_AT = 300
_ENOUGH_TEXT = 200
"""Characters that say it: more of them cost time and change nothing."""
_NO_LANGUAGE = ("@", "#", "http://", "https://", "www.")


def detect(text: str, languages: frozenset[str] = LANGUAGES) -> str | None:
    """ISO 639-1 code of the likeliest of these languages, or None when there is too little text to tell.

    Names, tags and addresses count for nothing.
    """
    line = " ".join([word for word in text[:_LOOKED_AT].split() if not word.startswith(_NO_LANGUAGE)])[:_ENOUGH_TEXT]
    if sum(map(str.isalpha, line)) < _ENOUGH_LETTERS:
        return None
    language: str = _identifier(languages).classify(line)[0]
    return language


@lru_cache(maxsize=2)
def _identifier(languages: frozenset[str]) -> LanguageIdentifier:
    known = unpacked.identifier()
    if languages != LANGUAGES:
        known.set_languages(languages)
    return known
