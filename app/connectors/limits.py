"""How often servers may be asked, by their own word, for all workers together."""

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
    """What the headers ``RateLimit-*`` (after ``prefix``) and ``Retry-After`` said, by server and kind of request.

    ``platform`` tells its servers from another's in ``pace``.
    """

    def __init__(self, pace: Pace, platform: str, prefix: str = "") -> None:
        self.pace, self._platform, self._prefix = pace, platform, prefix

    def before(self, server: str, kind: str, account: str = "") -> None:
        """Raise RateLimited while the server wants to be left alone. ``kind``: ``acts``, ``reads`` or a sign-in's;
        ``account`` is whose limit it is, where each has its own."""
        name, now = self._name(server, account), utc_now()
        held = [self.pace.until(f"{name}:{one}", now) for one in (kind, "all")]
        if (at := max((one for one in held if one is not None), default=None)) is not None:
            raise RateLimited(errors.RATE_LIMITED, f"{urlsplit(server).netloc} wants to be left alone", retry_at=at)

    def after(self, server: str, kind: str, response: Response, account: str = "") -> None:
        """Remember what an answer says. Raises RateLimited for 429."""
        name, now, at = self._name(server, account), utc_now(), self._reset(response)
        told = "all" if kind in ("acts", "reads") else kind
        if response.status == 429:
            until = retry_at(response) or at
            if until is not None:
                self.pace.hold(f"{name}:{told}", until, now)
            raise RateLimited(errors.RATE_LIMITED, f"HTTP 429 from {response.url}", retry_at=until)
        told_of = (response.headers.get(f"{self._prefix}ratelimit-{one}") for one in ("remaining", "limit"))
        left, limit = map(_number, told_of)
        if at is None or left is None or limit is None:
            return
        if left == 0:
            self.pace.hold(f"{name}:{told}", at, now)
        elif left * RESERVE < limit:
            self.pace.hold(f"{name}:reads", at, now)

    def _name(self, server: str, account: str) -> str:
        return f"{self._platform}:{urlsplit(server).netloc}" + (f":{account}" if account else "")

    def _reset(self, response: Response) -> datetime | None:
        """Seconds since 1970, or a time in ISO 8601 as Mastodon has it."""
        told, now = response.headers.get(f"{self._prefix}ratelimit-reset", "").strip(), utc_now()
        seconds = _number(told)
        try:
            at = datetime.fromtimestamp(seconds, UTC) if seconds is not None else datetime.fromisoformat(told)
        except (ValueError, OverflowError, OSError):
            return None
        at = at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
        return min(max(at, now), now + LONGEST_WAIT)


def _number(value: str | None) -> int | None:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 12 else None
