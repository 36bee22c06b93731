"""XRPC, the AT Protocol's way of asking over HTTP: addresses, JSON, refusals by name."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from app.connectors.decoding import decoded_object
from app.core.http import Response
from app.core.text import one_line

Params = Mapping[str, str | int | Sequence[str]]


def xrpc_url(server: str, method: str, params: Params | None = None) -> str:
    query = "?" + urlencode(params, doseq=True) if params else ""
    return f"{server.rstrip('/')}/xrpc/{method}{query}"


def said_no(response: Response) -> str | None:
    """The name of the error in a refusal, such as ``ExpiredToken``; None when it is not of the protocol."""
    data = decoded_object(response.body)
    name = data.get("error") if data else None
    return one_line(name, limit=80) if isinstance(name, str) and name else None
