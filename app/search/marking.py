"""The part of a text that shows why it was found, cut into what was looked for and what stands around it."""

from collections.abc import Iterable, Sequence
from typing import Final

from app.search.types import Phrase, Piece, Term
from app.search.words import spans

ROOM: Final = 220
BEFORE: Final = 60
"""Characters of an excerpt, and how many of them stand before the first hit."""


def excerpt(text: str, terms: Iterable[Term]) -> tuple[Piece, ...]:
    """A line or two of the text around the first hit, from its beginning when there is none."""
    marked = hits(text, terms)
    first = marked[0][0] if marked else 0
    start = 0
    if first > BEFORE and len(text) > ROOM:
        start = _word_start(text, min(first - BEFORE, len(text) - ROOM))
    end = min(len(text), start + ROOM)
    pieces = [Piece("…", False)] if start else []
    at = start
    for begin, finish in marked:
        if begin < at or finish > end:
            continue
        pieces += [Piece(_line(text[at:begin]), False), Piece(_line(text[begin:finish]), True)]
        at = finish
    pieces.append(Piece(_line(text[at:end]), False))
    if end < len(text):
        pieces.append(Piece("…", False))
    return tuple(piece for piece in pieces if piece.text)


def hits(text: str, terms: Iterable[Term]) -> list[tuple[int, int]]:
    """Where something stands that was looked for, in the order of the text, without overlaps."""
    wanted = [(one, term.begins) for term in terms if term.shown and not term.negated for one in term.phrases]
    if not wanted:
        return []
    found = list(spans(text))
    by_first: dict[str, list[tuple[Phrase, bool]]] = {}
    beginnings = []
    for one, begins in wanted:
        if len(one) == 1 and begins:
            beginnings.append(one[0])
        else:
            by_first.setdefault(one[0], []).append((one, begins))
    marked: set[int] = set()
    for at, (_start, _end, word) in enumerate(found):
        if any(word.startswith(beginning) for beginning in beginnings):
            marked.add(at)
        for one, begins in by_first.get(word, ()):
            if _stands_at(found, at, one, begins):
                marked.update(range(at, at + len(one)))
    return _joined([found[at][:2] for at in sorted(marked)])


def _stands_at(found: Sequence[tuple[int, int, str]], at: int, phrase: Phrase, begins: bool) -> bool:
    there = [word for _start, _end, word in found[at : at + len(phrase)]]
    if len(there) < len(phrase) or there[:-1] != list(phrase[:-1]):
        return False
    return there[-1] == phrase[-1] or (begins and there[-1].startswith(phrase[-1]))


def _joined(parts: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in parts:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _word_start(text: str, at: int) -> int:
    """Forward to the next blank, unless it is far."""
    blank = text.find(" ", at, at + 20)
    return blank + 1 if blank >= 0 else at


def _line(text: str) -> str:
    """On one line, with the blanks at its ends kept: they stand between a hit and its neighbours."""
    words = " ".join(text.split())
    return f"{' ' * text[:1].isspace()}{words}{' ' * text[-1:].isspace()}" if words else " " * bool(text)
