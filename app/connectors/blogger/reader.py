"""Reading a blog: what is new, what waits, and history, as batches of items.

The list goes by the time a comment was written, newest first, and can be asked for from any time down. So a first read
that was broken off goes on below the oldest comment it gave. What was held back and is approved comes with its old
date: of who is signed in each one that waited is looked at when it no longer does, and once a day the last thirty
days are read anew.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.connectors.blogger import parse
from app.connectors.blogger.parse import Comment
from app.connectors.blogger.sources import Place, Source
from app.connectors.ports import Batch, Cursor, Item, Payload, Verdict

VERSION = 1
OVERLAP = timedelta(minutes=10)
DEEP_EVERY, DEPTH = timedelta(hours=24), timedelta(days=30)
ASIDE_EVERY = timedelta(minutes=5)
"""How often what waits and what is taken for spam is listed."""
ASIDE_PAGES = 10


@dataclass
class State:
    """The cursor, taken apart. ``known``: everything written up to then was read, but for what a first read has still
    to bring: all down from ``below``, until ``whole``. ``aside``: what waited or was spam when last seen."""

    since: datetime | None = None
    known: datetime | None = None
    below: datetime | None = None
    whole: bool = False
    deep_at: datetime | None = None
    aside_at: datetime | None = None
    aside: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, cursor: Cursor | None, since: datetime | None, now: datetime) -> "State":
        if not isinstance(cursor, dict) or cursor.get("v") != VERSION:
            return cls(since, deep_at=now)
        times = {name: _time(cursor.get(name)) for name in ("since", "known", "below", "deep_at", "aside_at")}
        return cls(**times, whole=bool(cursor.get("whole")), aside=list(cursor.get("aside", ())))

    def cursor(self) -> Cursor:
        times = {name: getattr(self, name) for name in ("since", "known", "below", "deep_at", "aside_at")}
        kept = {name: at.isoformat() if at else None for name, at in times.items()}
        return {"v": VERSION, **kept, "whole": self.whole, "aside": list(self.aside)}


@dataclass
class Reader:
    """Reads one blog. ``us`` is our profile's number; ``names`` what posts are called, shared by all readers of a
    process that read this blog in the same way."""

    source: Source
    us: str
    now: datetime
    names: dict[str, Sequence[str]]

    def latest(self, count: int) -> Sequence[Item]:
        """The newest few, newest first."""
        return self._items(self.source.page("LIVE", None, Place()).comments[:count])

    def collect(self, cursor: Cursor | None, since: datetime | None) -> Iterator[Batch]:
        state = State.read(cursor, since, self.now)
        if self.source.states and (state.aside_at is None or self.now - state.aside_at >= ASIDE_EVERY):
            yield from self._aside(state)
        if state.known is not None:
            yield from self._down(state, _latest(state.known - OVERLAP, state.since))
        if not state.whole:
            yield from self._first(state)
        elif state.deep_at is None or self.now - state.deep_at >= DEEP_EVERY:
            yield from self._down(state, _latest(self.now - DEPTH, state.since))
            state.deep_at = self.now
        yield Batch((), state.cursor(), complete=True)

    def verify(self, known: Sequence[str]) -> Iterator[Verdict]:
        """Known comments as they are now."""
        for number, comment in self.source.look(known).items():
            yield Verdict(number, self._items([comment])[0] if comment is not None else None)

    def _aside(self, state: State) -> Iterator[Batch]:
        """What waits or is spam, and what became of that which no longer does."""
        seen: list[str] = []
        for status in self.source.states:
            place: Place | None = Place()
            for _number in range(ASIDE_PAGES):
                if place is None:
                    break
                page = self.source.page(status, state.since, place)
                place = page.following
                seen += [".".join(parse.numbers(one)) for one in page.comments]
                yield from self._batch(page.comments, state)
        gone = [one for one in state.aside if one not in set(seen)]
        yield from self._batch([one for one in self.source.look(gone).values() if one is not None], state)
        state.aside, state.aside_at = seen, self.now

    def _down(self, state: State, floor: datetime) -> Iterator[Batch]:
        """Everything written since then; ``known`` moves when all of it was given."""
        newest = state.known
        place: Place | None = Place()
        while place is not None:
            page = self.source.page("LIVE", floor, place)
            newest = self._newest(page.comments, newest)
            yield from self._batch(page.comments, state)
            place = page.following
        state.known = newest or self.now

    def _first(self, state: State) -> Iterator[Batch]:
        """A first read, or the rest of one."""
        place: Place | None = Place(state.below)
        while place is not None:
            page = self.source.page("LIVE", state.since, place)
            state.known = state.known or self._newest(page.comments, None) or self.now
            written = [at for one in page.comments if (at := parse.published(one)) is not None]
            batch = list(self._batch(page.comments, state))
            state.below = min([*written, *([state.below] if state.below else [])], default=None)
            # The cursor of this batch says that it was given: go on below it, and once more at its last moment.
            yield from (Batch(one.items, state.cursor(), one.payloads) for one in batch)
            place = page.following
        state.whole, state.below = True, None

    def _newest(self, comments: Sequence[Comment], known: datetime | None) -> datetime | None:
        written = [at for one in comments if (at := parse.published(one, self.now)) is not None]
        return min(max([*written, *([known] if known else [])]), self.now) if written or known else None

    def _batch(self, comments: Sequence[Comment], state: State) -> Iterator[Batch]:
        wanted = [one for one in comments if self._is_wanted(one, state.since)]
        if wanted:
            items = self._items(wanted)
            body = parse.payload(wanted, self.names)
            yield Batch(items, state.cursor(), (Payload("https://www.blogger.com/", "application/json", body),))

    def _is_wanted(self, comment: Comment, since: datetime | None) -> bool:
        at = parse.published(comment)
        return comment.get("status") != parse.REMOVED and (since is None or at is None or at >= since)

    def _items(self, comments: Sequence[Comment]) -> list[Item]:
        unknown = list(dict.fromkeys(post for one in comments if (post := parse.numbers(one)[0]) not in self.names))
        self.names |= self.source.named(unknown)
        return [parse.item(one, self.names, self.us, self.now) for one in comments]


def _latest(one: datetime, other: datetime | None) -> datetime:
    return one if other is None else max(one, other)


def _time(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) and value else None
