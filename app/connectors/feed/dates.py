"""Dates as feeds write them: RFC 822 with all its history, RFC 3339 and its relatives, and nonsense."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)

_YEAR_NOUGHT = re.compile(r"[A-Za-z]{3}[ -]+00\d\d\b")
"""RFC 822 counts two-digit years from 1969 or 2000, and Python also those with zeros before them."""


def read(text: str, now: datetime) -> datetime:
    """The time in UTC; ``now`` for a missing, unreadable or impossible one (before 1990 or in the future)."""
    text = text.strip()[:64]
    by_number = text[:4].isdecimal()
    if not text or (not by_number and _YEAR_NOUGHT.search(text)):
        return now
    try:
        when = datetime.fromisoformat(text) if by_number else parsedate_to_datetime(text)
        when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, OverflowError):
        return now
    return when if EARLIEST <= when <= now else now
