"""Screens, which are Flask and wait for the database, answered in threads of an ASGI server.

a2wsgi knows how to read a request for WSGI. The way back is ours: a2wsgi's wakes the event loop four times for each
answer, and nearly all are whole when they leave Flask. Those go back together with the end of the thread's work.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

from a2wsgi.wsgi import Body, build_environ

_Message = dict[str, Any]
_Send = Callable[[_Message], Awaitable[None]]


class Screens:
    """The ASGI application (HTTP only) that answers as ``flask``, a WSGI application, does in up to so many threads."""

    def __init__(self, flask: Callable[..., Any], threads: int) -> None:
        self._flask = flask
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="screens")

    async def __call__(self, scope: Any, receive: Any, send: _Send) -> None:
        loop = asyncio.get_running_loop()
        environ = build_environ(scope, Body(loop, receive))

        def send_meanwhile(messages: Sequence[_Message]) -> None:
            asyncio.run_coroutine_threadsafe(_send_all(send, messages), loop).result()

        rest = await loop.run_in_executor(self._threads, copy_context().run, self._answer, environ, send_meanwhile)
        await _send_all(send, rest)

    def _answer(self, environ: Any, send_meanwhile: Callable[[Sequence[_Message]], None]) -> list[_Message]:
        """What is left to be sent of the answer: all of it, unless it came in pieces."""
        unsent: list[_Message] = []

        def begin(status: str, headers: list[tuple[str, str]], _trouble: object = None) -> Callable[[bytes], None]:
            unsent.append(_beginning(status, headers))
            return lambda piece: unsent.append(_piece(piece))

        pieces = self._flask(environ, begin)
        try:
            for piece in pieces:
                if len(unsent) > 1:  # the piece before was not the last
                    send_meanwhile(unsent)
                    unsent.clear()
                unsent.append(_piece(piece))
        finally:
            if hasattr(pieces, "close"):
                pieces.close()
        if unsent[-1]["type"] != "http.response.body":
            unsent.append(_piece(b""))
        unsent[-1]["more_body"] = False
        return unsent


def _beginning(status: str, headers: list[tuple[str, str]]) -> _Message:
    return {
        "type": "http.response.start",
        "status": int(status[:3]),
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
    }


def _piece(body: bytes) -> _Message:
    return {"type": "http.response.body", "body": body, "more_body": True}


async def _send_all(send: _Send, messages: Sequence[_Message]) -> None:
    for message in messages:
        await send(message)
