"""What ``porchlight web`` serves: the screens (Flask, in threads) and the live event stream (which holds no thread)."""

import asyncio
import signal
from types import FrameType
from typing import Any

from app import bootstrap
from app.factory import MAX_BODY_BYTES, create_app
from app.web import bodies
from app.web.live import PATH, LiveStream
from app.web.screens import Screens

BUSY_SECONDS = 5.0
"""How long a screen waits for others to finish writing (SQLite), before it says so: people wait, and so does every
thread behind them."""
_services = bootstrap.build(busy_seconds=BUSY_SECONDS)
_flask = create_app(_services)
_screens = Screens(_flask, _services.settings.web.threads)
_live = LiveStream(_services, _flask)


async def app(scope: Any, receive: Any, send: Any) -> None:
    """The ASGI application."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "http" and scope["path"] == PATH:
        await _live(scope, receive, send)
    else:
        await _answer(scope, receive, send)


async def _answer(scope: Any, receive: Any, send: Any) -> None:
    """Answer in a thread, once the request is there."""
    try:
        whole, rest = await bodies.arrived(scope, receive, most=MAX_BODY_BYTES)
    except bodies.NotArrivedError as error:
        if error.status is not None:
            await bodies.refuse(send, error.status)
        return
    await _screens(whole, _as_coroutine(rest), send)


def _as_coroutine(receive: Any) -> Any:
    """Granian's ``receive`` answers an awaitable of its own; a2wsgi reads bodies in a thread, from coroutines only."""

    async def ask() -> Any:
        return await receive()

    return ask


def _end_streams_when_asked_to_stop() -> None:
    """The server stops when all answers are complete, and only then says so: streams never are by themselves.

    asyncio hears of a signal through a file of its own and calls the server's handler; this one is called besides.
    """
    loop = asyncio.get_running_loop()

    def end(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(_live.end_streams)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            _live.start()
            _end_streams_when_asked_to_stop()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await _live.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return
