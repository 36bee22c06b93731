"""Texts as arrays: many texts at once become characters, tokens and the hashes of both, without a loop over them.

A token is a run of letters and digits, a run of punctuation, or a single symbol such as an emoji. The hash of any
stretch of characters comes out of one running sum: with ``sum(c[i] * P**i)`` kept at every place, the difference at
two places divided by the power at the first is the polynomial of what lies between, all modulo 2**64.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]

LONGEST = 2_000
"""Characters of a text that are looked at; what a comment is about is said by then."""
MENTION, LINK = "\ue001", "\ue000"
"""Stand for any @name and any web address; the letters are from the private area and can't be typed by mistake."""

_BASE = np.uint64(0x9E3779B97F4A7C15)
_BASE_INVERSE = np.uint64(pow(0x9E3779B97F4A7C15, -1, 1 << 64))
_PAIR = np.uint64(0x2545F4914F6CDD1D)
_LINK = re.compile(r"(?:https?://|www\.)(?:www\.)?([^\s/?#:]+)\S*", re.IGNORECASE)
_MENTION = re.compile(r"(?<!\w)@\w[\w.]*")
_DIGIT = re.compile(r"\d")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Me", "Mn"})
"""Classes of characters that show nothing by themselves: control and format characters, halves of characters, marks."""
_DRAWN_AS_NOTHING = frozenset(f"\u115f\u1160\u2800\u3164\uffa0{MENTION}{LINK}")
_QUOTES = str.maketrans(
    {
        "\u2019": "'",
        "\u2018": "'",
        "\u00b4": "'",
        "`": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u201e": '"',
        MENTION: " ",
        LINK: " ",
    }
)


@dataclass(frozen=True, slots=True)
class Tokens:
    """``texts`` texts laid end to end. Token ``i`` stands in text ``row[i]`` from ``start[i]`` to ``end[i]``."""

    texts: int
    characters: Hashes
    text_of: Places
    """The text a character belongs to."""
    start: Places
    end: Places
    row: Places
    hashes: Hashes
    sums: Hashes
    inverse: Hashes

    def between(self, start: Places, length: int) -> Hashes:
        """Hashes of the ``length`` characters from each of these places on."""
        return mix((self.sums[start + length] - self.sums[start]) * self.inverse[start])


def blank(text: str) -> bool:
    """Whether nothing in it can be read: not a letter, digit, mark or symbol that shows."""
    return all(
        one.isspace() or one in _DRAWN_AS_NOTHING or unicodedata.category(one) in _UNSEEN for one in text[:LONGEST]
    )


def simplify(text: str) -> str:
    """As the model reads it: lower case, plain quotes, one kind of mention, link and digit, single spaces."""
    text = text[:LONGEST].translate(_QUOTES)
    if "://" in text or "www." in text:
        text = _LINK.sub(rf" {LINK} \1 ", text)
    if "@" in text:
        text = _MENTION.sub(MENTION, text)
    return " ".join(_DIGIT.sub("0", text).lower().split())


def read(texts: Sequence[str]) -> Tokens:
    """Simplify and cut into tokens. Each text gets a space at either end, so that nothing runs into its neighbour."""
    lined = [f" {simplify(text)} " for text in texts]
    lengths = np.fromiter(map(len, lined), np.int64, len(lined))
    codes = np.frombuffer("".join(lined).encode("utf-32-le", "replace"), np.uint32)
    text_of = np.repeat(np.arange(len(lined)), lengths)
    classes = _classes(codes)
    before = np.concatenate(([0], classes[:-1]))
    after = np.concatenate((classes[1:], [0]))
    single = classes == _SYMBOL
    start = np.flatnonzero((classes != _SPACE) & ((classes != before) | single))
    end = np.flatnonzero((classes != _SPACE) & ((classes != after) | single)) + 1
    characters = codes.astype(np.uint64)
    power = _powers(_BASE, len(codes))
    inverse = _powers(_BASE_INVERSE, len(codes))
    sums = np.concatenate((np.zeros(1, np.uint64), np.cumsum((characters + np.uint64(1)) * power, dtype=np.uint64)))
    hashes = mix((sums[end] - sums[start]) * inverse[start])
    return Tokens(len(lined), characters, text_of, start, end, text_of[start], hashes, sums, inverse)


def mix(hashes: Hashes) -> Hashes:
    """Spread differences over all bits (the finalizer of MurmurHash3)."""
    hashes = (hashes ^ (hashes >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    hashes = (hashes ^ (hashes >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return hashes ^ (hashes >> np.uint64(33))


def follow(first: Hashes, then: Hashes) -> Hashes:
    """The hash of one thing followed by another."""
    return mix(first * _PAIR + then)


def runs(tokens: Tokens, length: int) -> tuple[Places, Hashes]:
    """Where ``length`` tokens stand in a row inside one text (the place of the first), and their hashes."""
    count = max(len(tokens.hashes) - length + 1, 0)
    hashes = tokens.hashes[:count]
    for step in range(1, length):
        hashes = follow(hashes, tokens.hashes[step : step + count])
    inside = np.flatnonzero(tokens.row[:count] == tokens.row[length - 1 :][:count])
    return inside, hashes[inside]


_SPACE, _WORD, _MARKS, _SYMBOL = 0, 1, 2, 3


def _classes(codes: npt.NDArray[np.uint32]) -> npt.NDArray[np.int8]:
    seen, where = np.unique(codes, return_inverse=True)
    return np.array([_class(code) for code in seen.tolist()], np.int8)[where]


@lru_cache(maxsize=20_000)
def _class(code: int) -> int:
    character = chr(code)
    if character.isspace():
        return _SPACE
    if character.isalnum() or character in "'_" or unicodedata.category(character) in ("Mn", "Mc"):
        return _WORD
    return _SYMBOL if unicodedata.category(character) in ("So", "Sk", "Co") else _MARKS


def _powers(base: np.uint64, count: int) -> Hashes:
    powers = np.full(count + 1, base, np.uint64)
    powers[0] = 1
    return np.multiply.accumulate(powers)[:count]
