"""Where reading a channel stands, and where it goes next. Pure.

YouTube lists threads by when they were begun, newest first; a reply moves nothing up, an approval brings back an old
date. So there are three kinds of walk through what is published. *News*: from the newest thread back to what was read
before, each time. *History*: a first read, back as far as was asked. *A look back*, for replies in older threads and
whatever came out of order: a week back every quarter of an hour, sixty days back once a day, less often where that
takes many pages. Threads are known by a mark that changes when anything shown of them does; those whose mark is the
same are passed over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.connectors.ports import Cursor
from app.connectors.youtube.parse import Thread

VERSION = 1
OVERLAP = timedelta(minutes=10)
REMEMBERED = 1_000
"""Of so many threads, the newest, it is known how they were."""
SIDE_EVERY = timedelta(minutes=5)
"""How often what is held back or taken for spam is looked at."""
A_PAGE = timedelta(minutes=10)
"""A walk back of so many pages is made no more often than every that many of these."""
FIRST = "first"
_BACK = {"week": (timedelta(days=7), timedelta(minutes=15)), "deep": (timedelta(days=60), timedelta(hours=24))}
"""How far each walk back goes, and how often."""


@dataclass
class Back:
    """A walk back under way: it goes on at ``page`` and ends below ``floor``."""

    kind: str
    floor: datetime | None
    page: str = ""
    pages: int = 0

    def kept(self) -> dict[str, Any]:
        floor = self.floor.isoformat() if self.floor else None
        return {"kind": self.kind, "floor": floor, "page": self.page, "pages": self.pages}


@dataclass
class State:
    """The cursor, taken apart. ``since``: nothing older is wanted. ``known``: all threads begun up to then were seen.
    ``held``: threads that were held back or taken for spam when last seen, by id: begun when, and their mark.
    ``done``: when each kind of walk back began last, and how many pages it took."""

    since: datetime | None = None
    known: datetime | None = None
    side_at: datetime | None = None
    held: dict[str, tuple[str, str]] = field(default_factory=dict)
    marks: dict[str, tuple[str, str]] = field(default_factory=dict)
    done: dict[str, tuple[str, int]] = field(default_factory=dict)
    back: Back | None = None

    @classmethod
    def read(cls, cursor: Cursor | None, since: datetime | None, now: datetime) -> "State":
        """A new one where there is no cursor, with the first read to be made."""
        if not isinstance(cursor, dict) or cursor.get("v") != VERSION:
            made = cls(since, back=Back(FIRST, since))
            made.done = {kind: (now.isoformat(), 1) for kind in _BACK}
            return made
        back = cursor.get("back")
        return cls(
            _time(cursor.get("since")),
            _time(cursor.get("known")),
            _time(cursor.get("side_at")),
            _pairs(cursor["held"]),
            _pairs(cursor["marks"]),
            {kind: (at, pages) for kind, (at, pages) in cursor["done"].items()},
            Back(back["kind"], _time(back["floor"]), back["page"], back["pages"]) if back else None,
        )

    def cursor(self) -> Cursor:
        newest = dict(sorted(self.marks.items(), key=lambda one: one[1][0])[-REMEMBERED:])
        return {
            "v": VERSION,
            "since": self.since.isoformat() if self.since else None,
            "known": self.known.isoformat() if self.known else None,
            "side_at": self.side_at.isoformat() if self.side_at else None,
            "held": {one: list(told) for one, told in self.held.items()},
            "marks": {one: list(told) for one, told in newest.items()},
            "done": {kind: list(told) for kind, told in self.done.items()},
            "back": self.back.kept() if self.back else None,
        }

    def is_known(self, thread: Thread) -> bool:
        """Whether a published thread is as it was when it was last seen."""
        return self.marks.get(thread.id, ("", ""))[1] == thread.mark

    def remember(self, thread: Thread) -> None:
        self.marks[thread.id] = (_iso(thread.published), thread.mark)

    def side_is_due(self, now: datetime) -> bool:
        return self.side_at is None or now - self.side_at >= SIDE_EVERY

    def floor(self, released: Sequence[datetime]) -> datetime | None:
        """How far news go back: to what was read before, and to what is no longer held back."""
        if self.known is None:
            return None
        return _latest(min([self.known - OVERLAP, *released]), self.since)

    def next_back(self, now: datetime) -> Back | None:
        """The walk back that is under way, or due; None while none is."""
        if self.back is not None:
            return self.back
        for kind, (depth, every) in reversed(_BACK.items()):
            at, pages = self.done.get(kind, ("", 0))
            begun = _time(at)
            if begun is None or now - begun >= max(every, pages * A_PAGE):
                self.back = Back(kind, _latest(_latest(now - depth, self._oldest()), self.since))
                self.done[kind] = (now.isoformat(), pages)
                return self.back
        return None

    def came(self, back: Back, page: str) -> None:
        """A page of a walk back was read; the walk goes on at ``page``, or is over."""
        back.page, back.pages = page, back.pages + 1
        if not page:
            if back.kind in self.done:
                self.done[back.kind] = (self.done[back.kind][0], back.pages)
            self.back = None

    def _oldest(self) -> datetime | None:
        """Where it begins that threads are no longer remembered."""
        if len(self.marks) < REMEMBERED:
            return None
        return _time(sorted(at for at, _mark in self.marks.values())[-REMEMBERED])


def is_below(threads: Sequence[Thread], floor: datetime | None) -> bool:
    """Whether a page has gone below where a walk ends."""
    return floor is not None and any(one.published is not None and one.published < floor for one in threads)


def _latest(one: datetime, other: datetime | None) -> datetime:
    return one if other is None else max(one, other)


def _iso(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def _time(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) and value else None


def _pairs(kept: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, str]]:
    return {one: (told[0], told[1]) for one, told in kept.items()}
