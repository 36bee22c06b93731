"""What every connector on HTTP does alike: failures of a request, and answers that are refusals, in our words."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from app.connectors import errors
from app.connectors.errors import ConnectorError, OutcomeUnknown, Permanent, RateLimited, Transient
from app.connectors.ports import Access
from app.core.clock import utc_now
from app.core.http import (
    AddressRefused,
    Http,
    HttpError,
    Method,
    Response,
    TooLarge,
    TooManyRedirects,
    Unreachable,
)

LONGEST_WAIT = timedelta(days=1)
"""We ask again after this at the latest: a Retry-After set wrongly must not silence a page."""

_PLAIN_REFUSALS = {404: errors.NOT_FOUND, 410: errors.GONE}


def ask(http: Http, method: Method, url: str, **arguments: Any) -> Response:
    """Make a request (arguments as for ``Http.request``); what goes wrong on the way is raised as a ConnectorError.

    An act (any method but GET and HEAD) that may have arrived raises OutcomeUnknown.
    """
    try:
        return http.request(method, url, **arguments)
    except HttpError as error:
        raise _failed(error, act=method not in ("GET", "HEAD")) from None


@contextmanager
def lines(
    http: Http, url: str, *, headers: Mapping[str, str], idle_seconds: float
) -> Iterator[tuple[Response, Iterator[bytes]]]:
    """As ``Http.lines``; what goes wrong on the way, also while lines are awaited, is raised as a ConnectorError."""
    try:
        with http.lines(url, headers=headers, idle_seconds=idle_seconds) as opened:
            yield opened
    except HttpError as error:
        raise _failed(error, act=False) from None


def refusal(response: Response, *, act: bool, detail: str = "") -> ConnectorError:
    """The error for an answer with a status of 400 or more of which nothing else is known.

    ``act``: the request was to change something; a server that failed may have done it all the same.
    """
    status = response.status
    detail = detail or f"HTTP {status} from {response.url}"
    if status == 429:
        return RateLimited(errors.RATE_LIMITED, detail, retry_at=retry_at(response))
    if status >= 500:
        if act:
            return OutcomeUnknown(errors.SERVER_ERROR, detail)
        at = retry_at(response)
        return RateLimited(errors.SERVER_ERROR, detail, retry_at=at) if at else Transient(errors.SERVER_ERROR, detail)
    if status in (401, 403, 407, 451):
        return Permanent(errors.FORBIDDEN, detail)
    return Permanent(_PLAIN_REFUSALS.get(status, errors.REFUSED), detail)


def retry_at(response: Response, now: datetime | None = None) -> datetime | None:
    """When ``Retry-After`` (RFC 9110, 10.2.3: seconds or a date) allows the next request; None when it says nothing
    usable. At most a day ahead."""
    value = response.headers.get("retry-after", "").strip()
    now = now or utc_now()
    if value.isascii() and value.isdigit() and len(value) < 10:
        at = now + min(timedelta(seconds=int(value)), LONGEST_WAIT)
    else:
        try:
            at = parsedate_to_datetime(value)
            at = min(at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC), now + LONGEST_WAIT)
        except (ValueError, OverflowError):
            return None
    return max(at, now)


def _failed(error: HttpError, *, act: bool) -> ConnectorError:
    detail = str(error)
    if isinstance(error, AddressRefused):
        return Permanent(errors.ADDRESS_REFUSED, detail)
    if isinstance(error, Unreachable):
        return Transient(errors.UNREACHABLE, detail)
    if isinstance(error, TooManyRedirects):
        return Permanent(errors.TOO_MANY_REDIRECTS, detail)
    code = errors.TOO_LARGE if isinstance(error, TooLarge) else errors.TIMED_OUT
    if act:
        return OutcomeUnknown(code, detail)
    return Permanent(code, detail) if isinstance(error, TooLarge) else Transient(code, detail)


def in_time(access: Access) -> None:
    """Hold back an act whose time is over: this process was stopped or slow, and another may have taken it over.

    Raises Transient; the act certainly did not leave.
    """
    if access.act_before is not None and utc_now() >= access.act_before:
        raise Transient(errors.TIMED_OUT, "held back: it was not sent while it was ours to send")
