"""The stream of a server of Mastodon's kind, spoken word by word: it says what a test has it say, and breaks off."""

import json
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from tests.servers.loopback import Loopback, Misbehave, Reply, Request, Wire

PATH = "/api/v1/streaming/user/notification"
TOKEN = "stream-token"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def event(name: str, data: object) -> bytes:
    """An event as Mastodon writes it."""
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


def recorded(name: str) -> Any:
    """What a real server answered."""
    file = Path(__file__).parent.parent / "connectors" / "mastodon_data" / name
    return json.loads(file.read_text(encoding="utf-8"))["response"]["body"]


def instance(streaming: str) -> bytes:
    """What a server says of itself whose stream is at ``streaming``."""
    told = recorded("mock-02-instance.json")
    told["configuration"]["urls"]["streaming"] = streaming
    return json.dumps(told).encode()


_HEARD = recorded("takahe-04-notifications-mentions.json")[0]
MENTION = event("notification", _HEARD)
FAVOURITE = event("notification", _HEARD | {"type": "favourite"})


class MastodonStream:
    """Speaks to one listener at a time. ``say`` without words breaks the line off in the middle of a chunk."""

    def __init__(self, server: Loopback) -> None:
        self.server = server
        self.account = server.url("/@kettle")
        self.speaking = False
        self._words: SimpleQueue[bytes] = SimpleQueue()
        told = instance(server.url("").replace("http", "ws"))
        server.route("/api/v2/instance", lambda request: Reply(told))
        server.route(PATH, self._answer)

    def say(self, words: bytes = b"") -> None:
        self._words.put(words)

    def is_left(self) -> bool:
        """Whether the listener has gone, which shows once something more is said."""
        self.say(b":thump\n")
        return not self.speaking

    @property
    def listened(self) -> int:
        """How often somebody asked for the stream."""
        return sum(one.path == PATH for one in self.server.requests)

    def _answer(self, request: Request) -> Reply | Misbehave:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Reply(b'{"error": "The access token is invalid"}', 401)
        return self._speak

    def _speak(self, wire: Wire) -> None:
        self.speaking = True
        try:
            wire.send(HEAD + _chunk(b":)\n"))
            while wire.wait(0):
                try:
                    words = self._words.get(timeout=0.05)
                except Empty:
                    continue
                if not words:
                    wire.send(b"ff\r\nevent: noti")
                    return
                wire.send(_chunk(words))
        finally:
            self.speaking = False


def _chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"
