"""What executors on HTTP do alike: failures of a request in our words, and signatures that they check."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from app.core import signing
from app.core.clock import utc_now
from app.core.http import AddressRefused, Http, HttpError, Method, Response, Unreachable
from app.executors import errors
from app.executors.errors import ExecutorError, NotNow, OutcomeUnknown, Refused
from app.executors.ports import Access

LONGEST_WAIT = timedelta(hours=6)


def ask(http: Http, method: Method, url: str, *, acts: bool, **arguments: Any) -> Response:
    """Make a request (arguments as for ``Http.request``). ``acts``: it is to change something.

    Raises NotNow when it certainly did not arrive, OutcomeUnknown when an act may have.
    """
    try:
        return http.request(method, url, **arguments)
    except AddressRefused as error:
        raise Refused(errors.ADDRESS_REFUSED, str(error)) from None
    except Unreachable as error:
        raise NotNow(errors.UNREACHABLE, str(error)) from None
    except HttpError as error:
        raise (OutcomeUnknown if acts else NotNow)(errors.TIMED_OUT, str(error)) from None


def in_time(access: Access) -> None:
    """Hold back an act whose time is over: another process may have taken it over. It certainly did not leave."""
    if access.act_before is not None and utc_now() >= access.act_before:
        raise NotNow(errors.TIMED_OUT, "held back: it was not sent while it was ours to send")


def failure(response: Response, detail: str, *, acts: bool) -> ExecutorError:
    """The error for an answer of 400 or more of which nothing else is known."""
    status = response.status
    if status == 429:
        return NotNow(errors.RATE_LIMITED, detail, retry_at=_retry_at(response))
    if status >= 500 or (acts and status in (408, 409, 425)):
        return (OutcomeUnknown if acts else NotNow)(errors.SERVER_ERROR, detail)
    if status in (401, 403):
        return Refused(errors.WRONG_CREDENTIALS, detail)
    return Refused(errors.REFUSED, detail)


def parsed(response: Response, *, acts: bool) -> dict[str, Any]:
    """The JSON object in an answer. Raises OutcomeUnknown (for an act) or NotNow when there is none."""
    try:
        found = json.loads(response.body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise (OutcomeUnknown if acts else NotNow)(errors.BAD_ANSWER, f"HTTP {response.status}, no JSON object")
    return found


def verify(key: str, header: str, body: bytes, now: datetime) -> None:
    """Raises Refused unless the body was signed with the key (see ``app.core.signing.sign``), within five minutes."""
    wrong = signing.wrong_with(key, header, body, now)
    if wrong:
        raise Refused(errors.BAD_SIGNATURE, wrong)


def verify_base64(key: str, given: str, body: bytes) -> None:
    """Raises Refused unless ``given`` is the body's HMAC-SHA256 in base64: shops sign so, without a time."""
    if not key or not signing.same(signing.mac_base64(key, body), given.strip()):
        raise Refused(errors.BAD_SIGNATURE, "wrong signature" if key else "no secret yet")


def header(headers: Mapping[str, str], name: str) -> str:
    """A header by its name in any spelling."""
    return next((value for key, value in headers.items() if key.lower() == name), "")


def _retry_at(response: Response) -> datetime | None:
    value, now = response.headers.get("retry-after", "").strip(), utc_now()
    if value.isascii() and value.isdigit() and len(value) < 8:
        return now + min(timedelta(seconds=int(value)), LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(value)
        return min(at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC), now + LONGEST_WAIT)
    except (ValueError, OverflowError):
        return None
