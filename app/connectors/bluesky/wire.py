"""XRPC, the AT Protocol's way of asking over HTTP: addresses, JSON, refusals by name, rate limits."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from app.connectors import errors
from app.connectors.answers import LONGEST_WAIT, retry_at
from app.connectors.errors import RateLimited
from app.core.clock import utc_now
from app.core.http import Response
from app.core.text import one_line

Params = Mapping[str, str | int | Sequence[str]]


def xrpc_url(server: str, method: str, params: Params | None = None) -> str:
    query = "?" + urlencode(params, doseq=True) if params else ""
    return f"{server.rstrip('/')}/xrpc/{method}{query}"


def decode(response: Response) -> dict[str, Any] | None:
    """The JSON object in an answer, None when there is none."""
    try:
        data = json.loads(response.body)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def said_no(response: Response) -> str | None:
    """The name of the error in a refusal, such as ``ExpiredToken``; None when it is not of the protocol."""
    data = decode(response)
    name = data.get("error") if data else None
    return one_line(name, limit=80) if isinstance(name, str) and name else None


def raise_if_limited(response: Response) -> None:
    """Raise RateLimited for 429, until the time the server names: ``Retry-After``, else ``RateLimit-Reset`` (seconds
    since 1970) when nothing is left."""
    if response.status != 429:
        return
    at = retry_at(response)
    reset = response.headers.get("ratelimit-reset", "")
    if at is None and reset.isascii() and reset.isdigit() and len(reset) < 12:
        now = utc_now()
        at = min(max(datetime.fromtimestamp(int(reset), UTC), now), now + LONGEST_WAIT)
    raise RateLimited(errors.RATE_LIMITED, f"HTTP 429 from {response.url}", retry_at=at)
