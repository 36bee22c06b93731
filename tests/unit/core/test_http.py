"""What the HTTP client sends and hands back, against a real server on loopback."""

import gzip
import logging
import os
import random
import threading
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.core.http import Http, HttpError, NoAnswer, TooManyRedirects, Unreachable
from app.core.sections import Outgoing
from tests.servers.loopback import Loopback, Reply, Request, drip, gzipped, raw, redirect, redirect_for_ever


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as server:
        yield server


@pytest.fixture
def other() -> Iterator[Loopback]:
    with Loopback() as server:
        yield server


@pytest.fixture(scope="module")
def http() -> Http:
    return Http(Outgoing(allow_networks=["127.0.0.0/8"], read_seconds=5, total_seconds=10))


def echo(request: Request) -> Reply:
    return Reply(request.body, headers=[("X-Method", request.method)])


def test_a_get_says_who_asks_and_hands_back_everything(server: Loopback, http: Http) -> None:
    server.route("/a", lambda request: Reply(b"hello", 203, [("X-One", "1"), ("ETag", '"e"')]))
    answer = http.request("GET", server.url("/a"), params={"page": 2, "q": "ü &"}, headers={"X-Own": "mine"})
    assert (answer.status, answer.body, answer.headers["x-one"], answer.headers["etag"]) == (203, b"hello", "1", '"e"')
    assert answer.url == server.url("/a?page=2&q=%C3%BC+%26")
    assert not answer.moved_permanently
    seen = server.requests[0]
    assert (seen.method, dict(seen.query)) == ("GET", {"page": "2", "q": "ü &"})
    assert seen.headers["user-agent"] == "Porchlight/0.1"
    assert seen.headers["accept-encoding"] == "gzip, deflate"
    assert seen.headers["x-own"] == "mine"
    assert "authorization" not in seen.headers
    assert "cookie" not in seen.headers


def test_repeated_headers_are_joined(server: Loopback, http: Http) -> None:
    server.route("/", lambda request: Reply(b"", headers=[("Link", "<a>; rel=x"), ("X", "-"), ("link", "<b>; rel=y")]))
    assert http.request("GET", server.url()).headers["link"] == "<a>; rel=x, <b>; rel=y"


def test_json_and_forms_are_sent_as_what_they_are(server: Loopback, http: Http) -> None:
    server.route("/", echo)
    assert (
        http.request("POST", server.url(), json={"text": "grüß 👋"}).body
        == b'{"text": "gr\\u00fc\\u00df \\ud83d\\udc4b"}'
    )
    assert http.request("POST", server.url(), json={}).body == b"{}"
    assert http.request("PUT", server.url(), form={"a": "ü b"}).body == b"a=%C3%BC+b"
    types = [request.headers["content-type"] for request in server.requests]
    assert types == ["application/json", "application/json", "application/x-www-form-urlencoded"]


@pytest.mark.parametrize("status", [200, 201, 204, 304, 400, 401, 404, 429, 500, 503])
def test_every_status_is_an_answer(server: Loopback, http: Http, status: int) -> None:
    server.route("/", lambda request: Reply(b"" if status in (204, 304) else b"why", status))
    assert http.request("GET", server.url()).status == status
    assert http.request("DELETE", server.url()).status == status


def test_head_has_headers_and_no_body(server: Loopback, http: Http) -> None:
    server.route("/", lambda request: gzipped(b"x" * 1000, [("ETag", "1")]))
    answer = http.request("HEAD", server.url())
    assert (answer.status, answer.headers["etag"], answer.body) == (200, "1", b"")


def test_basic_credentials_may_hold_any_letters(server: Loopback, http: Http) -> None:
    server.route("/", echo)
    http.request("GET", server.url(), basic_auth=("jürgen", "pa:ss wörd"))
    assert server.requests[0].headers["authorization"] == "Basic asO8cmdlbjpwYTpzcyB3w7ZyZA=="


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "snow ☃"])
def test_a_header_that_cannot_be_sent_never_leaves(server: Loopback, http: Http, value: str) -> None:
    with pytest.raises(Unreachable, match="can't be sent"):
        http.request("POST", server.url(), headers={"X-Own": value}, json={})
    assert server.requests == []


def test_no_cookie_is_kept(server: Loopback, http: Http) -> None:
    server.route("/", lambda request: Reply(b"", headers=[("Set-Cookie", "session=1; Path=/")]))
    server.route("/moved", redirect("/", 302))
    for path in ("/", "/moved", "/"):
        http.request("GET", server.url(path))
    assert not any("cookie" in request.headers for request in server.requests)


def test_surroundings_change_nothing(
    server: Loopback, other: Loopback, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, other.url())
    server.route("/", echo)
    http = Http(Outgoing(allow_networks=["127.0.0.0/8"]))
    assert http.request("GET", server.url()).status == 200
    assert "authorization" not in server.requests[0].headers
    assert other.requests == []


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_get_and_head_follow(server: Loopback, http: Http, status: int, method: str) -> None:
    server.route("/old", redirect("/new?x=1#part", status, b"look there"))
    server.route("/new", echo)
    answer = http.request("GET" if method == "GET" else "HEAD", server.url("/old"), params={"q": "1"})
    assert (answer.status, answer.url, answer.headers["x-method"]) == (200, server.url("/new?x=1"), method)
    assert answer.moved_permanently is (status in (301, 308))


@pytest.mark.parametrize("status", [300, 304, 305, 306])
def test_other_3xx_are_answers(server: Loopback, http: Http, status: int) -> None:
    server.route("/", raw(f"HTTP/1.1 {status} X\r\nLocation: /new\r\nContent-Length: 0\r\n\r\n".encode()))
    assert http.request("GET", server.url()).status == status


def test_a_redirect_to_nowhere_is_an_answer(server: Loopback, http: Http) -> None:
    server.route("/", lambda request: Reply(b"choose", 302))
    answer = http.request("GET", server.url())
    assert (answer.status, answer.body) == (302, b"choose")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_what_changes_something_follows_nowhere(server: Loopback, http: Http, method: str) -> None:
    server.route("/", redirect("/elsewhere", 307))
    answer = http.request("POST" if method == "POST" else "PUT" if method == "PUT" else "DELETE", server.url())
    assert (answer.status, answer.headers["location"]) == (307, "/elsewhere")
    assert len(server.requests) == 1


def test_moved_for_good_only_when_every_step_says_so(server: Loopback, http: Http) -> None:
    server.route("/a", redirect("/b", 301))
    server.route("/b", redirect("/c", 302))
    server.route("/c", redirect("/d", 308))
    server.route("/d", echo)
    assert http.request("GET", server.url("/c")).moved_permanently
    assert not http.request("GET", server.url("/a")).moved_permanently


def test_five_redirects_are_followed_and_no_sixth(server: Loopback, http: Http) -> None:
    for number in range(6):
        server.route(f"/{number}", redirect(f"/{number + 1}"))
    server.route("/6", echo)
    assert http.request("GET", server.url("/1")).url == server.url("/6")
    with pytest.raises(TooManyRedirects):
        http.request("GET", server.url("/0"))


def test_redirects_for_ever_end(server: Loopback, http: Http) -> None:
    server.route("/", redirect_for_ever(301))
    with pytest.raises(TooManyRedirects):
        http.request("GET", server.url())
    assert len(server.requests) == 6


def test_an_address_in_a_header_may_be_utf8(server: Loopback, http: Http) -> None:
    server.route("/", raw("HTTP/1.1 302 X\r\nLocation: /größe\r\nContent-Length: 0\r\n\r\n".encode()))
    server.route("/gr%C3%B6%C3%9Fe", echo)
    assert http.request("GET", server.url()).url == server.url("/gr%C3%B6%C3%9Fe")


def test_credentials_stay_on_the_same_origin(server: Loopback, other: Loopback, http: Http) -> None:
    server.route("/here", redirect("/there"))
    server.route("/there", redirect(other.url("/far")))
    other.route("/far", redirect(server.url("/back")))
    server.route("/back", echo)
    http.request(
        "GET",
        server.url("/here"),
        basic_auth=("me", "secret"),
        headers={"X-Api-Key": "k", "Cookie": "c", "Accept": "text/xml", "If-None-Match": '"1"'},
    )
    first, second, back = server.requests
    (away,) = other.requests
    for own in (first, second):
        assert {"authorization", "x-api-key", "cookie"} <= own.headers.keys()
    for foreign in (away, back):
        assert not {"authorization", "x-api-key", "cookie"} & foreign.headers.keys()
        assert foreign.headers["accept"] == "text/xml"
        assert foreign.headers["if-none-match"] == '"1"'


# Connections


def test_connections_are_kept_for_reading_and_new_for_writing(server: Loopback, http: Http) -> None:
    server.route("/", lambda request: gzipped(b"x" * 5000))
    server.route("/empty", lambda request: Reply(b"", 204))
    server.route("/moved", redirect("/empty", 301))
    for _ in range(5):
        http.request("GET", server.url())
        http.request("HEAD", server.url())
        http.request("GET", server.url("/moved"))
    assert server.connections == 1
    for _ in range(3):
        http.request("POST", server.url(), json={})
    assert server.connections == 4


def test_a_kept_connection_that_was_closed_meanwhile_is_replaced(server: Loopback, http: Http) -> None:
    server.route("/", echo)
    for _ in range(5):
        assert http.request("GET", server.url()).status == 200
        server.drop_connections()
    assert server.connections == 5


def test_a_kept_connection_that_breaks_under_the_request_is_replaced_once(server: Loopback, http: Http) -> None:
    """The server takes the request on the old connection and closes: the race no client can see coming."""
    server.route("/", lambda request: Reply(b"ok") if request.connection != 1 else (lambda wire: None))
    server.route("/first", echo)
    http.request("GET", server.url("/first"))
    assert http.request("GET", server.url()).body == b"ok"
    assert [request.connection for request in server.requests] == [1, 1, 2]


def test_a_new_connection_that_breaks_is_not_tried_again(server: Loopback, http: Http) -> None:
    server.route("/", raw(b""))
    with pytest.raises(NoAnswer):
        http.request("GET", server.url())
    assert len(server.requests) == 1


def test_a_break_in_the_middle_of_an_answer_is_not_tried_again(server: Loopback, http: Http) -> None:
    server.route("/first", echo)
    server.route("/", raw(b"HTTP/1.1 200 OK\r\nContent-Le"))
    http.request("GET", server.url("/first"))
    with pytest.raises(NoAnswer):
        http.request("GET", server.url())
    assert len(server.requests) == 2


def test_a_post_that_breaks_is_sent_once(server: Loopback, http: Http) -> None:
    server.route("/first", echo)
    server.route("/", raw(b""))
    http.request("GET", server.url("/first"))
    with pytest.raises(NoAnswer):
        http.request("POST", server.url(), json={})
    assert len(server.requests) == 2


def test_bytes_after_an_answer_are_not_taken_for_the_next(server: Loopback, http: Http) -> None:
    extra = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL"
    server.route("/", drip(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood" + extra, [b""], 0.2))
    server.route("/next", lambda request: Reply(b"next"))
    assert http.request("GET", server.url()).body == b"good"
    assert http.request("GET", server.url("/next")).body == b"next"


def test_many_threads_share_one_client(server: Loopback, other: Loopback, http: Http) -> None:
    for where in (server, other):
        where.route("*", lambda request: gzipped(request.path.encode() * 50))
    with ThreadPoolExecutor(16) as threads:
        paths = [f"/{number}" for number in range(400)]
        answers = threads.map(lambda path: http.request("GET", (server, other)[len(path) % 2].url(path)).body, paths)
        assert list(answers) == [path.encode() * 50 for path in paths]
    assert server.connections + other.connections <= 32


def test_a_forked_process_uses_no_connection_of_its_parent(server: Loopback, http: Http) -> None:
    server.route("/", echo)
    http.request("GET", server.url())
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if http.request("GET", server.url()).status == 200 else 1
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    http.request("GET", server.url())
    assert [request.connection for request in server.requests] == [1, 2, 1]


# Compression


def test_all_common_compressions_are_read(server: Loopback, http: Http) -> None:
    text = b"hello " * 50_000
    bare = zlib.compressobj(9, wbits=-15)
    forms = [
        ("gzip", gzip.compress(text)),
        ("x-gzip", gzip.compress(text)),
        ("GZIP", gzip.compress(text)),
        ("deflate", zlib.compress(text)),
        ("deflate", bare.compress(text) + bare.flush()),
        ("gzip", gzip.compress(text[:7]) + gzip.compress(text[7:]) + b"\0" * 8),
        ("identity", text),
        ("", text),
    ]
    server.route("/", lambda request: Reply(*answers.pop(0)))
    answers = [(data, 200, [("Content-Encoding", name)]) for name, data in forms]
    for _ in forms:
        assert http.request("GET", server.url()).body == text


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_chunks_may_cut_compressed_data_anywhere(server: Loopback, http: Http, size: int) -> None:
    text = os.urandom(500).hex().encode()
    packed = gzip.compress(text)
    chunks = [packed[at : at + size] for at in range(0, len(packed), size)]
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    server.route("/", raw(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" + body))
    assert http.request("GET", server.url()).body == text


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", b"this is not gzip"),
        ("gzip", gzip.compress(b"hello" * 100, mtime=0)[:-20]),
        ("gzip", gzip.compress(b"hello" * 100, mtime=0)[:-8] + b"\0" * 8),
        ("gzip", gzip.compress(b"", mtime=0) * 200),
        ("deflate", zlib.compress(b"hello" * 100)[:-5]),
        ("br", b"\x0b\x02\x80hello\x03"),
        ("zstd", b"\x28\xb5\x2f\xfd"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"hello", mtime=0), mtime=0)),
    ],
)
def test_what_cannot_be_decompressed_whole_is_no_answer(
    server: Loopback, http: Http, encoding: str, body: bytes
) -> None:
    server.route("/", lambda request: Reply(body, headers=[("Content-Encoding", encoding)]))
    with pytest.raises(NoAnswer):
        http.request("GET", server.url())


# Broken servers


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"<html>no http</html>",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4, 5\r\n\r\ngood",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
    ],
)
def test_an_answer_that_breaks_the_rules_is_no_answer(server: Loopback, http: Http, answer: bytes) -> None:
    server.route("/", raw(answer))
    for method in ("GET", "POST"):
        with pytest.raises(NoAnswer):
            http.request("GET" if method == "GET" else "POST", server.url())


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n\r\nhello",
        b"HTTP/1.0 200 OK\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nX-Later: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
    ],
)
def test_an_unusual_answer_is_read_all_the_same(server: Loopback, http: Http, answer: bytes) -> None:
    server.route("/", raw(answer))
    assert http.request("GET", server.url()).body == b"hello"


SEEDS = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nLink: <a>\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 25\r\n\r\n" + gzip.compress(b"hello", mtime=0),
    b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1:1234/x?y\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.0 301 Moved\r\nLocation: //[::1]:80/\r\n\r\n",
]
TOKENS = (
    b"\r\n,\0,-1,99999999999999999999,:,;,gzip,deflate,chunked,\xff,HTTP/1.1 100 \r\n\r\n,0x1,[,],@,%,\xc3\xa9, ,\t,"
    b"Content-Length: ,Location: ,Transfer-Encoding: chunked\r\n"
).split(b",")


def test_no_answer_however_mangled_ends_in_a_traceback(server: Loopback) -> None:
    http = Http(Outgoing(allow_networks=["127.0.0.0/8"], read_seconds=1, total_seconds=2))
    chance = random.Random(2)
    ends = set()
    for _ in range(400):
        answer = bytearray(chance.choice(SEEDS))
        for _ in range(chance.randint(1, 5)):
            at = chance.randrange(len(answer) + 1)
            answer[at : at + chance.choice([0, 0, 1, 8])] = chance.choice([*TOKENS, chance.randbytes(1), b""])
        server.route("*", raw(bytes(answer)))
        for method in ("GET", "POST"):
            try:
                ends.add(str(http.request("GET" if method == "GET" else "POST", server.url()).status))
            except HttpError as error:
                ends.add(type(error).__name__)
    assert {"200", "NoAnswer", "AddressRefused"} <= ends


def test_a_closed_port_is_certainly_unreachable(http: Http) -> None:
    with Loopback() as gone:
        url = gone.url()
    for method in ("GET", "POST"):
        with pytest.raises(Unreachable):
            http.request("GET" if method == "GET" else "POST", url)


def test_errors_tell_the_host_and_keep_the_rest_to_themselves(server: Loopback, http: Http) -> None:
    server.route("/", raw(b""))
    with pytest.raises(NoAnswer) as failed:
        http.request("GET", server.url("/?access_token=s3cret"), headers={"Authorization": "Bearer s3cret"})
    assert "127.0.0.1" in str(failed.value)
    assert "s3cret" not in str(failed.value)
    assert failed.value.__suppress_context__


def test_no_log_line_holds_the_address(server: Loopback, http: Http, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server.route("/", raw(b"HTTP/1.1 200 OK\r\nno colon\r\nX: y\r\nContent-Length: 0\r\n\r\n"))
    server.route("/ok", echo)
    for path in ("/ok", "/", "/ok"):
        http.request("GET", server.url(f"{path}?access_token=s3cret"))
    assert "s3cret" not in caplog.text


def test_requests_start_no_thread(server: Loopback, http: Http) -> None:
    server.route("/", echo)
    http.request("GET", server.url())
    before = set(threading.enumerate())
    for _ in range(20):
        http.request("GET", server.url())
    assert set(threading.enumerate()) <= before  # those of an earlier test may end meanwhile
