"""A small web server on 127.0.0.1 for tests: routes are Python functions, and it can misbehave on purpose.

    with Loopback() as server:
        server.route("/feed", lambda request: Reply(b"<rss/>", headers=[("ETag", '"1"')]))
        server.route("/slow", hang())
        ... server.url("/feed") ... server.requests[0].headers["user-agent"] ...

As a fixture, every test may ask for ``loopback``: a running server without routes.
"""

import gzip
import socket
import socketserver
import ssl
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from types import TracebackType
from typing import BinaryIO, Self
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.servers.stopping import stop

Headers = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Request:
    """What came in. ``headers`` has lower-case names; ``connection`` counts connections from 1."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    connection: int


@dataclass(frozen=True, slots=True)
class Reply:
    """A well-behaved answer: the length is stated, the connection is kept."""

    body: bytes = b""
    status: int = 200
    headers: Headers = ()
    close: bool = False
    """Close the connection without having announced it."""


class Wire:
    """The bare connection, for answers that break the rules."""

    def __init__(self, sock: socket.socket, stopping: threading.Event) -> None:
        self._sock = sock
        self._stopping = stopping

    def send(self, data: bytes) -> None:
        """Send ``data`` as it is; raises OSError when the client has gone."""
        self._sock.sendall(data)

    def wait(self, seconds: float) -> bool:
        """Do nothing for a while; False when the server is being stopped."""
        return not self._stopping.wait(seconds)


Misbehave = Callable[[Wire], None]
"""Writes whatever it likes; the connection is closed afterwards."""
Route = Callable[[Request], Reply | Misbehave]


def hang(start: bytes = b"") -> Route:
    """Send ``start``, then nothing until the server stops."""

    def answer(wire: Wire) -> None:
        wire.send(start)
        while wire.wait(60):
            pass

    return lambda request: answer


def drip(start: bytes, pieces: Iterable[bytes], seconds: float = 0.05) -> Route:
    """Send ``start`` at once, then one piece after the other with a pause between."""

    def answer(wire: Wire) -> None:
        wire.send(start)
        for piece in pieces:
            if not wire.wait(seconds):
                return
            wire.send(piece)

    return lambda request: answer


def raw(data: bytes) -> Route:
    """Send these bytes and close: wrong lengths, half an answer, no HTTP at all."""
    return lambda request: lambda wire: wire.send(data)


def flood(start: bytes, piece: bytes, pieces: int = 100_000) -> Route:
    """Send ``start``, then the same piece again and again, as fast as the client takes it."""

    def answer(wire: Wire) -> None:
        wire.send(start)
        for _ in range(pieces):
            wire.send(piece)

    return lambda request: answer


def redirect(location: str | Callable[[Request], str], status: int = 302, body: bytes = b"") -> Route:
    """Point elsewhere."""
    where = (lambda request: location) if isinstance(location, str) else location
    return lambda request: Reply(body, status, [("Location", where(request))])


def redirect_for_ever(status: int = 302) -> Route:
    """Point to another address of the same path, each time a new one."""
    return redirect(lambda request: f"{request.path}?n={int(request.query.get('n', 0)) + 1}", status)


def gzipped(body: bytes, headers: Headers = ()) -> Reply:
    """A compressed answer."""
    return Reply(gzip.compress(body), headers=[*headers, ("Content-Encoding", "gzip")])


def gzip_bomb(megabytes: int) -> Route:
    """About a thousandth of ``megabytes`` on the wire; built piece by piece, so that the server needs no memory."""
    engine = zlib.compressobj(9, wbits=31)
    piece = bytes(1_000_000)
    packed = b"".join([*(engine.compress(piece) for _ in range(megabytes)), engine.flush()])
    return lambda request: Reply(packed, headers=[("Content-Encoding", "gzip"), ("Content-Type", "text/html")])


@dataclass
class Loopback:
    """The server. Routes are looked up by path; "*" takes what no other does. With ``tls`` it speaks https."""

    host: str = "127.0.0.1"
    tls: ssl.SSLContext | None = None
    family: socket.AddressFamily = socket.AF_INET
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    """How many were made."""
    routes: dict[str, Route] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        kind = type("_Server", (_Server,), {"address_family": self.family})
        self._server: socketserver.ThreadingTCPServer = kind((self.host, 0), partial(_Connection, owner=self))
        self.port: int = self._server.server_address[1]

    def route(self, path: str, answer: Route) -> None:
        """Answer ``path`` (without query) by calling ``answer``."""
        self.routes[path] = answer

    def url(self, path: str = "/", *, host: str | None = None) -> str:
        """The full address of a path; ``host`` puts another name in it."""
        name = host or (f"[{self.host}]" if ":" in self.host else self.host)
        return f"{'https' if self.tls else 'http'}://{name}:{self.port}{path}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        stop(self._server)
        self.drop_connections()

    def drop_connections(self) -> None:
        """Close all open connections from this side, as a server does with idle ones or when it is restarted."""
        with self._lock:
            for sock in self._open:
                try:
                    # Not an SSLSocket's own shutdown, which would pull TLS away under the thread that reads.
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)
                except OSError:
                    continue  # the client was first

    def opened(self, sock: socket.socket) -> int:
        with self._lock:
            self._open.add(sock)
            self.connections += 1
            return self.connections

    def closed(self, sock: socket.socket) -> None:
        with self._lock:
            self._open.discard(sock)

    def answer(self, request: Request) -> Reply | Misbehave:
        self.requests.append(request)
        found = self.routes.get(request.path) or self.routes.get("*")
        return found(request) if found else Reply(b"nothing here", 404)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away early, or refuses our certificate, is part of many tests."""


class _Connection(socketserver.BaseRequestHandler):
    def __init__(
        self, request: socket.socket, client: object, server: socketserver.BaseServer, owner: Loopback
    ) -> None:
        self.owner = owner
        super().__init__(request, client, server)

    def handle(self) -> None:
        sock: socket.socket = self.request
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.owner.tls:
            sock = self.owner.tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        number = self.owner.opened(sock)
        try:
            if isinstance(sock, ssl.SSLSocket):
                sock.do_handshake()
            with sock.makefile("rb") as stream:
                while (request := _read(stream, number)) is not None:
                    if not self._reply(sock, request):
                        break
        finally:
            self.owner.closed(sock)
            sock.close()

    def _reply(self, sock: socket.socket, request: Request) -> bool:
        """Whether the connection goes on."""
        answer = self.owner.answer(request)
        if not isinstance(answer, Reply):
            answer(Wire(sock, self.owner.stopping))
            return False
        lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in answer.headers]
        if answer.status not in (204, 304):
            lines.append(f"Content-Length: {len(answer.body)}")
        head = "\r\n".join([*lines, "", ""]).encode()
        sock.sendall(head + (b"" if request.method == "HEAD" else answer.body))
        return not answer.close


def _read(stream: BinaryIO, number: int) -> Request | None:
    line = stream.readline().decode("latin-1").split()
    if len(line) != 3 or not line[2].startswith("HTTP/1."):
        return None
    headers: dict[str, str] = {}
    while row := stream.readline().decode("latin-1").strip():
        name, _, value = row.partition(":")
        headers[name.lower()] = value.strip()
    parts = urlsplit(line[1])
    body = stream.read(int(headers.get("content-length", 0)))
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Request(line[0], parts.path, query, headers, body, number)


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    """A running server without routes."""
    with Loopback() as server:
        yield server
