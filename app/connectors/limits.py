"""How often Bluesky's servers may be asked, by their own word, for all workers together."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from app.connectors import errors
from app.connectors.answers import LONGEST_WAIT, retry_at
from app.connectors.errors import RateLimited
from app.core.clock import utc_now
from app.core.http import Response
from app.core.pace import Pace

RESERVE = 20
"""One request in so many is kept for acts: reading stops before nothing is left."""


class Limits:
    """What the headers ``RateLimit-*`` and ``Retry-After`` said, by server and kind of request."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace

    def before(self, server: str, kind: str) -> None:
        """Raise RateLimited while the server wants to be left alone. ``kind``: ``acts``, ``reads`` or a sign-in's."""
        name, now = _name(server), utc_now()
        held = [self.pace.until(f"{name}:{one}", now) for one in (kind, "all")]
        if (at := max((one for one in held if one is not None), default=None)) is not None:
            raise RateLimited(errors.RATE_LIMITED, f"{urlsplit(server).netloc} wants to be left alone", retry_at=at)

    def after(self, server: str, kind: str, response: Response) -> None:
        """Remember what an answer says. Raises RateLimited for 429."""
        name, now, at = _name(server), utc_now(), _reset(response)
        told = "all" if kind in ("acts", "reads") else kind
        if response.status == 429:
            until = retry_at(response) or at
            if until is not None:
                self.pace.hold(f"{name}:{told}", until, now)
            raise RateLimited(errors.RATE_LIMITED, f"HTTP 429 from {response.url}", retry_at=until)
        left, limit = (_number(response.headers.get(f"ratelimit-{one}")) for one in ("remaining", "limit"))
        if at is None or left is None or limit is None:
            return
        if left == 0:
            self.pace.hold(f"{name}:{told}", at, now)
        elif left * RESERVE < limit:
            self.pace.hold(f"{name}:reads", at, now)


def _name(server: str) -> str:
    return f"bluesky:{urlsplit(server).netloc}"


def _number(value: str | None) -> int | None:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 12 else None


def _reset(response: Response) -> datetime | None:
    """``RateLimit-Reset``: seconds since 1970."""
    seconds, now = _number(response.headers.get("ratelimit-reset")), utc_now()
    return min(max(datetime.fromtimestamp(seconds, UTC), now), now + LONGEST_WAIT) if seconds is not None else None
