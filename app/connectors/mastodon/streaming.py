"""Hearing at once that somebody spoke to an account: the stream of events of docs.joinmastodon.org/methods/streaming.

A stream takes nothing up where an earlier one broke off, and not every server has one. It only says when to look.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from app.connectors import errors
from app.connectors.decoding import decoded_object
from app.connectors.errors import Permanent
from app.connectors.mastodon.client import Client, GoneError

PATH = "/api/v1/streaming/user/notification"
IDLE_SECONDS = 40.0
"""Mastodon says ``:thump`` every 15 seconds: a line that is silent for so long is dead."""
LONGEST = 1_000_000
"""Characters of one event that are looked at."""


def listen(client: Client) -> Iterator[bool]:
    """For each line of the stream whether it ends the word of a mention. Raises ConnectorError."""
    with client.lines(address(_instance(client), client.base), idle_seconds=IDLE_SECONDS) as lines:
        yield from heard(lines)


def heard(lines: Iterable[bytes]) -> Iterator[bool]:
    """For each line of server-sent events (html.spec.whatwg.org, 9.2.6) whether the event it ends is a mention."""
    event = data = ""
    for line in lines:
        if not line:
            yield event == "notification" and _may_be_mention(data)
            event = data = ""
            continue
        name, _, value = line.decode("utf-8", "replace").partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            event = value
        elif name == "data" and len(data) < LONGEST:
            data += value + "\n"
        yield False


def address(instance: dict[str, Any], base: str) -> str:
    """Where the stream is, by what the server at ``base`` says of itself: mostly ``wss://`` and a name of its own.

    Raises Permanent where the token would leave unencrypted.
    """
    told = _at(instance, "configuration", "urls", "streaming") or _at(instance, "urls", "streaming_api")
    scheme, _, rest = (told if isinstance(told, str) else base).strip().partition("://")
    scheme = {"wss": "https", "ws": "http"}.get(scheme.lower(), scheme.lower())
    if scheme != "https" and not base.startswith(f"{scheme}:"):
        raise Permanent(errors.ADDRESS_REFUSED, "the server's stream is not encrypted")
    return f"{scheme}://{rest.rstrip('/')}{PATH}"


def _may_be_mention(data: str) -> bool:
    """False for what surely is something else, such as a favourite; in doubt one look more does no harm."""
    told = decoded_object(data)
    return told is None or told.get("type", "mention") == "mention"


def _instance(client: Client) -> dict[str, Any]:
    for path in ("/api/v2/instance", "/api/v1/instance"):
        try:
            found = client.look(path)
        except GoneError:
            continue
        if isinstance(found, dict):
            return found
    return {}


def _at(data: Any, *path: str) -> Any:
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    return data
