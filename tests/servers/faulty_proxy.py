"""A proxy on loopback that stands in front of a real server and breaks what it is told to break.

    with FaultyProxy(("127.0.0.1", 8081)) as proxy:
        with proxy.fault(Cut(after=True), method="POST"):   # the server acts, its answer never arrives
            ...
        assert proxy.requests[-1].path == ...

The name the client asked for is handed on, so a server that makes its links from it is followed by them.
"""

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tests.servers.stopping import stop

HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


@dataclass(frozen=True, slots=True)
class Instead:
    """An answer of our own. The server is not asked; with ``after`` it is, and its answer is thrown away."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    after: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection is cut without an answer; with ``after``, once the server has done what was asked."""

    after: bool


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer until the fault is over; with ``after``, the server has done what was asked."""

    after: bool = False


@dataclass(frozen=True, slots=True)
class Watched:
    """Nothing breaks: ``before`` runs when a request has come in, ``then`` when the server has done what was asked."""

    before: Callable[[], object] = lambda: None
    then: Callable[[], object] = lambda: None


Fault = Instead | Cut | Silence | Watched


@dataclass(frozen=True, slots=True)
class Request:
    """What came by. ``status`` is 0 when no answer was given."""

    method: str
    path: str
    status: int


@dataclass(slots=True)
class _Rule:
    fault: Fault
    method: str | None
    path: str
    over: threading.Event = field(default_factory=threading.Event)
    under_way: int = 0
    """How many requests it was taken for that are not done with."""


class FaultyProxy:
    """Use as a context manager; requests are kept in the order in which they were done with."""

    def __init__(self, upstream: tuple[str, int]) -> None:
        self.upstream = upstream
        self.requests: list[Request] = []
        self._rules: list[_Rule] = []
        self._turn = threading.Condition()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        stop(self._server)
        self._thread.join()

    @contextmanager
    def fault(self, fault: Fault, *, method: str | None = None, path: str = "") -> Iterator[None]:
        """Break every request of that method whose address holds ``path``, as long as this lasts.

        At the end the server has done what it will do of them, also where the client has given up waiting.
        """
        rule = _Rule(fault, method, path)
        with self._turn:
            self._rules.append(rule)
        try:
            yield
        finally:
            with self._turn:
                self._rules.remove(rule)
                rule.over.set()
                self._turn.wait_for(lambda: rule.under_way == 0, timeout=60)

    @contextmanager
    def rule_for(self, method: str, path: str) -> Iterator[_Rule | None]:
        """The rule for a request, until it is done with."""
        with self._turn:
            fitting = (rule for rule in self._rules if rule.method in (None, method) and rule.path in path)
            rule = next(fitting, None)
            if rule is not None:
                rule.under_way += 1
        try:
            yield rule
        finally:
            if rule is not None:
                with self._turn:
                    rule.under_way -= 1
                    self._turn.notify_all()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, proxy: FaultyProxy) -> None:
        self.proxy = proxy
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what many tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65_537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.server.proxy.rule_for(self.command, self.path) as rule:
            answer = self._through(body) if rule is None else self._broken(rule, body)
        self.server.proxy.requests.append(Request(self.command, self.path, answer.status if answer else 0))
        if answer is None:
            self.close_connection = True
            return
        with suppress(ConnectionError):
            self._send(answer)

    def _broken(self, rule: _Rule, body: bytes) -> Instead | None:
        fault = rule.fault
        if isinstance(fault, Watched):
            fault.before()
            answer = self._through(body)
            fault.then()
            return answer
        if fault.after:
            self._through(body)
        if isinstance(fault, Instead):
            return fault
        if isinstance(fault, Silence):
            rule.over.wait(60)
        return None

    def _through(self, body: bytes) -> Instead:
        connection = http.client.HTTPConnection(*self.server.proxy.upstream, timeout=60)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
            connection.request(self.command, self.path, body or None, headers)
            answer = connection.getresponse()
            kept = tuple((name, value) for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP)
            return Instead(answer.status, answer.read(), kept)
        finally:
            connection.close()

    def _send(self, answer: Instead) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
