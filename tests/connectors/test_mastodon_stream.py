"""Mastodon's stream of events: what of it wakes, where it is, and how it ends."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connectors import errors
from app.connectors.errors import AuthExpired, ConnectorError, Permanent, Transient
from app.connectors.mastodon import MastodonConnector
from app.connectors.mastodon.streaming import PATH, address, heard
from app.connectors.ports import Access
from app.core.http import Http, NoAnswer
from app.core.pace import Pace
from app.core.sections import Outgoing
from tests.processes import eventually
from tests.servers.loopback import Loopback, Reply, Route, hang, raw
from tests.servers.mastodon_stream import FAVOURITE, HEAD, MENTION, TOKEN, MastodonStream, event, instance


def words(data: bytes) -> list[bytes]:
    return data.split(b"\n")[:-1]


@pytest.mark.parametrize(
    ("data", "wakes"),
    [
        (MENTION, 1),
        (MENTION + b":thump\n" + MENTION, 2),
        (b":thump\n", 0),
        (FAVOURITE, 0),
        (event("update", {"type": "mention"}), 0),
        (event("notification", "no object"), 1),
        (b"event: notification\ndata: {broken\n\n", 1),
        (b'event:notification\ndata:{\ndata:"type":"follow"}\n\n', 0),
        (b"event: notification\ndata: " + b"[" * 100_000 + b"\n\n", 1),
        (b"event: notification\n:thump\n\n", 1),
        (b"data: {}\n\n\n\n", 0),
        (b"event: notification\n", 0),
    ],
)
def test_a_mention_wakes_and_nothing_that_is_surely_something_else(data: bytes, wakes: int) -> None:
    assert sum(heard(words(data))) == wakes


@given(st.lists(st.binary(max_size=30)), st.integers(min_value=0, max_value=3))
def test_whatever_comes_each_line_is_a_sign_of_life_and_a_mention_after_it_is_heard(
    lines: list[bytes], mentions: int
) -> None:
    told = list(heard([*lines, b"", *words(MENTION) * mentions]))
    assert len(told) == len(lines) + 1 + 3 * mentions
    assert sum(told[len(lines) + 1 :]) == mentions


def test_the_stream_is_where_the_server_says_and_never_less_encrypted_than_the_server() -> None:
    base = "https://example.social"
    named = {"configuration": {"urls": {"streaming": "wss://streaming.example.social/"}}}
    assert address(named, base) == f"https://streaming.example.social{PATH}"
    assert address({"urls": {"streaming_api": "wss://old.example.social"}}, base) == f"https://old.example.social{PATH}"
    unnamed: list[dict[str, Any]] = [{}, {"configuration": []}, {"configuration": {"urls": {"streaming": 7}}}]
    for silent in unnamed:
        assert address(silent, base) == f"{base}{PATH}"
    for told in ("ws://example.social", "ftp://example.social", "example.social"):
        with pytest.raises(Permanent):
            address({"urls": {"streaming_api": told}}, base)


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as server:
        yield server


@pytest.fixture
def stream(server: Loopback) -> MastodonStream:
    return MastodonStream(server)


def listen(stream: MastodonStream, token: str = TOKEN) -> Iterator[bool]:
    http = Http(Outgoing.model_validate({"allow_networks": "127.0.0.0/8"}))
    return MastodonConnector(http, Pace()).listen(Access(stream.account, {}, {"password": token}))


def test_a_mention_is_heard_as_it_is_said_and_a_broken_line_is_told_of(stream: MastodonStream) -> None:
    line = listen(stream)
    assert next(line) is False
    for said, told in ((FAVOURITE, 0), (b":thump\n" + MENTION[:9], 0), (MENTION[9:], 1)):
        stream.say(said)
        assert sum(islice(line, said.count(b"\n"))) == told
    stream.say()
    with pytest.raises(Transient) as broken:
        next(line)
    assert broken.value.code == errors.TIMED_OUT


def test_who_stops_listening_hangs_up(stream: MastodonStream) -> None:
    line = listen(stream)
    next(line)
    del line
    eventually(stream.is_left, "the line was kept open")


def test_a_refused_token_is_told_of_as_everywhere(stream: MastodonStream) -> None:
    with pytest.raises(AuthExpired):
        next(listen(stream, "another"))


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        pytest.param(lambda request: Reply(b"nothing here", 404), errors.NOT_FOUND, id="no stream"),
        pytest.param(lambda request: Reply(b"", 302, [("Location", "/")]), errors.REFUSED, id="elsewhere"),
        pytest.param(lambda request: Reply(b"OK", 200, [("Content-Type", "text/html")]), errors.BAD_ANSWER, id="page"),
        pytest.param(lambda request: Reply(b"", 503), errors.SERVER_ERROR, id="down"),
        pytest.param(raw(b"\x00" * 100), errors.TIMED_OUT, id="no HTTP"),
        pytest.param(raw(HEAD + b"-5\r\n"), errors.TIMED_OUT, id="no chunks"),
        pytest.param(raw(HEAD + b"300000\r\n" + b"x" * 0x300000), errors.TOO_LARGE, id="a line without end"),
    ],
)
def test_a_server_without_a_good_stream_says_so(stream: MastodonStream, answer: Route, code: str) -> None:
    stream.server.route(PATH, answer)
    with pytest.raises(ConnectorError) as failed:
        next(listen(stream))
    assert failed.value.code == code


def test_a_silent_line_is_given_up(server: Loopback) -> None:
    server.route("/", hang(HEAD + b"3\r\n:)\n\r\n"))
    http = Http(Outgoing.model_validate({"allow_networks": "127.0.0.0/8"}))
    with http.lines(server.url(), idle_seconds=0.2) as (head, lines):
        assert (head.status, next(lines)) == (200, b":)")
        with pytest.raises(NoAnswer):
            next(lines)


def test_the_stream_is_not_asked_for_in_a_private_network(server: Loopback) -> None:
    server.route("/api/v2/instance", lambda request: Reply(instance("ws://10.0.0.1")))
    http = Http(Outgoing.model_validate({"allow_networks": "127.0.0.0/8"}))
    line = MastodonConnector(http, Pace()).listen(Access(server.url("/@kettle"), {}, {"password": TOKEN}))
    with pytest.raises(Permanent) as refused:
        next(line)
    assert refused.value.code == errors.ADDRESS_REFUSED
