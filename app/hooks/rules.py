"""When a change that could not be taken is tried again, and what makes two calls or changes the same."""

from datetime import datetime, timedelta
from hashlib import blake2b

from app.core.chance import spread

TRIES = 12
ASKED, REFUSED = "tries", "refused"
"""Keys of a hook's settings: how often the platform was asked to call us since it confirmed that it would, and why it
could not be asked the last time (code, detail)."""
UNKNOWN_FOR = timedelta(hours=24)
"""How long word of a deletion waits for the comment it is about: it may have overtaken it."""
_LONGEST = timedelta(minutes=30)


def retry_at(now: datetime, attempts: int, jitter: float, named: datetime | None = None) -> datetime | None:
    """When the next try is; None after ``TRIES`` of them (about 4 h). A time the platform named is kept to.

    ``jitter`` is 0 to 1.
    """
    if attempts >= TRIES:
        return None
    wait: timedelta = min(timedelta(seconds=5) * 2.0 ** min(attempts, 12), _LONGEST)
    when = now + spread(wait, jitter)
    return max(when, named) if named else when


def ask_again_at(now: datetime, tries: int) -> datetime:
    """When a subscription that was not confirmed is asked for again: after ten minutes, then ever more, up to a day."""
    doubled: timedelta = timedelta(minutes=10) * 2.0 ** min(tries, 8)
    return now + min(doubled, timedelta(days=1))


def wait_for_comment(now: datetime, told_at: datetime) -> datetime | None:
    """When word of a deletion looks again for a comment nobody knows; None after a day."""
    age = now - told_at
    return now + max(timedelta(seconds=10), age) if age < UNKNOWN_FOR else None


def digest(*parts: str | bytes) -> str:
    """What is compared in place of something long; where one part ends and the next begins matters."""
    mark = blake2b(digest_size=32)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        mark.update(len(data).to_bytes(8, "big") + data)
    return mark.hexdigest()
