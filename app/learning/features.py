"""What a model looks at: stretches of letters and words as numbered buckets, and a few dozen figures anybody can read.

The figures are what makes a model useful before it has learned anything: hits in word lists, the tone of the words,
questions, links, length. Their order is fixed by ``NAMES``. What says more about a platform than about a comment
(mentions, hash tags, quotes) is left out: a model that leans on it errs at the next platform.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from app.learning import lexicon, tokens
from app.learning.lexicon import Hits, Lexicon
from app.learning.sentences import Sentences
from app.learning.tokens import LINK, Hashes, Places, Tokens
from app.learning.words import LISTS, URGENT, Words

BITS = 20
LETTERS = (2, 3, 4, 5)
WORDS = (1, 2)
Figures = npt.NDArray[np.float32]

_SHORTENED = re.compile(r"//(?:t\.co|bit\.ly|goo\.gl|ow\.ly|fb\.me|tinyurl\.com|buff\.ly|dlvr\.it)/")
_CAPITALS = re.compile(r"[A-Z\u00c0-\u00d6\u00d8-\u00de]+")
_ADDRESS = re.compile(
    r"(?:https?://|www\.)\S+|\b[a-z0-9][a-z0-9-]{0,62}\."
    r"(?:com|net|org|info|biz|me|tv|io|co|us|uk|de|se|pl|ru|ly|gl|tk|xyz|online|site|shop|club)\b(?:/\S*)?",
    re.IGNORECASE,
)
"""Also those written without http, at the ends that turn up in comments."""
_ONLY = 0.8
"""The share of addresses from which on a text is nothing else."""
_STEP = np.uint64(0x9E3779B97F4A7C15)
_LETTERS_SALT, _WORDS_SALT = 1, 101
_NEGATION_REACH = 3
_TURNED = -0.74
"""What a word counts for after a negation, as VADER (Hutto and Gilbert, 2014) measured it."""
_TONE_SPREAD = 15.0
_USUAL_LENGTH = 4.5
"""Logarithm of 90 characters: a figure near zero for most texts."""

_MARKS = (
    ("question_mark", "?"),
    ("exclamation", "!"),
    ("link", LINK),
)
NAMES: tuple[str, ...] = (
    *(f"{name}_{form}" for name in LISTS for form in ("much", "any")),
    *("tone", "warm", "cold", "negation"),
    *(f"{name}_{form}" for name, _mark in _MARKS for form in ("much", "any")),
    *("ends_asking", "begins_asking", "length", "under_4_words", "under_8_words", "over_40_words"),
    *("shouting", "capitals", "short_link", "address_share", "only_address"),
)
"""What each figure is called; ``much`` is the logarithm of how many, ``any`` whether there is one."""


@dataclass(frozen=True, slots=True)
class Buckets:
    """Which bucket turned up in which text, once for every time."""

    row: Places
    bucket: Places


@dataclass(frozen=True, slots=True)
class Reader:
    """Word lists made ready for reading texts."""

    lists: Lexicon
    """LISTS in their order, then URGENT."""
    tones: Lexicon
    sentences: Sentences | None = None


@lru_cache(maxsize=8)
def reader(words: Words, sentences: Sentences | None = None) -> Reader:
    """Made once for each version of the lists."""
    lists = lexicon.compile_lists({name: words.lists[name] for name in (*LISTS, URGENT)})
    return Reader(lists, lexicon.compile_lists({"tone": words.tones, "negation": words.negations}), sentences)


def letters(text: Tokens) -> Buckets:
    """Two to five characters in a row, across words."""
    rows, hashes = [], []
    running: Hashes = np.zeros(len(text.characters), np.uint64)
    for length in range(1, max(LETTERS) + 1):
        count = max(len(text.characters) - length + 1, 0)
        running = running[:count] * _STEP + text.characters[length - 1 :]
        if length in LETTERS:
            inside = text.text_of[:count] == text.text_of[length - 1 :]
            rows.append(text.text_of[:count][inside])
            hashes.append(tokens.mix(running[inside] + np.uint64(_LETTERS_SALT + length)))
    return _buckets(rows, hashes)


def words(text: Tokens) -> Buckets:
    """Words, and pairs of them."""
    rows, hashes = [], []
    for length in WORDS:
        first, found = tokens.runs(text, length)
        rows.append(text.row[first])
        hashes.append(_salted(found, length))
    return _buckets(rows, hashes)


def word_buckets(hashes: Hashes, length: int) -> Places:
    """The buckets of runs of so many words."""
    return (_salted(hashes, length) >> np.uint64(64 - BITS)).astype(np.int64)


def _salted(hashes: Hashes, length: int) -> Hashes:
    return tokens.mix(hashes + np.uint64(_WORDS_SALT + length))


def _buckets(rows: Sequence[Places], hashes: Sequence[Hashes]) -> Buckets:
    shift = np.uint64(64 - BITS)
    return Buckets(np.concatenate(rows), (np.concatenate(hashes) >> shift).astype(np.int64))


def figures(texts: Sequence[str], text: Tokens, known: Reader, hits: Hits) -> Figures:
    """One row a text, one column for each of ``NAMES``.

    ``text`` is what ``tokens.read`` made of ``texts``, ``hits`` what the reader's lists found in it.
    """
    rows = text.row[hits.token]
    counts = [np.bincount(rows, hits.value[:, column], text.texts) for column in range(len(LISTS))]
    columns: list[npt.NDArray[np.generic]] = []
    for count in counts:
        columns += [np.log1p(count), count > 0]
    columns += _tone(text, known.tones)
    for _name, mark in _MARKS:
        count = np.bincount(text.text_of[text.characters == ord(mark)], minlength=text.texts)
        columns += [np.log1p(count), count > 0]
    asking = hits.token[hits.value[:, LISTS.index("question")] > 0]
    columns += _shape(text, asking) + _typing(texts)
    return np.stack([column.astype(np.float32) for column in columns], axis=1)


def _tone(text: Tokens, tones: Lexicon) -> list[npt.NDArray[np.generic]]:
    """Overall tone from -1 to 1, warm words, cold words, any negation."""
    count = len(text.hashes)
    hits = lexicon.find(tones, text)
    tone, negated = np.zeros(count), np.zeros(count, bool)
    np.add.at(tone, hits.token, hits.value[:, 0])
    negated[hits.token[hits.value[:, 1] > 0]] = True
    turned = np.zeros(count, bool)
    for step in range(1, min(_NEGATION_REACH + 1, count)):
        turned[step:] |= negated[:-step] & (text.row[step:] == text.row[:-step])
    tone[turned] *= _TURNED
    warm = np.bincount(text.row, np.maximum(tone, 0), text.texts)
    cold = np.bincount(text.row, np.maximum(-tone, 0), text.texts)
    total = warm - cold
    overall = total / np.sqrt(total * total + _TONE_SPREAD)
    return [overall, np.log1p(warm), np.log1p(cold), np.bincount(text.row, negated, text.texts) > 0]


def _shape(text: Tokens, asking: Places) -> list[npt.NDArray[np.generic]]:
    lengths = np.bincount(text.text_of, minlength=text.texts)
    ends = np.cumsum(lengths)
    last = text.characters[np.maximum(ends - 2, 0)]
    count = np.bincount(text.row, minlength=text.texts)
    begins = np.searchsorted(text.row, np.arange(text.texts))
    asks = np.zeros(len(text.hashes) + 2, bool)
    asks[asking] = True
    early = (count > 0) & (asks[begins] | (asks[begins + 1] & (count > 1)))
    return [
        np.isin(last, (ord("?"), 0xFF1F, 0x61F)),
        early,
        np.log(lengths) - _USUAL_LENGTH,
        count < 4,
        count < 8,
        count > 40,
    ]


def _typing(texts: Sequence[str]) -> list[npt.NDArray[np.generic]]:
    """What is lost when a text is simplified."""
    capitals = np.array([sum(map(len, _CAPITALS.findall(text))) / max(len(text), 1) for text in texts])
    short = np.array(["//" in text and _SHORTENED.search(text) is not None for text in texts])
    addresses = np.array([_in_addresses(text) for text in texts])
    return [capitals > 0.4, capitals, short, addresses, addresses > _ONLY]


def _in_addresses(text: str) -> float:
    """The share of a text that is web addresses, also those written without http."""
    if "." not in text:
        return 0.0
    return sum(len(found.group()) for found in _ADDRESS.finditer(text)) / len(text)
