"""Which pages a round of reading takes, a few at a time."""

from collections.abc import Callable, Sequence
from datetime import datetime
from time import monotonic

from sqlalchemy.orm import Session

SHIFT_SECONDS = 240.0
"""How long one job takes on new pages; well within the time a job may take. The sweep sends the next one."""
Due = Callable[[Session, datetime, int], list[int]]
"""The next pages to read at a moment, at most so many; none when the round is over."""


def for_a_while(due: Due) -> Due:
    """What is due, until the shift is over."""
    end = monotonic() + SHIFT_SECONDS

    def until_then(session: Session, now: datetime, limit: int) -> list[int]:
        return due(session, now, limit) if monotonic() < end else []

    return until_then


def just(page_ids: Sequence[int]) -> Due:
    """These pages, each once, in place of those that are due."""
    left = list(dict.fromkeys(page_ids))

    def due(_session: Session, _now: datetime, limit: int) -> list[int]:
        portion, left[:] = left[:limit], left[limit:]
        return portion

    return due
