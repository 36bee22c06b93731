"""Talking to WooCommerce's REST interface, version 3: one request, its answer, and its failures in our words.

Facts are from WooCommerce's own documentation of the interface (woocommerce.github.io/woocommerce-rest-api-docs).
"""

import json
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from app.core.http import Http, Response
from app.executors import errors
from app.executors.answers import ask, failure
from app.executors.errors import ExecutorError, NotNow, OutcomeUnknown, Refused
from app.executors.ports import Access

MAX_BYTES = 5_000_000
PER_PAGE = 100
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_REFUSALS = {
    "woocommerce_rest_shop_order_invalid_id": errors.UNKNOWN_ORDER,
    "woocommerce_rest_invalid_order_refund": errors.MORE_THAN_PAID,
}


def base(access: Access) -> str:
    """Where the interface is. Raises Refused for an address that would carry the keys in the clear."""
    url = str(access.settings.get("url", "")).strip().rstrip("/")
    parts = urlsplit(url)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not safe or not parts.hostname:
        raise Refused(errors.ADDRESS_REFUSED, "the shop's address has to begin with https://")
    return f"{url}/wp-json/wc/v3"


def read(http: Http, access: Access, path: str, params: Mapping[str, str | int] | None = None) -> Any:
    """What stands there, as JSON. Raises ExecutorError, never OutcomeUnknown."""
    return _answer(_send(http, "GET", access, path, params=params), acts=False)


def post(http: Http, access: Access, path: str, body: Mapping[str, Any]) -> Any:
    """Have something made, and answer it. Raises ExecutorError; what may have taken effect is OutcomeUnknown."""
    return _answer(_send(http, "POST", access, path, body=body), acts=True)


def _send(
    http: Http,
    method: Literal["GET", "POST"],
    access: Access,
    path: str,
    *,
    params: Mapping[str, str | int] | None = None,
    body: Mapping[str, Any] | None = None,
) -> Response:
    return ask(
        http,
        method,
        base(access) + path,
        acts=method == "POST",
        params=params,
        json=body,
        basic_auth=(access.secret.get("consumer_key", ""), access.secret.get("consumer_secret", "")),
        max_bytes=MAX_BYTES,
    )


def _answer(response: Response, *, acts: bool) -> Any:
    try:
        found = json.loads(response.body)
    except ValueError:
        found = None
    if response.status >= 400:
        raise _refusal(response, found, acts=acts)
    if not isinstance(found, dict | list):
        raise (OutcomeUnknown if acts else NotNow)(errors.BAD_ANSWER, f"HTTP {response.status}, no JSON")
    return found


def _refusal(response: Response, found: Any, *, acts: bool) -> ExecutorError:
    """By status and ``code``, never by the message, which is in the shop's language."""
    code = str(found.get("code") or "") if isinstance(found, dict) else ""
    detail = f"HTTP {response.status} {code}".strip()
    if code in _REFUSALS:
        return Refused(_REFUSALS[code], detail)
    return failure(response, detail, acts=acts)
