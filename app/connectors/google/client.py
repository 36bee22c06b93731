"""Speaking to Google's JSON interfaces: the token, and Google's refusals, by their reason, in our words.

Reasons from cloud.google.com/apis/design/errors and developers.google.com/youtube/v3/docs/errors: older interfaces
name them in ``error.errors[].reason``, newer ones in ``error.details[].reason`` or as ``error.status``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.connectors import errors
from app.connectors.answers import ask, in_time, refusal, retry_at
from app.connectors.decoding import decoded_object
from app.connectors.errors import AuthExpired, ConnectorError, OutcomeUnknown, Permanent, RateLimited, Transient
from app.connectors.ports import Access
from app.core.clock import utc_now
from app.core.http import Http, Method, Response
from app.core.pace import Pace
from app.core.text import one_line

PACIFIC = ZoneInfo("America/Los_Angeles")
"""Google counts its days there."""
SLOW = timedelta(minutes=1)
"""How long an account is left alone that asked too often, where Google does not say."""
_DAY_SPENT = frozenset({"quotaExceeded", "dailyLimitExceeded", "dailyLimitExceededUnreg"})
_TOO_FAST = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED"})
_NO_RIGHT = frozenset({"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "forbidden", "PERMISSION_DENIED"})
_NOT_ENABLED = frozenset({"accessNotConfigured", "SERVICE_DISABLED"})
_ABSENT = frozenset({"notFound", "NOT_FOUND"})


class RefusedError(Exception):
    """Google said no: its reasons, the most telling first."""

    def __init__(self, reasons: tuple[str, ...], response: Response) -> None:
        super().__init__(", ".join(reasons))
        self.reasons, self.response = reasons, response

    def says(self, *known: str) -> bool:
        """Whether any of these is a reason."""
        return not frozenset(known).isdisjoint(self.reasons)

    @property
    def absent(self) -> bool:
        """There is no such thing, or none for us."""
        return self.response.status == 404 or self.says(*_ABSENT)


@dataclass(frozen=True, slots=True)
class Google:
    """Requests to one interface in the name of one account. ``name`` is the interface's, ``api`` what people call it;
    ``project`` is our app's number, whose day all its accounts share."""

    http: Http
    pace: Pace
    access: Access
    base: str
    name: str
    api: str
    project: str

    def get(self, path: str, **params: str) -> dict[str, Any]:
        """Read. Raises ConnectorError."""
        try:
            return self.look(path, **params)
        except RefusedError as refused:
            raise self.error_for(refused, act=False) from None

    def look(self, path: str, **params: str) -> dict[str, Any]:
        """As ``get``, but a refusal with a reason is raised as RefusedError, for callers who expect one."""
        return self._ask("GET", path, params, None)

    def post(self, path: str, body: Mapping[str, Any] | None = None, **params: str) -> dict[str, Any]:
        """Change something; the answer may be empty. Raises RefusedError for a refusal with a reason, else
        ConnectorError; OutcomeUnknown when it may have been changed."""
        return self._ask("POST", path, params, body)

    def error_for(self, refused: RefusedError, *, act: bool) -> ConnectorError:
        """Our error for a refusal, by its reasons alone: the wording differs and is translated."""
        response, now = refused.response, utc_now()
        detail = f"HTTP {response.status} {one_line(str(refused), limit=200)}"
        if response.status == 401:
            return AuthExpired(errors.WRONG_CREDENTIALS, detail)
        if refused.says(*_DAY_SPENT):
            until = day_ends(now)
            self.pace.hold(self._day, until, now)
            return RateLimited(errors.BUDGET_SPENT, detail, retry_at=until)
        if refused.says(*_TOO_FAST):
            until = retry_at(response, now) or now + SLOW
            self.pace.hold(self._account, until, now)
            return RateLimited(errors.RATE_LIMITED, detail, retry_at=until)
        if refused.says(*_NOT_ENABLED):
            return Permanent(errors.NOT_SET_UP, f"{self.api} in the Google Cloud project")
        if refused.absent:
            return Permanent(errors.TARGET_GONE if act else errors.NOT_FOUND, detail)
        if refused.says(*_NO_RIGHT):  # for one act it may be this one comment that we may not act on
            return (Permanent if act else AuthExpired)(errors.MISSING_PERMISSION, detail)
        return refusal(response, act=act, detail=detail)

    def _ask(
        self, method: Method, path: str, params: Mapping[str, str], body: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        act = method != "GET"
        if act:
            in_time(self.access)
        self._wait()
        if self.access.secret is None:
            raise AuthExpired(errors.WRONG_CREDENTIALS, "not signed in")
        headers = {"accept": "application/json", "authorization": f"Bearer {self.access.secret['password']}"}
        more: dict[str, Any] = {} if body is None else {"json": dict(body)}
        response = ask(self.http, method, f"{self.base}/{path}", params=dict(params), headers=headers, **more)
        if response.status == 429 and (until := retry_at(response)) is not None:
            self.pace.hold(self._account, until, utc_now())
        return read_answer(response, act=act)

    def _wait(self) -> None:
        """Ask nothing while Google wants to be left alone, whichever of our processes it said so to."""
        now = utc_now()
        for name, code in ((self._day, errors.BUDGET_SPENT), (self._account, errors.RATE_LIMITED)):
            until = self.pace.until(name, now)
            if until is not None:
                raise RateLimited(code, "held back: Google takes no more requests now", retry_at=until)

    @property
    def _day(self) -> str:
        return f"google:{self.name}:{self.project}"[:200]

    @property
    def _account(self) -> str:
        return f"google:{self.name}:{self.access.url}"[:200]


def day_ends(now: datetime) -> datetime:
    """The next midnight where Google counts its days."""
    return day_begins(now, days=1)


def day_begins(now: datetime, days: int = 0) -> datetime:
    """The midnight the day began with there; with ``days`` that of a later one."""
    day = now.astimezone(PACIFIC).date() + timedelta(days=days)
    return datetime(day.year, day.month, day.day, tzinfo=PACIFIC).astimezone(now.tzinfo)


def read_answer(response: Response, *, act: bool) -> dict[str, Any]:
    """The object in an answer; an act may be answered with nothing (204). Raises RefusedError for a refusal with a
    reason, else ConnectorError."""
    if act and response.status == 204:
        return {}
    found = decoded_object(response.body)
    reasons = _reasons(found)
    if response.status >= 400 and reasons:
        raise RefusedError(reasons, response)
    detail = f"HTTP {response.status} from {response.url.partition('?')[0]}"
    if response.status == 401:
        raise AuthExpired(errors.WRONG_CREDENTIALS, detail)
    if response.status >= 400:
        raise refusal(response, act=act, detail=detail)
    if found is None or response.status >= 300:
        detail = f"{detail}, no JSON object"
        raise OutcomeUnknown(errors.NOT_JSON, detail) if act else Transient(errors.NOT_JSON, detail)
    return found


def rows(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The objects of a list; Google leaves ``items`` out where there are none. Raises Transient(BAD_ANSWER)."""
    found = answer.get("items", [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Transient(errors.BAD_ANSWER, "no list of objects in “items”")
    return found


def _reasons(found: Mapping[str, Any] | None) -> tuple[str, ...]:
    error = found.get("error") if found else None
    if not isinstance(error, dict):
        return ()
    named: list[Any] = []
    for part in ("errors", "details"):
        listed = error.get(part)
        named += [one.get("reason") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    named.append(error.get("status"))
    return tuple(one for one in named if isinstance(one, str) and one)
