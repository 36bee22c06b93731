"""What language a comment is in."""

from functools import lru_cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from app.learning.types import LANGUAGES

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
    # The model comes inside the package. Reading it takes a third of a second, which who judges nothing need not wait.
    every = LanguageIdentifier.from_model_file(MODEL_FILE)
    every.set_languages(languages)
    return LanguageIdentifier(
        every.nb_ptc, every.nb_pc, every.nb_classes, every.tk_nextmove, every.tk_output, tk_row=every.tk_row
    )
