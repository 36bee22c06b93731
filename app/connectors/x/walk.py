"""Where reading a list of X's stands, and where it goes next. Pure.

Lists come newest first. A walk goes back from the newest to what is known, with ``until_id`` from one page to the next,
so that it can be taken up anywhere. What is known moves only when the walk is at its end. X shows some posts late, so
twice an hour a walk goes further back than needed; asking for what was read the same day costs nothing.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from app.connectors.x.parse import id_at

DEEP_EVERY = timedelta(minutes=30)
DEPTH = timedelta(hours=2)
SMALL, LARGE = 10, 100
SEARCHABLE = timedelta(days=7) - timedelta(minutes=5)
"""How far back X searches, less what clocks may differ."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a list was read. ``known``: everything up to this id. ``top``, ``back`` and ``floor`` are of a walk under
    way: its newest id, the id it goes on before, and where it ends."""

    known: int = 0
    deep_at: str = ""
    top: int = 0
    back: int = 0
    floor: int = 0

    @classmethod
    def read(cls, kept: Any) -> "Mark":
        """From a cursor; a new mark where it holds none."""
        return cls(**kept) if isinstance(kept, dict) else cls()

    def kept(self) -> dict[str, Any]:
        return {"known": self.known, "deep_at": self.deep_at, "top": self.top, "back": self.back, "floor": self.floor}

    def params(self, *, searching: datetime | None = None) -> dict[str, str]:
        """What to ask for next. ``searching``: now, for a list that goes back seven days only."""
        floor = self.floor
        where: dict[str, str] = {}
        if searching is not None:
            oldest = id_at(searching - SEARCHABLE)
            if floor < oldest:
                where["start_time"] = f"{searching - SEARCHABLE:%Y-%m-%dT%H:%M:%SZ}"
                floor = 0
        if floor:
            where["since_id"] = str(floor)
        if self.back:
            where["until_id"] = str(self.back)
        return where

    @property
    def size(self) -> int:
        """How much to ask for: little where little is new."""
        return LARGE if self.back or not self.known else SMALL


def begin(mark: Mark, since: datetime | None, now: datetime) -> Mark:
    """The mark at the beginning of a walk; one that is under way goes on."""
    if mark.back:
        return mark
    if not mark.known:
        return replace(mark, floor=max(0, id_at(since) - 1) if since else 0, deep_at=now.isoformat())
    last = datetime.fromisoformat(mark.deep_at) if mark.deep_at else now - DEEP_EVERY
    if now - last < DEEP_EVERY:
        return replace(mark, floor=mark.known)
    return replace(mark, floor=min(mark.known, id_at(last - DEPTH)), deep_at=now.isoformat())


def advance(mark: Mark, ids: list[int], *, more: bool) -> tuple[Mark, bool]:
    """The mark after a page with these ids, and whether that was the last; ``more``: X says that there is."""
    older = [one for one in ids if not mark.back or one < mark.back]
    top = max([mark.top, *ids])
    if more and older:
        return replace(mark, top=top, back=min(older)), False
    return Mark(known=max(mark.known, top), deep_at=mark.deep_at), True
