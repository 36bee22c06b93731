"""Speaking to the Graph API: one request at a time, and Meta's refusals, by their code, in our words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from app.connectors import errors
from app.connectors.answers import ask, in_time, refusal, retry_at
from app.connectors.decoding import decoded
from app.connectors.errors import AuthExpired, ConnectorError, OutcomeUnknown, Permanent, RateLimited, Transient
from app.connectors.meta import usage
from app.connectors.meta.app import MetaApp
from app.connectors.ports import Access
from app.core.clock import utc_now
from app.core.http import Http, Method, Response
from app.core.pace import Pace
from app.core.signing import mac
from app.core.text import bare_words

_THROTTLED = frozenset({4, 17, 32, 341, 613, *range(80_000, 80_015)})
_TOKEN_DEAD = frozenset({102, 190})
_NO_RIGHT = frozenset({3, 10, *range(200, 300)})
_OUT_OF_ORDER = frozenset({1, 2})
_BLOCKED = 368
DUPLICATE = 506
_BAD_PARAMETER, _ABSENT_SUBCODE = 100, 33
_NO_SUCH_ALIAS = 803
AT_ONCE = 50
"""So many objects can be asked for by their ids in one request."""
THROTTLED_FOR = timedelta(minutes=5)
BLOCKED_FOR = timedelta(hours=4)
"""For acting against Meta's rules an account is stopped for a while; every further act makes it longer."""


class RefusedError(Exception):
    """Meta said no: its code and subcode (0 without one)."""

    def __init__(self, code: int, subcode: int, response: Response) -> None:
        super().__init__(code)
        self.code, self.subcode, self.response = code, subcode, response

    @property
    def absent(self) -> bool:
        """There is no such thing, or none for us: Meta does not tell these apart."""
        return self.code == _NO_SUCH_ALIAS or (self.code == _BAD_PARAMETER and self.subcode == _ABSENT_SUBCODE)

    @property
    def no_right(self) -> bool:
        """The token lacks a permission, or the app does."""
        return self.code in _NO_RIGHT


@dataclass(frozen=True, slots=True)
class Graph:
    """Requests in the name of one account. ``account`` is Meta's number of it, for its limits; "" while unknown."""

    http: Http
    app: MetaApp
    pace: Pace
    access: Access
    account: str = ""

    def get(self, path: str, **params: str) -> dict[str, Any]:
        """Read. Raises ConnectorError."""
        try:
            return self.try_get(path, **params)
        except RefusedError as refused:
            raise self.error_for(refused, act=False) from None

    def try_get(self, path: str, **params: str) -> dict[str, Any]:
        """As ``get``, but a refusal in Meta's words is raised as RefusedError, for callers who expect one."""
        return self._ask("GET", path, params)

    def several(self, ids: Sequence[str], fields: str) -> Iterator[tuple[str, dict[str, Any] | None]]:
        """Objects of one kind by their ids; None for one that is gone. Raises ConnectorError."""
        for start in range(0, len(ids), AT_ONCE):
            asked = ids[start : start + AT_ONCE]
            try:
                found: dict[str, Any] = self.try_get("", ids=",".join(asked), fields=fields)
            except RefusedError as refused:
                if not refused.absent:  # one that is gone has the whole request refused
                    raise self.error_for(refused, act=False) from None
                found = {one: self.one(one, fields) for one in asked}
            for name in asked:
                one = found.get(name)
                if one is None or isinstance(one, dict):
                    yield name, one

    def one(self, name: str, fields: str) -> dict[str, Any] | None:
        """One object; None when it is gone. Raises ConnectorError."""
        try:
            return self.try_get(name, fields=fields)
        except RefusedError as refused:
            if refused.absent:
                return None
            raise self.error_for(refused, act=False) from None

    def post(self, path: str, **params: str) -> dict[str, Any]:
        """Change something. Raises RefusedError, else ConnectorError; OutcomeUnknown when it may have been changed."""
        return self._ask("POST", path, params)

    def delete(self, path: str) -> dict[str, Any]:
        """Remove something; raises as ``post``."""
        return self._ask("DELETE", path, {})

    def inspect(self) -> dict[str, Any]:
        """What Meta knows of the token: whose it is and what it may do. Asked in the name of our app."""
        token = self.token
        app_token = f"{self.app.id}|{self.app.secret}"
        url = f"{self.app.graph}/{self.app.version}/debug_token"
        response = ask(self.http, "GET", url, params={"input_token": token}, headers=_headers(app_token))
        try:
            found = read_answer(response, act=False)
        except RefusedError as refused:
            if refused.code in _TOKEN_DEAD:  # of the app, not of the account
                detail = f"Meta does not accept the app's number and secret: code {refused.code}"
                raise Permanent(errors.REFUSED, detail) from None
            raise self.error_for(refused, act=False) from None
        data = found.get("data")
        return data if isinstance(data, dict) else {}

    @property
    def token(self) -> str:
        if self.access.secret is None:
            raise AuthExpired(errors.WRONG_CREDENTIALS, "no access token")
        return self.access.secret["password"]

    def error_for(self, refused: RefusedError, *, act: bool) -> ConnectorError:
        """Our error for a refusal, by its code alone: Meta's wording changes and is translated."""
        code, response = refused.code, refused.response
        detail = f"Meta's code {code}" + (f", {refused.subcode}" if refused.subcode else "")
        if code in _TOKEN_DEAD:
            return AuthExpired(errors.WRONG_CREDENTIALS, detail)
        if code in _THROTTLED:
            until = utc_now() + (usage.waiting(response.headers, self.account) or THROTTLED_FOR)
            usage.hold(self.pace, self.account, until, utc_now())
            return RateLimited(errors.RATE_LIMITED, detail, retry_at=until)
        if code == _BLOCKED:
            self.pace.hold(f"meta:{self.account}:acts", utc_now() + BLOCKED_FOR, utc_now())
            return RateLimited(errors.ACTS_BLOCKED, detail, retry_at=utc_now() + BLOCKED_FOR)
        if refused.no_right:  # for one act it may be this one comment that we may not act on
            return (Permanent if act else AuthExpired)(errors.MISSING_PERMISSION, detail)
        if code in _OUT_OF_ORDER:
            return (OutcomeUnknown if act else Transient)(errors.SERVER_ERROR, detail)
        if refused.absent:
            return Permanent(errors.TARGET_GONE if act else errors.NOT_FOUND, detail)
        if response.status >= 500:
            return refusal(response, act=act, detail=detail)
        return Permanent(errors.REFUSED, detail)

    def _ask(self, method: Method, path: str, params: Mapping[str, str]) -> dict[str, Any]:
        act = method != "GET"
        if act:
            in_time(self.access)
        self._wait(act=act)
        token = self.token
        params = dict(params)
        if self.app.secret:
            params["appsecret_proof"] = mac(self.app.secret, token.encode()).hex()
        url = f"{self.app.graph}/{self.app.version}/{path.lstrip('/')}"
        arguments: dict[str, Any] = {"form": params} if method == "POST" else {"params": params}
        response = ask(self.http, method, url, headers=_headers(token), **arguments)
        usage.heed(self.pace, self.app.id, response.headers, utc_now())
        if response.status == 429 and (until := retry_at(response)) is not None:
            usage.hold(self.pace, self.account, until, utc_now())
        return read_answer(response, act=act)

    def _wait(self, *, act: bool) -> None:
        """Ask nothing while Meta wants to be left alone, whichever of our processes it said so to."""
        now = utc_now()
        until = usage.wait_for(self.pace, self.app.id, self.account, now, act=act)
        if until is not None:
            raise RateLimited(errors.RATE_LIMITED, "held back: the limit is nearly used up", retry_at=until)
        blocked = self.pace.until(f"meta:{self.account}:acts", now) if act else None
        if blocked is not None:
            raise RateLimited(errors.ACTS_BLOCKED, "held back: Meta has stopped this account", retry_at=blocked)


def read_answer(response: Response, *, act: bool) -> dict[str, Any]:
    """The object in an answer. Raises RefusedError for a refusal in Meta's words, else ConnectorError."""
    found = decoded(response.body)
    error = found.get("error") if isinstance(found, dict) else None
    if isinstance(error, dict) and isinstance(error.get("code"), int):
        subcode = error.get("error_subcode")
        raise RefusedError(error["code"], subcode if isinstance(subcode, int) else 0, response)
    detail = f"HTTP {response.status} from {response.url.partition('?')[0]}"
    if response.status == 401:
        raise AuthExpired(errors.WRONG_CREDENTIALS, detail)
    if response.status >= 400:
        raise refusal(response, act=act, detail=detail)
    if not isinstance(found, dict) or response.status >= 300:
        detail = f"{detail}, no JSON object"
        raise OutcomeUnknown(errors.NOT_JSON, detail) if act else Transient(errors.NOT_JSON, detail)
    return found


def rows(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The objects in an answer's ``data``. Raises Transient(BAD_ANSWER) when it is no list of objects."""
    found = answer.get("data")
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Transient(errors.BAD_ANSWER, "no list of objects in “data”")
    return found


def following(answer: Mapping[str, Any]) -> str | None:
    """Where the next page begins; None on the last. (``next`` itself holds the token, and is never followed.)"""
    paging = answer.get("paging")
    if not isinstance(paging, dict) or not paging.get("next"):
        return None
    cursors = paging.get("cursors")
    after = cursors.get("after") if isinstance(cursors, dict) else None
    return after if isinstance(after, str) and after else None


def moment(value: Any) -> datetime | None:
    """``2026-11-20T10:00:00+0000``, or seconds since 1970 as messages have it."""
    try:
        if isinstance(value, int):
            return datetime.fromtimestamp(value, UTC)
        return datetime.fromisoformat(value).astimezone(UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def same_words(ours: str, shown: str) -> bool:
    """Whether what is shown is what we sent, whatever was made of its white space."""
    bare = bare_words(ours)
    return bare == bare_words(shown) if bare else " ".join(ours.split()) == " ".join(shown.split())


def _headers(token: str) -> dict[str, str]:
    """The token goes into a header: addresses end up in logs."""
    return {"accept": "application/json", "authorization": f"Bearer {token}"}
