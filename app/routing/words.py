"""Finding words and phrases of many rules in one walk through a text, whatever the number of rules."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice

_TOKEN = re.compile(r"\w+|[^\w\s]")
_APOSTROPHES = str.maketrans("’‘ʼ´`", "'''''")
_HEAD = 3
"""Letters that open words are looked up by."""


def normal(text: str) -> str:
    """The text with one form for each letter and apostrophe."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", text).translate(_APOSTROPHES)


def tokens(text: str) -> list[str]:
    """Words and single signs of a text (as ``normal`` leaves it), in lower case; blanks only part them."""
    # All at once: some letters become several in lower case, and what is one word to a reader stays one.
    found = _TOKEN.findall(text)
    return "\n".join(found).casefold().split("\n") if found else []


class WordIndex:
    """Which of many lists of words a text holds something of.

    A word is a run of letters and digits; ``refund*`` is any word that begins so; several in a row are a phrase.
    """

    def __init__(self, lists: Iterable[Sequence[str]]) -> None:
        self._single: dict[str, set[int]] = defaultdict(set)
        self._heads: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self._phrases: dict[str, list[tuple[tuple[str, ...], bool, int]]] = defaultdict(list)
        for number, words in enumerate(lists):
            for word in words:
                self._add(number, word)
        self._sizes = sorted({len(head) for head in self._heads})

    def _add(self, number: int, word: str) -> None:
        stem = word.strip()
        open_end = stem.endswith("*")
        parts = tokens(normal(stem.rstrip("*")))
        if not parts:
            return
        if len(parts) > 1:
            self._phrases[parts[0]].append((tuple(parts), open_end, number))
        elif open_end:
            self._heads[parts[0][:_HEAD]].append((parts[0], number))
        else:
            self._single[parts[0]].add(number)

    def find(self, said: Sequence[str]) -> set[int]:
        """The numbers of the lists that ``said`` (made by ``tokens``) holds something of."""
        found: set[int] = set()
        seen = set(said)
        for one in seen & self._single.keys():
            found |= self._single[one]
        for size in self._sizes:
            for one in seen:
                for stem, number in self._heads.get(one[:size], ()):
                    if one.startswith(stem):
                        found.add(number)
        begun = seen & self._phrases.keys()
        if begun:
            for at, one in enumerate(said):
                if one in begun:
                    found.update(
                        number for parts, open_end, number in self._phrases[one] if _stands(said, at, parts, open_end)
                    )
        return found


def _stands(said: Sequence[str], at: int, parts: Sequence[str], open_end: bool) -> bool:
    end = at + len(parts)
    if end > len(said):
        return False
    last, wanted = said[end - 1], parts[-1]
    if not (last.startswith(wanted) if open_end else last == wanted):
        return False
    return all(said[at + n] == parts[n] for n in range(len(parts) - 1))


def places(said: Sequence[str], words: Sequence[str]) -> list[tuple[int, int]]:
    """Where in ``said`` (made by ``tokens``) the words stand, as the first token and how many, in order; none within
    another."""
    phrases, stems = _wanted(tuple(words))
    begun = {one for one in set(said) if one in phrases or one.startswith(stems)}
    found: list[tuple[int, int]] = []
    if not begun:
        return found
    after = 0
    for at, one in enumerate(said):
        if at < after or one not in begun:
            continue
        size = next((len(parts) for parts, open_end in phrases.get(one, ()) if _stands(said, at, parts, open_end)), 0)
        if not size and one.startswith(stems):
            size = 1
        if size:
            found.append((at, size))
            after = at + size
    return found


def spans(text: str, said: Sequence[str], words: Sequence[str]) -> list[tuple[int, int]]:
    """Where in ``text`` (as ``normal`` leaves it; ``said`` are its ``tokens``) the words stand, in order; none within
    another."""
    found = places(said, words)
    if not found:
        return []
    marks = [mark.span() for mark in islice(_TOKEN.finditer(text), sum(found[-1]))]
    return [(marks[at][0], marks[at + size - 1][1]) for at, size in found]


@lru_cache(maxsize=2000)
def _wanted(words: tuple[str, ...]) -> tuple[dict[str, list[tuple[list[str], bool]]], tuple[str, ...]]:
    """Phrases by their first word, the longest first; and what single words may begin with."""
    phrases: dict[str, list[tuple[list[str], bool]]] = defaultdict(list)
    stems = []
    for word in words:
        open_end = word.strip().endswith("*")
        parts = tokens(normal(word.strip().rstrip("*")))
        if open_end and len(parts) == 1:
            stems.append(parts[0])
        elif parts:
            phrases[parts[0]].append((parts, open_end))
    for some in phrases.values():
        some.sort(key=lambda one: -len(one[0]))
    return dict(phrases), tuple(stems)
