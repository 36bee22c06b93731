"""Where a reading of one account stands, and what is new in what it saw. Pure.

No list of Bluesky's is complete, and none is in the order in which posts arrived:

- Notifications miss what is deeper than a few answers below us and handles typed without a link; a back-dated answer
  stands where its writer's clock puts it.
- Threads leave out what answers a deleted post, and nobody says which has something new: a post counts its direct
  answers alone.
- The search finds handles typed in plain text, and nothing else.

So all three are asked: notifications back to an hour before the newest known; threads whose count has changed, and now
and then those of the last days anyway; the newest finds of the search. What was given lately is not given again.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, Self

from app.connectors.ports import Cursor

VERSION = 1
OVERLAP = timedelta(hours=1)
SEEN = 1_000
"""How many of the comments given last are remembered."""
THREADS = 300
"""How many of our own posts are remembered with their counts."""
DEEP_EVERY = {"member": timedelta(hours=1), "visitor": timedelta(minutes=10)}
DEEP_FOR = timedelta(days=3)
"""Threads of posts this young are read again at every deep look."""

Mode = Literal["member", "visitor"]
"""Whether the account itself is signed in, or anybody looks."""
Stage = Literal["notifications", "posts", "threads", "search"]


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk under way."""

    stage: Stage
    page: str | None = None
    """Where in the list that is read; good for this walk only."""
    pages: int = 0
    queue: tuple[tuple[str, str], ...] = ()
    """Threads still to be read: the record key of our post, and its counts."""
    deep: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """What is known between two polls."""

    mode: Mode
    since: str | None = None
    newest: str | None = None
    """The newest date of a complete walk."""
    reached: str | None = None
    """The newest date of the walk under way."""
    seen: tuple[str, ...] = ()
    threads: tuple[tuple[str, str], ...] = ()
    deep_at: str | None = None
    walk: Walk | None = None

    @classmethod
    def read(cls, cursor: Cursor | None, mode: Mode) -> Self | None:
        """The mark in a cursor; None for one of another release, or made with other rights."""
        if not isinstance(cursor, dict) or cursor.get("v") != VERSION or cursor.get("mode") != mode:
            return None
        fields = {name: value for name, value in cursor.items() if name not in ("v", "walk")}
        fields["seen"] = tuple(fields.get("seen", ()))
        fields["threads"] = _pairs(fields.get("threads", ()))
        walk = cursor.get("walk")
        try:
            going = Walk(**{**walk, "queue": _pairs(walk.get("queue", ()))}) if isinstance(walk, Mapping) else None
            return cls(**fields, walk=going)
        except TypeError:
            return None

    def cursor(self) -> Cursor:
        return asdict(self) | {"v": VERSION}

    @property
    def begin(self) -> datetime | None:
        """Nothing older is wanted; None: everything is."""
        return datetime.fromisoformat(self.since) if self.since else None


def first(mode: Mode, since: datetime | None) -> Mark:
    return Mark(mode, since=since.isoformat() if since else None)


def start(mark: Mark, now: datetime) -> Mark:
    """A new walk."""
    last = datetime.fromisoformat(mark.deep_at) if mark.deep_at else None
    deep = last is None or now - last >= DEEP_EVERY[mark.mode] or now < last
    return replace(mark, walk=Walk("notifications" if mark.mode == "member" else "posts", deep=deep))


def goes_on(mark: Mark, dates: Sequence[datetime]) -> bool:
    """Whether a page of notifications with these dates leaves something new on the next one."""
    bounds = [bound for bound in (_overlapped(mark.newest), mark.begin) if bound is not None]
    return not dates or not bounds or max(dates) >= max(bounds)


def told(mark: Mark, uris: Iterable[str], dates: Iterable[datetime]) -> Mark:
    """After these were given."""
    fresh = [digest(uri) for uri in uris]
    known = set(fresh)
    seen = (*(one for one in mark.seen if one not in known), *fresh)[-SEEN:]
    return replace(mark, seen=seen, reached=_later(mark.reached, max(dates, default=None)))


def to_read(mark: Mark, posts: Iterable[tuple[str, str, datetime]], now: datetime) -> list[tuple[str, str]]:
    """Of our own posts (record key, counts, date), those whose threads are to be read: the count has changed, or a deep
    look is due at a young one. ``counts`` is ``""`` for a post nobody has answered or quoted."""
    known, deep = dict(mark.threads), mark.walk is not None and mark.walk.deep
    return [
        (key, counts)
        for key, counts, date in posts
        if counts and (known.get(key) != counts or (deep and now - date <= DEEP_FOR))
    ]


def read_thread(mark: Mark, key: str, counts: str) -> Mark:
    """After the thread of one of our posts was read to its end."""
    assert mark.walk is not None
    threads = (*(one for one in mark.threads if one[0] != key), (key, counts))[-THREADS:]
    queue = tuple(one for one in mark.walk.queue if one[0] != key)
    return replace(mark, threads=threads, walk=replace(mark.walk, queue=queue))


def finish(mark: Mark, now: datetime) -> Mark:
    """At the end of a walk."""
    assert mark.walk is not None
    reached = datetime.fromisoformat(mark.reached) if mark.reached else None
    newest = _later(mark.newest, min(reached, now) if reached else None)
    deep_at = now.isoformat() if mark.walk.deep else mark.deep_at
    return replace(mark, newest=newest, reached=None, deep_at=deep_at, walk=None)


def digest(uri: str) -> str:
    return hashlib.blake2s(uri.encode(), digest_size=8).hexdigest()


def _overlapped(newest: str | None) -> datetime | None:
    return datetime.fromisoformat(newest) - OVERLAP if newest else None


def _later(known: str | None, date: datetime | None) -> str | None:
    if known is None or date is None:
        return date.isoformat() if date else known
    return max(datetime.fromisoformat(known), date).isoformat()


def _pairs(given: Any) -> tuple[tuple[str, str], ...]:
    return tuple((str(one[0]), str(one[1])) for one in given)
