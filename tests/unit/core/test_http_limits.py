"""Whatever a server does, a request costs bounded time and memory. Bounds in here are generous: machines are busy."""

import gzip
import socket
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from ipaddress import ip_address

import pytest

from app.core import patience
from app.core.http import Http, HttpError, NoAnswer, TooLarge, Unreachable
from app.core.sections import Outgoing
from tests.servers.loopback import Loopback, Reply, Route, drip, flood, gzip_bomb, gzipped, hang, raw, redirect

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
LONG = OK + b"Content-Length: 100000\r\n\r\n"


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as server:
        yield server


def client(**limits: float) -> Http:
    values = {"read_seconds": 5.0, "total_seconds": 1.0, **limits}
    return Http(Outgoing.model_validate({"allow_networks": "127.0.0.0/8", **values}))


def costs(http: Http, url: str, method: str = "GET") -> tuple[HttpError, float]:
    """What the request ended with, and after how many seconds."""
    start = time.monotonic()
    with pytest.raises(HttpError) as failed:
        http.request("GET" if method == "GET" else "POST", url)
    return failed.value, time.monotonic() - start


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "route",
    [
        pytest.param(hang(), id="nothing"),
        pytest.param(hang(OK), id="half a head"),
        pytest.param(hang(LONG + b"half"), id="half a body"),
        pytest.param(drip(b"", [b"H"] * 400), id="status byte by byte"),
        pytest.param(drip(OK, [b"X: y\r\n"] * 400), id="header by header"),
        pytest.param(drip(OK + b"X: ", [b"y"] * 400), id="header byte by byte"),
        pytest.param(drip(b"", [b"HTTP/1.1 100 Continue\r\n\r\n"] * 400), id="continue for ever"),
        pytest.param(drip(LONG, [b"x"] * 400), id="body byte by byte"),
        pytest.param(drip(CHUNKED, [b"1\r\nx\r\n"] * 400), id="chunk by chunk"),
        pytest.param(drip(CHUNKED + b"5;", [b"x"] * 400), id="chunk extension byte by byte"),
        pytest.param(drip(CHUNKED + b"0\r\n", [b"X: y\r\n"] * 400), id="trailer by trailer"),
        pytest.param(drip(OK + b"\r\n", [b"x"] * 400), id="body without length"),
    ],
)
def test_the_total_time_bounds_every_way_of_being_slow(server: Loopback, route: Route, method: str) -> None:
    server.route("/", route)
    error, seconds = costs(client(total_seconds=0.3), server.url(), method)
    assert isinstance(error, NoAnswer)
    assert 0.25 < seconds < 3
    assert "127.0.0.1" in str(error)


def test_silence_ends_after_the_read_time_and_is_not_tried_again(server: Loopback) -> None:
    server.route("/", lambda request: Reply(b"ok"))
    server.route("/hang", hang())
    http = client(read_seconds=0.3, total_seconds=10)
    http.request("GET", server.url())
    error, seconds = costs(http, server.url("/hang"))
    assert isinstance(error, NoAnswer)
    assert seconds < 3
    assert len(server.requests) == 2


def test_slow_redirects_share_one_total(server: Loopback) -> None:
    head = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"
    server.route("/", drip(head, [b"X: y\r\n"] * 4 + [b"Location: /\r\n\r\n"]))
    error, seconds = costs(client(total_seconds=0.6), server.url())
    assert isinstance(error, NoAnswer)
    assert seconds < 3


def test_requests_made_together_share_one_patience(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "QUICK_SECONDS", 0.1)
    server.route("/", lambda request: Reply(b"quick"))
    server.route("/slow", drip(OK + b"Content-Length: 400\r\n\r\n", [b"x"] * 400))
    http = client(total_seconds=60)
    with patience.patience(0.4):
        _error, first = costs(http, server.url("/slow"))
        _error, second = costs(http, server.url("/slow"))
        assert http.request("GET", server.url()).body == b"quick", "who answers at once keeps nobody waiting"
    assert 0.35 < first < 3
    assert second < 3
    with patience.patience(30):
        assert costs(client(total_seconds=0.3), server.url("/slow"))[1] < 3, "one request has a limit of its own"


def test_each_of_many_things_is_awaited_with_new_patience(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "QUICK_SECONDS", 0.0)
    server.route("/", drip(OK + b"Content-Length: 6\r\n\r\n", [b"sl", b"ow", b"ly"]))
    http = client(total_seconds=60)
    bodies = (http.request("GET", server.url()).body for _number in range(8))
    assert list(patience.patiently(bodies, 1.0)) == [b"slowly"] * 8


def test_a_slow_answer_within_the_time_is_whole(server: Loopback) -> None:
    server.route("/", drip(OK + b"Content-Length: 6\r\n\r\n", [b"sl", b"ow", b"ly"]))
    assert client(read_seconds=1, total_seconds=10).request("GET", server.url()).body == b"slowly"


@contextmanager
def swallowing(host: str, port: int = 0) -> Iterator[int]:
    """A listener whose queue is full leaves connections without an answer, as a firewall does. Gives its port."""
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind((host, port))
        listener.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@contextmanager
def swallowing_beside() -> Iterator[Loopback]:
    """A server at 127.0.0.3, and the same port swallowing everything at 127.0.0.2."""
    for tries_left in reversed(range(10)):
        with ExitStack() as stack:
            server = stack.enter_context(Loopback("127.0.0.3"))
            try:
                stack.enter_context(swallowing("127.0.0.2", server.port))
            except OSError:  # free at the one address, and taken at the other
                if not tries_left:
                    raise
                continue
            yield server
            return


def test_a_port_that_swallows_everything_is_unreachable() -> None:
    with swallowing("127.0.0.1") as port:
        http = client(connect_seconds=0.3, total_seconds=10)
        error, seconds = costs(http, f"http://127.0.0.1:{port}/", "POST")
    assert isinstance(error, Unreachable)
    assert seconds < 3


def test_an_address_that_swallows_everything_leaves_time_for_the_next() -> None:
    settings = Outgoing(allow_networks=["127.0.0.0/8"], connect_seconds=2)
    http = Http(settings, resolve=lambda host: [ip_address("127.0.0.2"), ip_address("127.0.0.3")])
    with swallowing_beside() as server:
        server.route("/", lambda request: Reply(b"here"))
        assert http.request("GET", server.url(host="several.example")).body == b"here"


def test_a_server_that_takes_no_more_of_a_body_costs_bounded_time() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        start = time.monotonic()
        with pytest.raises(NoAnswer):
            client(total_seconds=0.5).request("POST", url, json={"text": "x" * 20_000_000})
    assert time.monotonic() - start < 5


def test_a_stated_length_over_the_limit_is_not_read(server: Loopback) -> None:
    server.route("/", hang(OK + b"Content-Length: 10000001\r\n\r\n"))
    error, seconds = costs(client(total_seconds=30), server.url())
    assert isinstance(error, TooLarge)
    assert seconds < 3
    assert "10000000" in str(error)


def test_an_answer_may_be_exactly_as_large_as_allowed(server: Loopback) -> None:
    server.route("/", lambda request: Reply(b"x" * 5000))
    server.route("/packed", lambda request: gzipped(b"x" * 5000))
    http = client()
    for path in ("/", "/packed"):
        assert len(http.request("GET", server.url(path), max_bytes=5000).body) == 5000
        with pytest.raises(TooLarge):
            http.request("GET", server.url(path), max_bytes=4999)


def test_a_caller_can_lower_the_limit_and_not_raise_it(server: Loopback) -> None:
    server.route("/", lambda request: Reply(b"x" * 5000))
    with pytest.raises(TooLarge):
        client(max_bytes=1000).request("GET", server.url(), max_bytes=1_000_000)


@pytest.mark.parametrize(
    "route",
    [
        pytest.param(gzip_bomb(200), id="bomb"),
        pytest.param(raw(OK + b"\r\n" + b"x" * 20_000_000), id="no length"),
        pytest.param(flood(CHUNKED, b"10000\r\n" + b"x" * 65_536 + b"\r\n"), id="endless chunks"),
        pytest.param(flood(CHUNKED, b"1;" + b"x" * 5_000 + b"\r\nx\r\n"), id="chunk extensions"),
        pytest.param(flood(CHUNKED + b"0\r\n", b"X: " + b"y" * 5_000 + b"\r\n"), id="trailers"),
        pytest.param(flood(b"", b"HTTP/1.1 100 Continue\r\nX: " + b"y" * 5_000 + b"\r\n\r\n"), id="continue"),
        pytest.param(
            flood(OK + b"Content-Encoding: deflate\r\n\r\n", b"\0\0\0\xff\xff" * 10_000), id="compressed nothing"
        ),
    ],
)
def test_too_much_is_met_early(server: Loopback, route: Route) -> None:
    server.route("/", route)
    http = client(total_seconds=30, max_bytes=1_000_000)
    tracemalloc.start()
    try:
        error, seconds = costs(http, server.url())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(error, TooLarge)
    assert seconds < 20
    assert peak < 10_000_000


def test_many_small_compressed_members_cost_little(server: Loopback) -> None:
    server.route("/", lambda request: Reply(gzip.compress(b"") * 200_000, headers=[("Content-Encoding", "gzip")]))
    start = time.process_time()
    with pytest.raises(NoAnswer):
        client(total_seconds=30).request("GET", server.url())
    assert time.process_time() - start < 10


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_body_of_a_redirect_is_not_read(server: Loopback, method: str) -> None:
    """Neither decompressed (CVE-2026-21441) nor waited for."""
    bomb = b"Content-Encoding: gzip\r\n" + b"Content-Length: 1000000000\r\n\r\n" + gzip.compress(bytes(1_000_000))
    server.route("/", hang(b"HTTP/1.1 302 Found\r\nLocation: /there\r\n" + bomb))
    server.route("/there", lambda request: Reply(b"there"))
    answer = client(total_seconds=20).request("GET" if method == "GET" else "POST", server.url())
    assert (answer.status, answer.body) == ((200, b"there") if method == "GET" else (302, b""))


def test_redirects_with_bombs_end_like_others(server: Loopback) -> None:
    server.route("/", redirect("/", 302, gzip.compress(bytes(10_000_000))))
    with pytest.raises(HttpError, match="five times"):
        client(total_seconds=20).request("GET", server.url())
