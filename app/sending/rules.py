"""When to try again, and when to give up."""

from datetime import datetime, timedelta

from app.core.chance import spread

TRIES = 12
UNKNOWN_FOR = timedelta(hours=24)
_LONGEST = timedelta(minutes=30)


def retry_at(now: datetime, attempts: int, jitter: float, named: datetime | None = None) -> datetime | None:
    """When a send that certainly did not arrive is tried again; None when it has been tried often enough (about 4 h).

    A time the platform named is kept to. ``jitter`` is 0 to 1.
    """
    if attempts >= TRIES:
        return None
    wait: timedelta = min(timedelta(seconds=5) * 2.0 ** min(attempts, 12), _LONGEST)
    when = now + spread(wait, jitter)
    return max(when, named) if named else when


def look_again_at(now: datetime, first_sent_at: datetime, jitter: float) -> datetime | None:
    """When an unknown outcome is looked up next; None after a day, when a person must decide."""
    age = now - first_sent_at
    if age > UNKNOWN_FOR:
        return None
    return now + spread(max(timedelta(seconds=5), age / 4), jitter)
