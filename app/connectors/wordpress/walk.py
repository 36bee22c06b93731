"""Where a walk through a site's comments stands, and where it goes next. Pure.

Comments are read by number, oldest first, in pages counted from the oldest (``offset``). Numbers only grow, so what
is new stands at the end; a poll reads the last page, with the 50 comments before it, and is done when that page is
as it was. What can go wrong on the way, and what is done about it:

- Comments deleted during or between walks move everything after them to the front, so that a page may begin too late.
  A page therefore has to be *joined*: it holds a comment that was read before. If not, the walk steps back.
- Readers without moderator's rights do not see every comment that is counted: pages have gaps, down to nothing, and a
  page behind a gap is taken as it is.
- A held comment that is approved later appears for those readers at its old place. Whenever the count does not fit
  what was read, and once a day in any case, they read deeper. (Moderators see a comment from its first moment on.)
- ``after`` and ``before`` compare the date on the site's wall clock, wrongly around changes to summer time. They are
  used once, with two days to spare, to skip what is older than a first read wants.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, Self

from app.connectors.ports import Cursor

VERSION = 1
OVERLAP = 50
"""Known comments that a poll reads again."""
FULL = 75
"""When a poll's page holds this many comments the next poll starts further on."""
JOIN = 5
"""Comments in which one page overlaps the one before, at the usual page size."""
DEEP_SOON, DEEP_DAILY = 500, 3_000
"""How many of the newest comments are read again when the count does not fit, and once a day."""
SOON, DAILY = timedelta(minutes=10), timedelta(days=1)

_PASSING = frozenset({"afresh", "full", "step"})

Mode = Literal["edit", "shop", "view"]
"""Whether the comments are read with a moderator's eyes (all states) or a visitor's. ``shop``: a moderator's, with the
reviews of products: another list, so that no cursor of one means anything in the other."""


@dataclass(frozen=True, slots=True)
class Page:
    """One answer: which comments the reader saw, and what part of the whole list it covers."""

    offset: int
    size: int
    ids: tuple[int, ...]
    total: int
    """How many comments are in the list, those the reader may not see included."""
    digest: str

    @property
    def is_last(self) -> bool:
        return self.offset + self.size >= self.total


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk under way. The fields from ``afresh`` on only mean something within one process and are not kept."""

    kind: Literal["first", "new", "deep"]
    offset: int = 0
    reach: int = 0
    """The highest number read on this walk, or known when it began."""
    after: str | None = None
    """Only comments after this date are in the list that is walked."""
    top: int = 0
    """With ``after``: the highest number there was when the walk began."""
    top_total: int = 0
    fresh: int = 0
    """How many comments newer than all known ones were read."""
    afresh: bool = True
    """Whether the page before was read long ago, or is being looked for."""
    full: bool = False
    """Whether the page before had no gaps."""
    step: int = 0
    """How far to step back next; 0 is one page."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What is known between two polls."""

    mode: Mode
    since: str | None = None
    seen: int = 0
    next: int = 0
    total: int = 0
    digest: str = ""
    deep_at: str | None = None
    deep_due: bool = False
    walk: Walk | None = None

    @classmethod
    def read(cls, cursor: Cursor | None, mode: Mode) -> Self | None:
        """The mark in a cursor; None for one that was made by another release or with other rights."""
        if not isinstance(cursor, dict) or cursor.get("v") != VERSION or cursor.get("mode") != mode:
            return None
        fields = {name: value for name, value in cursor.items() if name not in ("v", "walk")}
        walk = cursor.get("walk")
        try:
            return cls(**fields, walk=Walk(**walk) if isinstance(walk, Mapping) else None)
        except TypeError:
            return None

    def cursor(self) -> Cursor:
        data: dict[str, Any] = asdict(self) | {"v": VERSION}
        if data["walk"] is not None:
            data["walk"] = {k: v for k, v in data["walk"].items() if k not in _PASSING}
        return data


def overlap(size: int) -> int:
    return min(JOIN, size // 2)


def back_to(walk: Walk, page: Page) -> Walk | None:
    """None when the page continues what was read; else the walk with an earlier offset to ask for instead."""
    joined = page.offset == 0 or walk.reach == 0 or any(number <= walk.reach for number in page.ids)
    if joined:
        return None
    if not walk.afresh and not walk.full:
        return None  # behind a gap nothing can be joined; the deeper look finds what is missing
    step = walk.step or page.size
    offset = max(0, min(page.offset, page.total) - step)
    return replace(walk, offset=offset, step=step * 2, afresh=True)


def unchanged(mark: Mark, page: Page) -> bool:
    """Whether a poll's page says that nothing new is to be read."""
    return page.is_last and page.digest == mark.digest and (page.ids != () or page.total == mark.total)


def settle(mark: Mark, page: Page, now: datetime) -> Mark:
    """After a poll's page was unchanged."""
    due = mark.deep_due or page.total != mark.total
    return _deepen(replace(mark, total=page.total, deep_due=due), now)


def advance(mark: Mark, walk: Walk, page: Page, now: datetime) -> Mark:
    """After a page of a walk: where to go on, or what is known when that was the last."""
    highest = max(page.ids, default=0)
    walk = replace(
        walk,
        reach=max(walk.reach, highest),
        fresh=walk.fresh + sum(number > mark.seen for number in page.ids),
        afresh=False,
        full=len(page.ids) == page.size,
        step=0,
    )
    mark = replace(mark, seen=max(mark.seen, highest))
    if not page.is_last:
        return replace(mark, walk=replace(walk, offset=page.offset + page.size - overlap(page.size)))
    return _finish(replace(mark, walk=None), walk, page, now)


def _finish(mark: Mark, walk: Walk, page: Page, now: datetime) -> Mark:
    if walk.after is not None:  # counted in a shorter list
        at = max(0, walk.top_total - OVERLAP)
        mark = replace(mark, seen=max(mark.seen, walk.top), next=at, total=walk.top_total, digest="")
        return replace(mark, deep_at=now.isoformat())
    at = page.offset if page.total - page.offset <= FULL else max(0, page.total - OVERLAP)
    due = mark.deep_due or (walk.kind == "new" and page.total - mark.total != walk.fresh)
    mark = replace(mark, next=at, total=page.total, digest=page.digest if at == page.offset else "", deep_due=due)
    if walk.kind == "new":
        return _deepen(mark, now)
    return replace(mark, deep_at=now.isoformat(), deep_due=False)


def _deepen(mark: Mark, now: datetime) -> Mark:
    """Begin a deep walk when it is time for one."""
    if mark.mode != "view":
        return replace(mark, deep_due=False)
    last = datetime.fromisoformat(mark.deep_at) if mark.deep_at else now - DAILY
    if now - last >= DAILY:
        depth = DEEP_DAILY
    elif mark.deep_due and now - last >= SOON:
        depth = DEEP_SOON
    else:
        return mark
    return replace(mark, walk=Walk("deep", offset=max(0, mark.total - depth)))
