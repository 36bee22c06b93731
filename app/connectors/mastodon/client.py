"""Speaking to a server's REST interface: addresses, the token, limits, and refusals turned into our errors.

Facts about the interface in this folder are from docs.joinmastodon.org (4.6); see docs/connectors/mastodon.md.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode, urlsplit

from app.connectors import errors
from app.connectors.answers import in_time, lines, refusal
from app.connectors.decoding import decoded, decoded_object, not_json
from app.connectors.errors import AuthExpired, ConnectorError, OutcomeUnknown, Permanent, Transient
from app.connectors.limits import Limits, Paced
from app.connectors.ports import Access
from app.core.http import Http, Method, Response
from app.core.text import one_line

Params = Mapping[str, str | int | Sequence[str]]
GONE = (404, 410)


class GoneError(Exception):
    """What was asked for is not there, or not shown to us."""


class Client:
    """Requests to one server with the connection's token, if it has one.

    Mastodon counts what each account asks for; ``limits`` are known to all workers.
    """

    def __init__(self, http: Http, access: Access, limits: Limits) -> None:
        parts = urlsplit(access.url)
        self._http, self._paced = http, Paced(http, limits)
        self._account = str(access.settings.get("account_id") or "")
        self._access = access
        self.base = f"{parts.scheme}://{parts.netloc}"
        self._token = access.secret["password"] if access.secret else None

    def get(self, path: str, params: Params | None = None) -> Any:
        """Read ``path``, such as ``/api/v1/notifications``. Raises ConnectorError."""
        try:
            return self.look(path, params)
        except GoneError:
            raise Permanent(errors.NOT_FOUND, f"nothing at {path}") from None

    def look(self, path: str, params: Params | None = None) -> Any:
        """As ``get``, for callers who expect that it may be gone: raises GoneError then."""
        response = self._request("GET", path, params or {})
        if response.status in GONE and _is_json(response):
            raise GoneError
        if response.status >= 400:
            raise self.error_for(response, act=False)
        data = decoded(response.body)
        if data is None:
            raise Transient(errors.NOT_JSON, not_json(response))
        return data

    @contextmanager
    def lines(self, url: str, *, idle_seconds: float) -> Iterator[Iterator[bytes]]:
        """The lines of a stream of events, at a full address. Raises ConnectorError, also while they are awaited."""
        headers = {"accept": "text/event-stream", **self._credentials()}
        with lines(self._http, url, headers=headers, idle_seconds=idle_seconds) as (head, found):
            if head.status != 200:
                raise self.error_for(head, act=False)
            if not head.headers.get("content-type", "").lower().startswith("text/event-stream"):
                raise Permanent(errors.BAD_ANSWER, "not a stream of events")
            yield found

    def post(self, path: str, body: Mapping[str, Any], *, key: str) -> dict[str, Any]:
        """Change something. Raises ConnectorError; OutcomeUnknown when the change may have been made.

        ``key``: the same for every try of one change; Mastodon keeps it for an hour (other servers ignore it).
        """
        in_time(self._access)
        response = self._request("POST", path, {}, json=dict(body), more={"idempotency-key": key})
        if response.status >= 400:
            raise self.error_for(response, act=True)
        data = decoded(response.body)
        if not isinstance(data, dict):
            raise OutcomeUnknown(errors.NOT_JSON, not_json(response))
        return data

    def error_for(self, response: Response, *, act: bool) -> ConnectorError:
        """Our error for a refusal, by its status alone: the wording differs between servers and languages."""
        status = response.status
        detail = f"HTTP {status}{_words(response)} from {response.url.partition('?')[0]}"
        if status == 401 and self._token:
            return AuthExpired(errors.WRONG_CREDENTIALS, detail)
        if status == 403 and self._token and not act:
            return AuthExpired(errors.MISSING_PERMISSION, detail)
        if status == 422 or (status == 400 and act):
            return Permanent(errors.INVALID_TEXT if act else errors.REFUSED, detail)
        return refusal(response, act=act, detail=detail)

    def _request(
        self, method: Method, path: str, params: Params, *, more: Mapping[str, str] | None = None, **body: Any
    ) -> Response:
        headers = {"accept": "application/json", **(more or {}), **self._credentials()}
        url = self.address(path, params)
        return self._paced.ask(method, url, account=self._account, headers=headers, **body)

    def _credentials(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._token}"} if self._token else {}

    def address(self, path: str, params: Params | None = None) -> str:
        """The full address of a path; values that are lists are written as ``name[]``."""
        pairs: list[tuple[str, str]] = []
        for name, value in (params or {}).items():
            if isinstance(value, str | int):
                pairs.append((name, str(value)))
            else:
                pairs += [(f"{name}[]", one) for one in value]
        return f"{self.base}{path}" + (f"?{urlencode(pairs)}" if pairs else "")


def _is_json(response: Response) -> bool:
    """A server says ``{"error": …}``; a proxy in front of it that has lost it says HTML, which means nothing."""
    return decoded_object(response.body) is not None


def _words(response: Response) -> str:
    data = decoded_object(response.body)
    said = data.get("error") if data else None
    return f" ({one_line(said, limit=200)})" if isinstance(said, str) else ""
