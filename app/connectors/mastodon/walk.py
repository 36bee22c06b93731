"""Where reading a list of the server stands, and where it goes next. Pure.

Lists (notifications, our own statuses) are given newest first; their ids grow. A first read goes back from the newest;
from then on a walk goes forward from what is known with ``min_id``, which leaves no gap however much is new, and begins
a little before, for what was given its id first and stored last.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.connectors.mastodon.parse import order

OVERLAP = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list: its id, and when what it tells of was published (None: unknown)."""

    id: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a list was read.

    ``tail``: the newest ids read so far, in order; the walk forward begins at the first of them. ``top`` and ``back``
    say that a first read is under way: its newest id, and the id it goes on before.
    """

    tail: tuple[str, ...] = ()
    top: tuple[str, ...] = ()
    back: str | None = None
    at: str | None = None
    """Where a walk forward under way goes on; None before it begins."""

    @classmethod
    def read(cls, kept: Any) -> "Mark":
        """From a cursor; a new mark where it holds none."""
        if not isinstance(kept, dict):
            return cls()
        return cls(tuple(kept.get("tail", ())), tuple(kept.get("top", ())), kept.get("back"), kept.get("at"))

    def kept(self) -> dict[str, Any]:
        return {"tail": list(self.tail), "top": list(self.top), "back": self.back, "at": self.at}

    @property
    def first(self) -> bool:
        """Whether the first read has not come to its end."""
        return not self.tail

    def params(self) -> dict[str, str]:
        """What to ask for next."""
        if self.first:
            return {"max_id": self.back} if self.back else {}
        return {"min_id": self.at or self.tail[0]}


def advance(mark: Mark, page: Sequence[Entry], since: datetime | None) -> tuple[Mark, bool]:
    """The mark after a page, and whether that was the last one."""
    ids = sorted({entry.id for entry in page}, key=order)
    if mark.first:
        return _backward(mark, page, ids, since)
    here = mark.at or mark.tail[0]
    newer = [one for one in ids if order(one) > order(here)]
    if not newer:  # the end; or a server that does not understand where we are, and begins anew
        return replace(mark, at=None), True
    tail = _tail([*mark.tail, *newer])
    if newer[-1] == mark.tail[-1]:
        return Mark(tail), True
    return Mark(tail, at=newer[-1]), False


def unchanged(mark: Mark, page: Sequence[Entry]) -> bool:
    """Whether a page read at the beginning of a walk shows nothing new."""
    known = mark.tail[-1] if mark.tail else None
    return mark.at is None and known is not None and all(order(entry.id) <= order(known) for entry in page)


def _backward(mark: Mark, page: Sequence[Entry], ids: list[str], since: datetime | None) -> tuple[Mark, bool]:
    older = [one for one in ids if mark.back is None or order(one) < order(mark.back)]
    top = _tail([*mark.top, *older]) if len(mark.top) <= OVERLAP else mark.top
    done = not older or (since is not None and all(entry.at is not None and entry.at < since for entry in page))
    if done:
        return Mark(tail=top), True
    return Mark(top=top, back=older[0]), False


def _tail(ids: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(set(ids), key=order)[-OVERLAP - 1 :])
