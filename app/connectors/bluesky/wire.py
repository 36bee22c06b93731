"""XRPC, the AT Protocol's way of asking over HTTP: addresses, JSON, refusals by name."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

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
