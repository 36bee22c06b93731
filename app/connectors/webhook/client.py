"""Asking the other system: signed requests, and its refusals in our words."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from app.connectors import errors
from app.connectors.answers import in_time, refusal
from app.connectors.decoding import decoded_object
from app.connectors.errors import AuthExpired, OutcomeUnknown, Permanent, Transient
from app.connectors.limits import Paced
from app.connectors.ports import Access
from app.core.clock import utc_now
from app.core.http import Method, Response
from app.core.signing import sign

SIGNATURE = "porchlight-signature"
MAX_BYTES = 5_000_000


class Client:
    """Requests to one system, signed with its key. Raises ConnectorError."""

    def __init__(self, web: Paced, access: Access) -> None:
        if access.secret is None:
            raise Permanent(errors.NOT_SUPPORTED, "no signing key")
        self._web, self._access, self._key = web, access, access.secret["password"]

    def get(self, route: str, **params: str) -> dict[str, Any]:
        """What is at a route."""
        response = self._ask("GET", self._url(route, params))
        if response.status >= 300:
            raise self._refused(response, act=False)
        return _object(response, act=False)

    def find(self, route: str) -> dict[str, Any] | None:
        """What is at a route; None where the system says that there is nothing."""
        response = self._ask("GET", self._url(route, {}))
        if response.status == 404:
            return None
        if response.status >= 300:
            raise self._refused(response, act=False)
        return _object(response, act=False)

    def post(self, route: str, words: Mapping[str, Any]) -> dict[str, Any]:
        """Have something done. Raises OutcomeUnknown when it may have been."""
        in_time(self._access)
        response = self._ask("POST", self._url(route, {}), json.dumps(words, ensure_ascii=False).encode())
        if response.status >= 300:
            raise self._refused(response, act=True)
        return _object(response, act=True)

    def _ask(self, method: Method, url: str, body: bytes = b"") -> Response:
        headers = {"accept": "application/json", SIGNATURE: sign(self._key, signed_text(method, url, body), utc_now())}
        if body:
            headers["content-type"] = "application/json"
        return self._web.ask(method, url, headers=headers, body=body or None, max_bytes=MAX_BYTES)

    def _url(self, route: str, params: Mapping[str, str]) -> str:
        query = f"?{urlencode(params)}" if params else ""
        return f"{self._access.url.rstrip('/')}/{quote(route)}{query}"

    def _refused(self, response: Response, *, act: bool) -> Exception:
        detail = f"HTTP {response.status} from {response.url.partition('?')[0]}"
        if response.status == 401:
            return AuthExpired(errors.WRONG_CREDENTIALS, detail)
        if response.status == 403:
            return AuthExpired(errors.MISSING_PERMISSION, detail)
        if act and response.status in (404, 410):
            return Permanent(errors.TARGET_GONE, detail)
        if act and response.status in (400, 413, 422):
            return Permanent(errors.INVALID_TEXT, detail)
        return refusal(response, act=act, detail=detail)


def signed_text(method: str, url: str, body: bytes) -> bytes:
    """What a request's signature is made over: the method, the path with its query, and the body."""
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return f"{method} {path}\n".encode() + body


def _object(response: Response, *, act: bool) -> dict[str, Any]:
    found = decoded_object(response.body)
    if found is None:
        detail = f"HTTP {response.status} from {response.url.partition('?')[0]}, no JSON object"
        raise OutcomeUnknown(errors.NOT_JSON, detail) if act else Transient(errors.NOT_JSON, detail)
    return found
