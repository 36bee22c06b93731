"""Word lists, found in many texts at once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.learning import tokens
from app.learning.tokens import Hashes, Places, Tokens

Lists = Mapping[str, Sequence[str]]
"""Entries by the name of their list. ``refund*`` is every word that begins so, ``*refund*`` also one with it inside;
several words are a phrase."""
STAR = "*"
ANYWHERE = 0
"""As the number of words: letters wherever they stand."""


@dataclass(frozen=True, slots=True)
class Table:
    """Entries of one shape: ``words`` tokens, of which the last is a beginning of ``letters`` letters, or whole (0).

    With ``words`` ANYWHERE: that many letters in a row, wherever they stand.
    """

    words: int
    letters: int
    hashes: Hashes
    """Sorted, each once."""
    value: npt.NDArray[np.float32]
    """What an entry counts for: (entry, list)."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    names: tuple[str, ...]
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class Hits:
    """Where entries were found: the tokens an entry begins and ends in, and what it counts for."""

    first: Places
    token: Places
    value: npt.NDArray[np.float32]


def compile_lists(lists: Mapping[str, Mapping[str, float] | Sequence[str]]) -> Lexicon:
    """A lexicon of named lists. A list is words, each counting one, or words with what they count for."""
    names = tuple(lists)
    found: dict[tuple[int, int], dict[int, npt.NDArray[np.float32]]] = defaultdict(dict)
    for column, name in enumerate(names):
        entries = lists[name]
        weights = entries if isinstance(entries, Mapping) else dict.fromkeys(entries, 1.0)
        for (shape, key), weight in zip(_keys(list(weights)), weights.values(), strict=True):
            if shape is not None:
                row = found[shape].setdefault(key, np.zeros(len(names), np.float32))
                row[column] = weight
    tables = []
    for (words, letters), rows in sorted(found.items()):
        hashes = np.array(sorted(rows), np.uint64)
        tables.append(Table(words, letters, hashes, np.stack([rows[int(key)] for key in hashes])))
    return Lexicon(names, tuple(tables))


def _keys(entries: Sequence[str]) -> list[tuple[tuple[int, int] | None, int]]:
    """The shape and the hash of each entry, made by the very code that reads texts; None for an empty entry."""
    read = tokens.read([entry.strip().strip(STAR) for entry in entries])
    places = np.searchsorted(read.row, np.arange(len(entries) + 1)).tolist()
    return [
        _key(read, entry.strip(), start, end) for entry, start, end in zip(entries, places, places[1:], strict=False)
    ]


def _key(read: Tokens, entry: str, start: int, end: int) -> tuple[tuple[int, int] | None, int]:
    if start == end:
        return None, 0
    if entry.startswith(STAR):
        first, letters = read.start[start : start + 1], int(read.end[end - 1] - read.start[start])
        return (ANYWHERE, letters), int(read.between(first, letters)[0])
    joined = read.hashes[start : start + 1]
    for place in range(start + 1, end):
        joined = tokens.follow(joined, read.hashes[place : place + 1])
    letters = int(read.end[end - 1] - read.start[end - 1])
    return (end - start, letters if entry.endswith(STAR) else 0), int(joined[0])


def find(lexicon: Lexicon, text: Tokens) -> Hits:
    """All entries in the texts; overlapping ones are all found."""
    first, token, value = [], [], []
    for table in lexicon.tables:
        place, hashes = _candidates(text, table)
        where = np.searchsorted(table.hashes, hashes)
        where[where == len(table.hashes)] = 0
        hit = np.flatnonzero(table.hashes[where] == hashes)
        first.append(place[hit] - max(table.words - 1, 0))
        token.append(place[hit])
        value.append(table.value[where[hit]])
    if not token:
        return Hits(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, len(lexicon.names)), np.float32))
    return Hits(np.concatenate(first), np.concatenate(token), np.concatenate(value))


def _candidates(text: Tokens, table: Table) -> tuple[Places, Hashes]:
    """Stretches of the table's shape: the token each ends at, and its hash."""
    if table.words == ANYWHERE:
        return _letters(text, table.letters)
    if not table.letters:
        first, hashes = tokens.runs(text, table.words)
        return first + (table.words - 1), hashes
    if table.words == 1:
        long = np.flatnonzero(text.end - text.start >= table.letters)
        return long, text.between(text.start[long], table.letters)
    first, hashes = tokens.runs(text, table.words - 1)
    last = first + (table.words - 1)
    inside = np.flatnonzero(last < len(text.row))
    first, hashes, last = first[inside], hashes[inside], last[inside]
    fits = np.flatnonzero((text.row[last] == text.row[first]) & (text.end[last] - text.start[last] >= table.letters))
    return last[fits], tokens.follow(hashes[fits], text.between(text.start[last[fits]], table.letters))


def _letters(text: Tokens, letters: int) -> tuple[Places, Hashes]:
    """Every stretch of so many letters inside one token."""
    token = np.repeat(np.arange(len(text.start)), np.maximum(text.end - text.start - letters + 1, 0))
    before = np.concatenate(([0], np.cumsum(np.maximum(text.end - text.start - letters + 1, 0))))
    first = text.start[token] + np.arange(len(token)) - before[token]
    return token, text.between(first, letters)
