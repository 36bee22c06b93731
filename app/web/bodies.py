"""Bodies of requests, awaited before a thread is given to them: whoever sends slowly, or never to the end, would hold
one all the time, and a few dozen of them the whole server."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

SECONDS = 60.0
"""How long a body may take to arrive; of a larger one its beginning."""
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


class NotArrivedError(Exception):
    """``status`` is the answer; None: nobody is there any more to be answered."""

    def __init__(self, status: int | None) -> None:
        super().__init__(status)
        self.status = status


async def arrived(
    scope: Mapping[str, Any], receive: Receive, *, most: int, seconds: float = SECONDS
) -> tuple[Mapping[str, Any], Receive]:
    """An HTTP request (ASGI 3) whose body is at hand: all of it up to ``most`` bytes, of a larger one the beginning.

    One sent in pieces, without its length, gets its length, since WSGI knows no other body; it can't be a larger one.
    Raises NotArrivedError.
    """
    if scope["method"] in ("GET", "HEAD"):
        return scope, receive
    body, more = await _begun(receive, most, seconds)
    headers = list(scope["headers"])
    if not any(bytes(name).lower() == b"content-length" for name, _value in headers):
        if more or len(body) > most:
            raise NotArrivedError(413)
        others = [one for one in headers if bytes(one[0]).lower() != b"transfer-encoding"]
        scope = {**scope, "headers": [*others, (b"content-length", str(len(body)).encode())]}
    at_hand = [{"type": "http.request", "body": body, "more_body": more}]

    async def rest() -> Any:
        return at_hand.pop() if at_hand else await receive()

    return scope, rest


async def refuse(send: Send, status: int) -> None:
    """Answer a request that did not arrive."""
    await send({"type": "http.response.start", "status": status, "headers": [(b"connection", b"close")]})
    await send({"type": "http.response.body", "body": b""})


async def _begun(receive: Receive, most: int, seconds: float) -> tuple[bytes, bool]:
    """What came of the body until it was complete or more than ``most`` bytes, and whether more is to come."""
    body, more = bytearray(), True
    try:
        async with asyncio.timeout(seconds):
            while more and len(body) <= most:
                message = await receive()
                if message["type"] != "http.request":
                    raise NotArrivedError(None)
                body += message.get("body", b"")
                more = message.get("more_body", False)
    except TimeoutError:
        raise NotArrivedError(408) from None
    return bytes(body), more
