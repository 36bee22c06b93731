"""The live event stream: one task listens for changes and passes them on to every open page.

A stream costs a few kilobytes and no thread. Messages name kinds and ids only; the page fetches what it may see. Every
few seconds all sessions behind open streams are checked in one statement, so a person who was signed out or switched
off hears nothing more.
"""

import asyncio
import contextlib
import json
from collections.abc import Iterable
from http.cookies import SimpleCookie
from typing import Any

import redis.asyncio
import structlog
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadSignature

from app.accounts import queries
from app.bootstrap import Services
from app.core.clock import utc_now
from app.core.events import CHANNEL
from app.core.security import token_hash

log = structlog.get_logger()
PATH = "/live"
CHECK_SECONDS = 4.0
KEEP_ALIVE_SECONDS = 15.0
FALLBACK_SECONDS = 5.0
_ANY_CHANGE = '{"kind": "inbox", "id": 0}'
_HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


class _Stream:
    """One open page: what it has not been told yet."""

    __slots__ = ("closed", "pending", "token", "wake")

    def __init__(self, token: str) -> None:
        self.token = token
        self.pending: dict[str, None] = {}
        self.wake = asyncio.Event()
        self.closed = False

    def tell(self, message: str) -> None:
        self.pending[message] = None
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

    def start(self) -> None:
        """Begin to listen; called in the running event loop."""
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._watch_sessions())]

    async def stop(self) -> None:
        """End all streams; browsers come back to the next process by themselves."""
        for task in self._tasks:
            task.cancel()
        for stream in self._streams:
            stream.close()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        token = self._token(scope)
        if token is None or not await asyncio.to_thread(self._good, [token]):
            await send({"type": "http.response.start", "status": 401, "headers": [(b"content-type", b"text/plain")]})
            await send({"type": "http.response.body", "body": b""})
            return
        stream = _Stream(token)
        self._streams.add(stream)
        gone = asyncio.create_task(self._until_gone(receive, stream))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            await send({"type": "http.response.body", "body": b"retry: 2000\n\n", "more_body": True})
            await self._feed(stream, send)
        finally:
            self._streams.discard(stream)
            gone.cancel()

    async def _feed(self, stream: _Stream, send: Any) -> None:
        while not stream.closed:
            try:
                await asyncio.wait_for(stream.wake.wait(), KEEP_ALIVE_SECONDS)
            except TimeoutError:
                await send({"type": "http.response.body", "body": b": still here\n\n", "more_body": True})
                continue
            stream.wake.clear()
            messages, stream.pending = stream.pending, {}
            if messages:
                body = "".join(f"event: changed\ndata: {message}\n\n" for message in messages)
                await send({"type": "http.response.body", "body": body.encode(), "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

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
                async with redis.asyncio.Redis.from_url(url) as connection, connection.pubsub() as channel:
                    await channel.subscribe(CHANNEL)
                    self._tell_all(_ANY_CHANGE)
                    async for message in channel.listen():
                        if message["type"] == "message":
                            self._tell_all(json.dumps(json.loads(message["data"])))
            except (redis.RedisError, OSError, ValueError) as error:
                log.warning("live_news_interrupted", error=type(error).__name__)
            self._tell_all(_ANY_CHANGE)
            await asyncio.sleep(FALLBACK_SECONDS)

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

    def _tell_all(self, message: str) -> None:
        for stream in self._streams:
            stream.tell(message)

    def _good(self, hashes: Iterable[str]) -> set[str]:
        with self._services.db.read() as session:
            return queries.live_tokens(session, list(hashes), utc_now())

    def _token(self, scope: Any) -> str | None:
        """The hash of the session token in the signed cookie."""
        header = b"; ".join(value for name, value in scope["headers"] if name == b"cookie").decode("latin-1")
        cookies: SimpleCookie = SimpleCookie()
        with contextlib.suppress(Exception):
            cookies.load(header)
        if self._cookie not in cookies:
            return None
        try:
            sid = self._serializer.loads(cookies[self._cookie].value, max_age=self._lifetime).get("sid")
        except BadSignature:
            return None
        return token_hash(sid) if sid else None
