"""The live event stream: one task listens for changes and passes them on to every open page.

A stream costs a few kilobytes and no thread. Messages name kinds and ids only; the page fetches what it may see. Every
few seconds all sessions behind open streams are checked in one statement, so a person who was signed out or switched
off hears nothing more.

Each message has a number. A page says which it has seen last, the first time from the moment it was made, and is told
what came after, so a stream that breaks off loses nothing and costs nothing when nothing happened.
"""

import asyncio
import contextlib
import json
from collections.abc import Iterable
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs

import redis.asyncio
import structlog
from flask import Flask, current_app
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadSignature

from app.accounts import queries
from app.bootstrap import Services
from app.core.clock import utc_now
from app.core.events import FIELD, FOR_ONE, KEPT, STREAM
from app.core.security import token_hash
from app.web.backlog import NOWHERE, Backlog, Place, place_of

log = structlog.get_logger()
PATH = "/live"
CHECK_SECONDS = 4.0
KEEP_ALIVE_SECONDS = 15.0
FALLBACK_SECONDS = 5.0
LISTEN_MS = 4_000
_EXTENSION = "porchlight.live"
_LOOK = '{"kind": "all"}'
"""Nobody knows what was missed: look at everything once, not all at the same moment."""
_HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


def position() -> str:
    """The number of the newest message a page that is made now can know of; empty where nothing listens."""
    live = current_app.extensions.get(_EXTENSION)
    return live.position if isinstance(live, LiveStream) else ""


class _Stream:
    """One open page: what it has not been told yet."""

    __slots__ = ("closed", "pending", "token", "user_id", "wake")

    def __init__(self, token: str, user_id: int) -> None:
        self.token = token
        self.user_id = user_id
        self.pending: dict[str, str] = {}
        self.wake = asyncio.Event()
        self.closed = False

    def tell(self, message: str, number: str) -> None:
        self.pending.pop(message, None)  # the same again: told once, with the later number
        self.pending[message] = number
        self.wake.set()

    def close(self) -> None:
        self.closed = True
        self.wake.set()


class LiveStream:
    """The ASGI endpoint at ``/live``."""

    def __init__(self, services: Services, flask: Flask) -> None:
        self._services = services
        serializer = SecureCookieSessionInterface().get_signing_serializer(flask)
        if serializer is None:
            raise RuntimeError("the application has no secret key")
        self._serializer = serializer
        self._cookie = flask.config["SESSION_COOKIE_NAME"]
        self._lifetime = int(flask.permanent_session_lifetime.total_seconds())
        self._streams: set[_Stream] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._ending = False
        self._backlog = Backlog(KEPT)
        self._whole = False
        """Whether everything since the last message we know of is known."""
        flask.extensions[_EXTENSION] = self

    @property
    def position(self) -> str:
        """The newest message's number; empty while nobody can say."""
        return self._backlog.text if self._whole else ""

    def start(self) -> None:
        """Begin to listen; called in the running event loop."""
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._watch_sessions())]

    async def stop(self) -> None:
        """Listen no more."""
        self.end_streams()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def end_streams(self) -> None:
        """Close all streams, and those that still come; browsers come back to the next process by themselves."""
        self._ending = True
        for stream in self._streams:
            stream.close()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        token = self._token(scope)
        good = await asyncio.to_thread(self._good, [token]) if token else {}
        if token is None or token not in good:
            await send({"type": "http.response.start", "status": 401, "headers": [(b"content-type", b"text/plain")]})
            await send({"type": "http.response.body", "body": b""})
            return
        stream = _Stream(token, good[token])
        stream.closed = self._ending
        self._streams.add(stream)
        self._catch_up(stream, _after(scope))
        gone = asyncio.create_task(self._until_gone(receive, stream))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            await self._send(send, f"retry: 2000\n\n{self._here()}")
            await self._feed(stream, send)
        finally:
            self._streams.discard(stream)
            gone.cancel()

    def _catch_up(self, stream: _Stream, after: Place | None) -> None:
        """Tell what the page has missed; everything, when nobody can say what that was."""
        missed = self._backlog.after(after) if after is not None and self._whole else None
        if missed is None:
            stream.tell(_LOOK, self._backlog.text)
        for place, message in missed or ():
            self._tell(stream, message, f"{place[0]}-{place[1]}")

    def _here(self) -> str:
        """Sign of life: how far the news are, and how many listen, so that they need not all ask at once."""
        told = json.dumps({"at": self.position, "among": len(self._streams)})
        return f"event: here\ndata: {told}\n\n"

    async def _feed(self, stream: _Stream, send: Any) -> None:
        while not stream.closed:
            try:
                await asyncio.wait_for(stream.wake.wait(), KEEP_ALIVE_SECONDS)
            except TimeoutError:
                await self._send(send, self._here())
                continue
            stream.wake.clear()
            messages, stream.pending = stream.pending, {}
            if messages:
                lines = (f"id: {number}\nevent: changed\ndata: {text}\n\n" for text, number in messages.items())
                await self._send(send, "".join(lines))
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    @staticmethod
    async def _send(send: Any, text: str) -> None:
        await send({"type": "http.response.body", "body": text.encode(), "more_body": True})

    @staticmethod
    async def _until_gone(receive: Any, stream: _Stream) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        stream.close()

    async def _listen(self) -> None:
        """Pass on what Redis says; while it is away, have open pages look for themselves every few seconds."""
        while True:
            try:
                url = self._services.settings.redis_url
                async with redis.asyncio.Redis.from_url(url, socket_timeout=3 * LISTEN_MS / 1000) as connection:
                    await self._begin(connection)
                    while True:
                        found: Any = await connection.xread({STREAM: self._backlog.text}, count=500, block=LISTEN_MS)
                        for entry in found[0][1] if found else ():
                            if (one := _message(entry)) is not None:
                                self._hear(*one)
            except (redis.RedisError, OSError, ValueError) as error:
                log.warning("live_news_interrupted", error=type(error).__name__)
            self._whole = False
            self._look_all()
            await asyncio.sleep(FALLBACK_SECONDS)

    async def _begin(self, connection: "redis.asyncio.Redis") -> None:
        """Find out where Redis is. What we have is continued when Redis still knows it; else everybody looks once."""
        known = self._backlog.at
        if known != NOWHERE and await connection.xrange(STREAM, self._backlog.text, self._backlog.text):
            self._whole = True
            return
        newest: Any = await connection.xrevrange(STREAM, count=KEPT)
        kept = [one for entry in reversed(newest) if (one := _message(entry)) is not None]
        # With nothing left of it, the next number: pages that stopped at the last one have to look too.
        self._backlog.start(kept[-1][0] if kept else (known[0], known[1] + 1), kept)
        self._whole = True
        self._look_all()

    def _hear(self, place: Place, message: str) -> None:
        self._backlog.add(place, message)
        for stream in self._streams:
            self._tell(stream, message, self._backlog.text)

    @staticmethod
    def _tell(stream: _Stream, message: str, number: str) -> None:
        """Pass a message on; what one person was told is nobody else's business."""
        if any(f'"{kind}"' in message for kind in FOR_ONE):
            said = json.loads(message)
            if said["kind"] in FOR_ONE and said["id"] != stream.user_id:
                return
        stream.tell(message, number)

    async def _watch_sessions(self) -> None:
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            if not self._streams:
                continue
            try:
                good = await asyncio.to_thread(self._good, {stream.token for stream in self._streams})
            except Exception as error:  # noqa: BLE001 (no database: nobody can be vouched for until it is back)
                log.warning("live_sessions_not_checked", error=type(error).__name__)
                continue
            for stream in list(self._streams):
                if stream.token not in good:
                    stream.close()

    def _look_all(self) -> None:
        for stream in self._streams:
            stream.tell(_LOOK, self._backlog.text)

    def _good(self, hashes: Iterable[str]) -> dict[str, int]:
        with self._services.db.read() as session:
            return queries.live_tokens(session, list(hashes), utc_now())

    def _token(self, scope: Any) -> str | None:
        """The hash of the session token in the signed cookie."""
        cookies: SimpleCookie = SimpleCookie()
        with contextlib.suppress(Exception):
            cookies.load(_header(scope, b"cookie"))
        if self._cookie not in cookies:
            return None
        try:
            sid = self._serializer.loads(cookies[self._cookie].value, max_age=self._lifetime).get("sid")
        except BadSignature:
            return None
        return token_hash(sid) if sid else None


def _header(scope: Any, wanted: bytes) -> str:
    return b"; ".join(value for name, value in scope["headers"] if name == wanted).decode("latin-1")


def _after(scope: Any) -> Place | None:
    """The number of the last message the page has heard: as browsers say it, or as our script does."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    return place_of(_header(scope, b"last-event-id") or query.get("after", [""])[0])


def _message(entry: Any) -> tuple[Place, str] | None:
    """An entry of the stream in Redis, as our own side wrote it; None for anything else."""
    number, fields = entry
    place, text = place_of(number.decode()), fields.get(FIELD)
    return (place, text.decode()) if place is not None and text is not None else None
