"""Secure connections: certificate and server name by the name asked for, connection by the checked address."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

import pytest

from app.core.http import Http, NoAnswer, Unreachable
from app.core.http_wire import tls_context
from app.core.sections import Outgoing
from tests.servers.certificates import Authority
from tests.servers.loopback import Loopback, Reply, drip, gzipped, hang, redirect

SETTINGS = Outgoing(allow_networks=["127.0.0.0/8"], read_seconds=5, total_seconds=10)


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    """An authority that the system trusts."""
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    tls_context.cache_clear()
    yield authority
    tls_context.cache_clear()


def client(settings: Outgoing = SETTINGS) -> Http:
    return Http(settings, resolve=lambda host: [ip_address("127.0.0.1")])


def test_names_are_told_to_the_server_and_checked(authority: Authority) -> None:
    told: list[str | None] = []
    context = authority.server("blog.example", "127.0.0.1")
    context.sni_callback = lambda sock, name, _: told.append(name)
    with Loopback(tls=context) as server:
        server.route("/", lambda request: gzipped(b"x" * 100_000))
        http = client()
        for _ in range(3):
            assert http.request("GET", server.url(host="blog.example")).body == b"x" * 100_000
        assert server.connections == 1
        assert http.request("POST", server.url(host="blog.example."), json={"long": "y" * 500_000}).status == 200
        assert http.request("GET", server.url()).status == 200
    assert told == ["blog.example", "blog.example", None]


def test_authorities_are_read_when_the_first_secure_connection_is_made(authority: Authority) -> None:
    with Loopback() as plain, Loopback(tls=authority.server("127.0.0.1")) as secure:
        for server in (plain, secure):
            server.route("/", lambda request: Reply(b"here"))
        http = client()
        assert http.request("GET", plain.url()).status == 200
        assert tls_context.cache_info().currsize == 0
        assert http.request("GET", secure.url()).status == 200
        assert tls_context.cache_info().currsize == 1


@pytest.mark.parametrize(
    ("names", "expired", "reason"),
    [
        (["other.example"], False, "blog.example"),
        (["*.blog.example"], False, "blog.example"),
        (["blog.example"], True, "expired"),
    ],
)
def test_a_wrong_certificate_stops_the_request(
    authority: Authority, names: list[str], expired: bool, reason: str
) -> None:
    with Loopback(tls=authority.server(*names, expired=expired)) as server:
        for method in ("GET", "POST"):
            with pytest.raises(Unreachable, match=reason):
                client().request("GET" if method == "GET" else "POST", server.url(host="blog.example"))
    assert server.requests == []


def test_an_authority_nobody_trusts_stops_the_request(tmp_path: Path) -> None:
    with Loopback(tls=Authority(tmp_path).server("blog.example")) as server, pytest.raises(Unreachable):
        client().request("GET", server.url(host="blog.example"))
    assert server.requests == []


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_protocols_are_refused(authority: Authority) -> None:
    context = authority.server("blog.example")
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with Loopback(tls=context) as server, pytest.raises(Unreachable):
        client().request("GET", server.url(host="blog.example"))


def test_a_server_without_tls_is_unreachable() -> None:
    with Loopback() as server:
        url = server.url(host="blog.example").replace("http:", "https:")
        with pytest.raises(Unreachable):
            client(SETTINGS.model_copy(update={"connect_seconds": 0.5})).request("POST", url, json={})
    assert server.requests == []


@pytest.mark.parametrize("pieces", [0, 400])
def test_a_handshake_that_never_ends_is_unreachable(pieces: int) -> None:
    def drip_handshake(listener: socket.socket) -> None:
        sock, _ = listener.accept()
        with sock, suppress(OSError):
            sock.send(b"\x16\x03\x03\x40\x00\x02")
            for _ in range(pieces):
                sock.send(b"x")
                time.sleep(0.02)
            sock.recv(100_000)
            sock.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=drip_handshake, args=[listener], daemon=True).start()
        http = client(SETTINGS.model_copy(update={"connect_seconds": 0.3}))
        start = time.monotonic()
        with pytest.raises(Unreachable):
            http.request("GET", f"https://blog.example:{listener.getsockname()[1]}/")
        assert time.monotonic() - start < 3


def test_slow_answers_are_bounded_too(authority: Authority) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    with Loopback(tls=authority.server("blog.example")) as server:
        server.route("/hang", hang(b"HTTP/1.1"))
        server.route("/drip", drip(head, [b"x"] * 400))
        for path in ("/hang", "/drip"):
            start = time.monotonic()
            with pytest.raises(NoAnswer):
                client(SETTINGS.model_copy(update={"total_seconds": 0.4})).request(
                    "GET", server.url(path, host="blog.example")
                )
            assert time.monotonic() - start < 3


def test_credentials_are_not_carried_from_https_to_http(authority: Authority) -> None:
    with Loopback(tls=authority.server("blog.example")) as secure, Loopback() as plain:
        secure.route("/", redirect(plain.url(host="blog.example")))
        plain.route("/", lambda request: Reply(b"seen"))
        client().request("GET", secure.url(host="blog.example"), basic_auth=("me", "secret"))
    assert "authorization" in secure.requests[0].headers
    assert "authorization" not in plain.requests[0].headers


def test_a_kept_secure_connection_that_was_closed_is_replaced(authority: Authority) -> None:
    with Loopback(tls=authority.server("blog.example")) as server:
        server.route("/", lambda request: Reply(b"ok"))
        http = client()
        for _ in range(3):
            assert http.request("GET", server.url(host="blog.example")).body == b"ok"
            server.drop_connections()
    assert server.connections == 3
