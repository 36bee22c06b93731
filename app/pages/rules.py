"""When a page is read next."""

from datetime import datetime, timedelta

_TAPER = (
    (timedelta(days=1), 1),
    (timedelta(days=7), 4),
    (timedelta(days=30), 20),
    (timedelta(days=180), 120),
)
SLOWEST = timedelta(days=1)
ANNOUNCED = timedelta(days=14)
"""How long before a sign-in ends people hear of it."""
_FIRST_RETRY = timedelta(seconds=30)
_LONGEST_RETRY = timedelta(hours=1)
_LOOKS = (
    (timedelta(hours=6), timedelta(minutes=10)),
    (timedelta(days=2), timedelta(hours=1)),
    (timedelta(days=14), timedelta(hours=6)),
)
"""A known comment of at most this age is looked at again after this long."""


def next_read(now: datetime, last_item_at: datetime | None, fastest: timedelta, jitter: float) -> datetime:
    """After a complete read: soon on a page where people speak, ever more slowly on a quiet one, at least daily.

    ``jitter`` is 0 to 1 and spreads pages that were added together over a tenth of the interval.
    """
    age = now - last_item_at if last_item_at else timedelta(days=30)
    interval = SLOWEST
    for limit, factor in _TAPER:
        if age < limit:
            interval = min(fastest * factor, SLOWEST)
            break
    return now + interval * (0.95 + 0.1 * jitter)


def retry(now: datetime, failures: int, jitter: float, retry_at: datetime | None) -> datetime:
    """After a failed read: the wait doubles from 30 seconds to an hour; a time the platform named is kept to.

    The pages that were held until the same moment come back one after the other, in an order of chance, and ever more
    apart: all at once they would have the platform refuse them again, and the same ones every time.
    """
    doubled: timedelta = min(_FIRST_RETRY * 2.0 ** min(failures - 1, 10), _LONGEST_RETRY)
    wait = doubled * (0.5 + 0.5 * jitter)
    return max(now + wait, min(retry_at, now + SLOWEST) + doubled * 0.5 * jitter) if retry_at else now + wait


def refresh_at(now: datetime, expires_at: datetime | None) -> datetime:
    """When a token is renewed: half its life ahead of its end, so that a platform may be away for that long.

    One whose end nobody knows is renewed daily.
    """
    return now + (expires_at - now) / 2 if expires_at is not None and expires_at > now else now + SLOWEST


def next_verify(now: datetime, published_at: datetime) -> datetime:
    """When a known comment is looked at again: often while it is young, daily later; nothing is ever given up."""
    age = now - published_at
    for limit, wait in _LOOKS:
        if age < limit:
            return now + wait
    return now + SLOWEST
