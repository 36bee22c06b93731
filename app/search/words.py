"""Words as the index keeps them: without case, accents and umlauts, the same on every database.

What is written is cut into words here and nowhere else. PostgreSQL gets the words as a finished ``tsvector``, SQLite as
a line in which nothing is left to decide, so both find the same.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

LONGEST: Final = 64
"""Longer words are found by their beginning."""
MOST: Final = 16_000
"""Words of one text that are indexed; PostgreSQL counts positions to 16,383."""

# Scripts written without spaces: each character is a word, and what is typed together is looked for as a phrase.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_MARKS = (
    "\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
)
_UNSEEN = "\u00ad\u200b-\u200d\u2060\ufe00-\ufe0f\ufeff"
_INDIC = "\u0900-\u0963\u0966-\u0dff"

_ASCII_WORD = re.compile("[a-z0-9]+")
_VOICED = "\u3099\u309a"
"""Signs on the Japanese letter before them."""
_WORD = re.compile(f"[{_UNSPACED}][{_VOICED}]?|(?:(?![{_UNSPACED}])[^\\W_]|[{_MARKS}{_UNSEEN}{_INDIC}])+")
_DROPPED = re.compile(f"[{_MARKS}{_UNSEEN}]")
# Letters that Unicode doesn't take apart, though readers do.
_APART = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŧ": "t"}
)
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


def fold(text: str) -> str:
    """Without case, accents and marks: ``Größe`` and ``GROSSE`` are the same, and so are ``é``, ``è`` and ``e``."""
    if text.isascii():
        return text.lower()
    bare = _DROPPED.sub("", unicodedata.normalize("NFKD", text)).casefold()
    return unicodedata.normalize("NFKC", _DROPPED.sub("", unicodedata.normalize("NFKD", bare)).translate(_APART))


def spans(text: str) -> Iterator[tuple[int, int, str]]:
    """Each word of a text: where it begins and ends, and how the index keeps it."""
    if text.isascii():
        for match in _ASCII_WORD.finditer(text.lower()):
            yield match.start(), match.end(), match[0][:LONGEST]
        return
    for match in _WORD.finditer(text):
        for word in _WORD.findall(fold(match[0])):
            yield match.start(), match.end(), word[:LONGEST]


def words(text: str) -> list[str]:
    """The words of a text in their order, MOST at most."""
    found = [word for _start, _end, word in spans(text)]
    return found if len(found) <= MOST else found[:MOST]


def spelled_out(text: str) -> str:
    """With umlauts written as two letters, as people do whose keyboard has none."""
    return unicodedata.normalize("NFC", text).translate(_SPELLED_OUT)
