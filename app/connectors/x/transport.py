"""tweepy on our own way out: its requests leave through the guarded client, and X's refusals become our errors.

tweepy 4.17 asks ``session.request`` for everything and names the host ``api.twitter.com`` itself. It gets a session
that is none of requests': no address is reached, no time or size exceeded that ``app.core.http`` does not allow. What
is refused never reaches tweepy, whose own errors take some bodies of X's for granted.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
import tweepy

from app.connectors import errors
from app.connectors.answers import LONGEST_WAIT, ask, in_time, refusal, retry_at
from app.connectors.decoding import decoded_object, not_json
from app.connectors.errors import AuthExpired, ConnectorError, OutcomeUnknown, Permanent, RateLimited, Transient
from app.connectors.ports import Access
from app.core.clock import utc_now
from app.core.http import Http, Method, Response
from app.core.pace import Pace
from app.core.text import one_line

BASE = "https://api.x.com"
_WRITES = ("POST", "PUT", "DELETE")
_CAPPED = "usage-capped"


class GuardedSession:
    """What tweepy takes for a ``requests.Session``: only ``request``, by our guarded client."""

    def __init__(self, http: Http, pace: Pace, access: Access, base: str) -> None:
        self._http = http
        self._pace = pace
        self._access = access
        self._base = base

    def request(
        self,
        method: Method,
        url: str,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        auth: None = None,
    ) -> requests.Response:
        """Make a request of tweepy's. Raises ConnectorError; calls of a kind that X wants no more of now wait."""
        path = urlsplit(url).path
        kind = self._kind(method, path)
        act = method in _WRITES
        until = self._pace.until(kind, utc_now())
        if until is not None:
            raise RateLimited(errors.RATE_LIMITED, f"X takes no {method} {path} now", retry_at=until)
        if act:
            in_time(self._access)
        sent = {name: value for name, value in (headers or {}).items() if name.lower() == "authorization"}
        sent["accept"] = "application/json"
        answer = ask(self._http, method, f"{self._base}{path}", params=params, json=json, headers=sent)
        self._hear(kind, answer)
        if answer.status >= 400:
            raise error_for(answer, act=act)
        return as_requests(answer, act=act)

    def _kind(self, method: str, path: str) -> str:
        """What X counts together: one person's calls of one kind, whichever the post or account in the path."""
        words = ["N" if part.isdigit() else part for part in path.split("/")]
        return f"x:{self._access.settings.get('account_id', '')}:{method} {'/'.join(words)}"[:200]

    def _hear(self, kind: str, answer: Response) -> None:
        """Tell all workers when X says that this was the last call for now."""
        refused = answer.status == 429
        ends = limit_ends(answer) or (retry_at(answer) if refused else None)
        if ends is not None and (refused or answer.headers.get("x-rate-limit-remaining") == "0"):
            self._pace.hold(kind, ends, utc_now())


def client(http: Http, pace: Pace, access: Access, base: str) -> tweepy.Client:
    """tweepy for one account, by its OAuth 2.0 token. Never sleeps, never raises errors of its own for refusals."""
    token = access.secret["password"] if access.secret else ""
    made = tweepy.Client(bearer_token=token, return_type=requests.Response, wait_on_rate_limit=False)
    made.session.close()
    made.session = GuardedSession(http, pace, access, base)
    return made


def read(response: requests.Response) -> dict[str, Any]:
    """The JSON of a successful answer. Raises Permanent(BAD_ANSWER) when it is no object."""
    data = decoded_object(response.content)
    if data is None:
        raise Permanent(errors.BAD_ANSWER, "no object")
    return data


def error_for(answer: Response, *, act: bool) -> ConnectorError:
    """Our error for a refusal, by its status and the type of X's problem, never by its words."""
    status, said = answer.status, decoded_object(answer.body) or {}
    problem = str(said.get("type") or "").rpartition("/")[2]
    words = one_line(str(said.get("detail") or said.get("title") or ""), limit=200)
    detail = f"HTTP {status} {problem} {words}".strip()
    if status == 401:
        return AuthExpired(errors.WRONG_CREDENTIALS, detail)
    if status == 402 or problem == _CAPPED:  # waiting for the usual quarter of an hour would not help
        return RateLimited(errors.BUDGET_SPENT, detail, retry_at=utc_now() + LONGEST_WAIT)
    if status == 429:
        return RateLimited(errors.RATE_LIMITED, detail, retry_at=limit_ends(answer) or retry_at(answer))
    return refusal(answer, act=act, detail=detail)


def limit_ends(answer: Response) -> datetime | None:
    """``x-rate-limit-reset``: epoch seconds."""
    value = answer.headers.get("x-rate-limit-reset", "")
    if not (value.isascii() and value.isdigit() and len(value) < 12):
        return None
    now = utc_now()
    return min(max(datetime.fromtimestamp(int(value), UTC), now + timedelta(seconds=1)), now + LONGEST_WAIT)


def as_requests(answer: Response, *, act: bool) -> requests.Response:
    """An answer as tweepy takes it. Raises Transient or, for an act, OutcomeUnknown when it is not JSON."""
    if decoded_object(answer.body) is None:
        detail = not_json(answer)
        raise OutcomeUnknown(errors.NOT_JSON, detail) if act else Transient(errors.NOT_JSON, detail)
    made = requests.Response()
    made.status_code = answer.status
    made.url = answer.url
    made.headers.update(answer.headers)
    made._content = answer.body
    return made
