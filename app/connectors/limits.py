"""How often servers may be asked, by their own word, for all workers together."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from app.connectors import errors
from app.connectors.answers import LONGEST_WAIT, ask, retry_at
from app.connectors.errors import RateLimited
from app.core.clock import utc_now
from app.core.http import Http, Method, Response
from app.core.pace import Pace

RESERVE = 20
"""One request in so many is kept for acts: reading stops before nothing is left."""
_AGO = 1_000_000_000
"""A number below is seconds from now (draft-ietf-httpapi-ratelimit-headers), one above seconds since 1970."""


class Limits:
    """What the headers ``RateLimit-*`` (after one of the ``prefixes``) and ``Retry-After`` said, by server and kind of
    request.

    ``platform`` tells its servers from another's in ``pace``.
    """

    def __init__(self, pace: Pace, platform: str, *prefixes: str) -> None:
        self.pace, self._platform, self._prefixes = pace, platform, prefixes or ("",)

    def hold(self, server: str, kind: str, until: datetime, account: str = "") -> None:
        """Leave a server alone, as for ``before``: what it said otherwise than by its headers."""
        self.pace.hold(f"{self._name(server, account)}:{kind}", until, utc_now())

    def before(self, server: str, kind: str, account: str = "") -> None:
        """Raise RateLimited while the server wants to be left alone. ``kind``: ``acts``, ``reads`` or a sign-in's;
        ``account`` is whose limit it is, where each has its own."""
        name, now = self._name(server, account), utc_now()
        if (at := self.pace.until_all([f"{name}:{one}" for one in (kind, "all")], now)) is not None:
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
        left, limit = (_number(self._told(response, one)) for one in ("remaining", "limit"))
        if at is None or left is None or not limit:  # a limit of nothing is how some say that there is none
            return
        if left == 0:
            self.pace.hold(f"{name}:{told}", at, now)
        elif left * RESERVE < limit:
            self.pace.hold(f"{name}:reads", at, now)

    def _name(self, server: str, account: str) -> str:
        return f"{self._platform}:{urlsplit(server).netloc}" + (f":{account}" if account else "")

    def _told(self, response: Response, what: str) -> str:
        told = (response.headers.get(f"{prefix}ratelimit-{what}", "").strip() for prefix in self._prefixes)
        return next(filter(None, told), "")

    def _reset(self, response: Response) -> datetime | None:
        """Seconds from now or since 1970, or a time in ISO 8601 as Mastodon has it."""
        told, now = self._told(response, "reset"), utc_now()
        seconds = _number(told)
        if seconds is not None and seconds < _AGO:
            return now + min(timedelta(seconds=seconds), LONGEST_WAIT)
        try:
            at = datetime.fromtimestamp(seconds, UTC) if seconds is not None else datetime.fromisoformat(told)
        except (ValueError, OverflowError, OSError):
            return None
        at = at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
        return min(max(at, now), now + LONGEST_WAIT)


@dataclass(frozen=True, slots=True)
class Paced:
    """Requests that keep to what servers said, whichever of our processes they said it to."""

    http: Http
    limits: Limits

    @classmethod
    def by_host(cls, http: Http, pace: Pace) -> "Paced":
        """For what stands on web servers of all kinds: what one says holds for all that is on it, whichever connector
        was told."""
        return cls(http, Limits(pace, "web", "", "x-"))

    def ask(self, method: Method, url: str, *, account: str = "", **arguments: Any) -> Response:
        """As ``answers.ask``. Raises RateLimited, without asking, while the server wants to be left alone; and for an
        answer of 429. ``account`` as for ``Limits.before``."""
        kind = "reads" if method in ("GET", "HEAD") else "acts"
        self.limits.before(url, kind, account)
        response = ask(self.http, method, url, **arguments)
        self.limits.after(url, kind, response, account)
        return response


def _number(value: str | None) -> int | None:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 12 else None
