"""Collecting from a feed on this machine: what is asked, what is given, what the cursor keeps."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.connectors import errors
from app.connectors.errors import ConnectorError, RateLimited, Transient
from app.connectors.feed import FeedConnector
from app.connectors.ports import Access, Batch, Capabilities, Cursor, Item
from app.core.pace import Pace
from tests.connectors.feed_site import http
from tests.servers.loopback import (
    Loopback,
    Reply,
    Request,
    Route,
    drip,
    gzip_bomb,
    gzipped,
    hang,
    redirect,
    redirect_for_ever,
)

DATA = Path(__file__).parent / "feed_data"
START = datetime(2027, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def recorded(name: str) -> bytes:
    [path] = DATA.glob(f"{name}.*")
    return path.read_bytes()


def entries(*numbers: int, author: str = "Ann") -> bytes:
    inside = "".join(
        f"<item><guid>c{n}</guid><link>https://blog.example/p/#c{n}</link><author>{author}</author>"
        f"<pubDate>Fri, 01 May 2026 10:{n % 60:02}:00 GMT</pubDate><description>number {n}</description></item>"
        for n in sorted(numbers, reverse=True)
    )
    channel = f"<title>Comments</title><link>https://blog.example/</link>{inside}"
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{channel}</channel></rss>'.encode()


@dataclass
class Reader:
    """Polls one feed once a minute, as the product does."""

    server: Loopback
    access: Access = field(init=False)
    cursor: Cursor | None = None
    now: datetime = START
    connector: FeedConnector = field(default_factory=lambda: FeedConnector(http(), Pace()))

    def __post_init__(self) -> None:
        self.access = Access(self.server.url("/feed"))

    def serve(self, answer: bytes | Reply | Route) -> None:
        if callable(answer):
            self.server.route("/feed", answer)
        else:
            self.server.route("/feed", lambda request: answer if isinstance(answer, Reply) else Reply(answer))

    def walk(self, later: timedelta = MINUTE, since: datetime | None = None) -> Iterator[Batch]:
        self.now += later
        for batch in self.connector.collect(self.access, self.cursor, since=since, now=self.now):
            self.cursor = json.loads(json.dumps(batch.cursor))
            if batch.settings is not None:
                self.access = Access(
                    self.access.url, {**self.access.settings, **json.loads(json.dumps(batch.settings))}
                )
            yield batch

    def poll(self, later: timedelta = MINUTE, since: datetime | None = None) -> list[Item]:
        batches = list(self.walk(later, since))
        assert batches[-1].complete
        return [item for batch in batches for item in batch.items]

    def fails(self) -> ConnectorError:
        with pytest.raises(ConnectorError) as caught:
            self.poll()
        return caught.value

    @property
    def asked(self) -> Request:
        """The last request the server saw."""
        return self.server.requests[-1]


@pytest.fixture
def reader() -> Iterator[Reader]:
    with Loopback() as server:
        yield Reader(server)


def versioned(body: Callable[[], bytes], etag: str, modified: str) -> Route:
    """Answers 304 only where everything that was sent fits, as WordPress does."""

    def answer(request: Request) -> Reply:
        version = {"if-none-match": etag, "if-modified-since": modified}
        sent = {name: request.headers[name] for name in version if name in request.headers}
        headers = [("ETag", etag), ("Last-Modified", modified)]
        if sent and all(version[name] == value for name, value in sent.items()):
            return Reply(status=304, headers=headers)
        return Reply(body(), headers=headers)

    return answer


# --- what is given


def test_comments_come_oldest_first_and_only_once(reader: Reader) -> None:
    reader.serve(entries(1, 2, 3))
    assert [item.text for item in reader.poll()] == ["number 1", "number 2", "number 3"]
    assert reader.poll() == []
    reader.serve(entries(2, 3, 4))
    assert [item.text for item in reader.poll()] == ["number 4"]


def test_comments_of_the_same_second_come_against_the_order_of_the_feed(reader: Reader) -> None:
    reader.serve(recorded("feed-site-rss2"))
    numbers = [int(item.external_id.rpartition("-")[2]) for item in reader.poll()]
    assert numbers == sorted(numbers)


def test_edits_come_again_and_what_did_not_change_does_not(reader: Reader) -> None:
    reader.serve(entries(1, 2, 3))
    reader.poll()
    reader.serve(entries(1, 2, 3).replace(b"number 2", b"edited"))
    assert [(item.external_id, item.text) for item in reader.poll()] == [("c2", "edited")]
    reader.serve(entries(1, 2, 3).replace(b"number 2", b"edited").replace(b"/p/#c3", b"/moved/#c3"))
    assert [item.url for item in reader.poll()] == ["https://blog.example/moved/#c3"]


def test_the_payload_holds_what_was_given_and_nothing_else(reader: Reader) -> None:
    reader.serve(entries(1, 2, 3))
    reader.poll()
    reader.serve(entries(2, 3, 4))
    [batch] = reader.walk()
    [payload] = batch.payloads
    assert reader.connector.parse(reader.access, payload, now=reader.now) == batch.items
    assert b"number 3" not in payload.body


def test_what_was_too_old_for_the_first_read_stays_out(reader: Reader) -> None:
    since = datetime(2026, 5, 1, 10, 2, tzinfo=UTC)
    reader.serve(entries(1, 2, 3))
    assert [item.external_id for item in reader.poll(since=since)] == ["c2", "c3"]
    reader.serve(entries(0, 1, 2, 3).replace(b"number 1", b"edited"))
    assert [item.external_id for item in reader.poll(since=since)] == ["c0"], "approved late: it was not there before"


def test_a_walk_that_is_broken_off_goes_on(reader: Reader) -> None:
    reader.serve(entries(*range(250)))
    first = next(iter(reader.walk()))
    rest = reader.poll()
    assert len(first.items) == 100
    assert {item.external_id for item in (*first.items, *rest)} == {f"c{n}" for n in range(250)}
    assert len(rest) == 150


# --- conditional requests


def test_versions_are_sent_back_together_as_they_came(reader: Reader) -> None:
    reader.serve(versioned(lambda: entries(1), '"abc"', "Fri, 01 May 2026 10:00:00 GMT"))
    reader.poll()
    assert "if-none-match" not in reader.asked.headers
    before = reader.cursor
    assert reader.poll() == []
    assert reader.asked.headers["if-none-match"] == '"abc"'
    assert reader.asked.headers["if-modified-since"] == "Fri, 01 May 2026 10:00:00 GMT"
    assert reader.cursor == before


def test_a_tag_that_gzip_changed_is_not_sent(reader: Reader) -> None:
    headers = [("ETag", '"abc-gzip"'), ("Last-Modified", "Fri, 01 May 2026 10:00:00 GMT")]
    reader.serve(gzipped(entries(1), headers))
    assert len(reader.poll()) == 1
    reader.poll()
    assert "if-none-match" not in reader.asked.headers
    assert "if-modified-since" in reader.asked.headers


@pytest.mark.parametrize(
    ("before", "after"), [("stale-0", "stale-1-full"), ("isso-feed-bread", "isso-feed-stale-full")]
)
def test_news_behind_a_304_are_found_within_the_hour(reader: Reader, before: str, after: str) -> None:
    body = recorded(before)
    reader.serve(versioned(lambda: body, '"same"', "Sat, 21 Nov 2026 19:10:52 GMT"))
    known = reader.poll()
    body = recorded(after)
    assert reader.poll() == []
    [news] = reader.poll(later=timedelta(minutes=59))
    assert news.external_id not in {item.external_id for item in known}
    assert "if-none-match" not in reader.asked.headers


def test_a_304_that_was_not_asked_for_is_an_error(reader: Reader) -> None:
    reader.serve(Reply(status=304))
    assert reader.fails().code == errors.BAD_ANSWER


def test_the_same_bytes_are_not_parsed_again(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    reader.serve(entries(1, 2))
    reader.poll()
    monkeypatch.setattr("app.connectors.feed.document.read", lambda *_: pytest.fail("parsed again"))
    assert reader.poll() == []


@pytest.mark.parametrize("tag", ['"' + "x" * 600 + '"', '"ä"', '"a\tb"'])
def test_a_tag_that_can_not_be_sent_is_forgotten(reader: Reader, tag: str) -> None:
    reader.serve(lambda request: Reply(entries(1), headers=[("ETag", tag)]))
    reader.poll()
    assert reader.poll() == []
    assert "if-none-match" not in reader.asked.headers


# --- where feeds go


def test_a_feed_that_moved_for_good_is_read_there_from_now_on(reader: Reader) -> None:
    reader.server.route("/new", lambda request: Reply(entries(1)))
    reader.serve(redirect("/new", 301))
    assert len(reader.poll()) == 1
    assert reader.access.settings["feed"] == reader.server.url("/new")
    reader.poll()
    assert reader.asked.path == "/new"
    assert len(reader.server.requests) == 3


def test_a_feed_that_is_elsewhere_for_now_keeps_its_address(reader: Reader) -> None:
    reader.server.route("/new", lambda request: Reply(entries(1)))
    reader.serve(redirect("/new", 302))
    reader.poll()
    assert "feed" not in reader.access.settings


def test_a_feed_that_moved_to_a_login_page_keeps_its_address(reader: Reader) -> None:
    reader.server.route("/login", lambda request: Reply(b"<html><input type='password'></html>"))
    reader.serve(redirect("/login", 301))
    assert reader.fails().code == errors.NOT_A_FEED
    assert reader.access.settings == {}


def test_a_post_that_moved_away_is_not_an_empty_inbox(reader: Reader) -> None:
    reader.serve(recorded("feed-post-main-rss2"))
    reader.poll()
    reader.serve(recorded("feed-post-old-address"))
    assert reader.fails().code == errors.NOT_FOUND


def test_a_feed_whose_last_comment_was_deleted_is_empty(reader: Reader) -> None:
    reader.serve(entries(1))
    reader.poll()
    reader.serve(entries())
    assert reader.poll() == []


# --- gaps


def test_a_gap_between_two_reads_is_told(reader: Reader) -> None:
    def flags() -> tuple[object, object, object]:
        assert reader.cursor is not None
        return reader.cursor["gap"], reader.cursor["shows"], reader.cursor.get("gap_at")

    reader.serve(entries(1, 2, 3))
    reader.poll()
    assert flags() == (False, 3, None)
    reader.serve(entries(3, 4, 5))
    reader.poll()
    assert flags() == (False, 3, None)
    reader.serve(entries(9, 10, 11))
    reader.poll()
    at = reader.now.isoformat()
    assert flags() == (True, 3, at)
    reader.serve(entries(10, 11, 12))
    reader.poll()
    assert flags() == (False, 3, at)


def test_entries_that_come_back_are_known(reader: Reader) -> None:
    reader.serve(entries(1, 2, 3))
    reader.poll()
    reader.serve(entries(4, 5, 6))
    reader.poll()
    reader.serve(entries(1, 2, 3))
    assert reader.poll() == []


def test_the_cursor_stays_small(reader: Reader) -> None:
    for start in range(0, 1_000, 50):
        reader.serve(entries(*range(start, start + 50)))
        reader.poll()
    assert len(json.dumps(reader.cursor)) < 12_000


# --- what goes wrong


def test_a_feed_that_breaks_off_gives_what_is_whole_and_says_so(reader: Reader) -> None:
    whole = entries(1, 2, 3)
    reader.serve(whole[: whole.index(b"number 1") + 4])
    with pytest.raises(Transient) as caught:
        [*reader.walk()]
    assert caught.value.code == errors.BAD_ANSWER
    assert caught.value.detail == "the feed breaks off after 2 whole entries"
    assert reader.fails().code == errors.BAD_ANSWER, "still not complete, though nothing has changed"
    reader.serve(whole)
    assert [item.external_id for item in reader.poll()] == ["c1"]


def test_a_first_read_that_breaks_off_still_goes_back_no_further_than_asked(reader: Reader) -> None:
    since = datetime(2026, 5, 1, 10, 2, tzinfo=UTC)
    whole = entries(1, 2, 3)
    reader.serve(whole[: whole.index(b"number 2")])
    with pytest.raises(Transient):
        [*reader.walk(since=since)]
    reader.serve(whole)
    assert [item.external_id for item in reader.poll(since=since)] == ["c2"]


@pytest.mark.parametrize(
    ("answer", "code", "detail"),
    [
        (Reply(b"<html><title>Home</title></html>"), errors.NOT_A_FEED, 'an HTML page "Home"'),
        (Reply(b"<html><form><input type=password>"), errors.NOT_A_FEED, "a login page"),
        (Reply(b'{"a": 1}'), errors.NOT_A_FEED, "JSON"),
        (Reply(b""), errors.NOT_A_FEED, "an empty answer"),
        (Reply(b"x" * 9_000_000), errors.TOO_LARGE, ""),
        (Reply(b"", 204), errors.BAD_ANSWER, ""),
        (Reply(b"", 500), errors.SERVER_ERROR, ""),
        (Reply(b"", 410), errors.GONE, ""),
        (Reply(recorded("feed-post-old-address"), 404), errors.NOT_FOUND, ""),
        (gzip_bomb(200), errors.TOO_LARGE, ""),
        (redirect_for_ever(), errors.TOO_MANY_REDIRECTS, ""),
        (redirect("http://10.0.0.1/feed"), errors.ADDRESS_REFUSED, ""),
    ],
    ids=["html", "login", "json", "empty", "9 MB", "204", "500", "410", "404", "bomb", "redirects", "inside"],
)
def test_what_is_no_feed_is_never_an_empty_one(reader: Reader, answer: Reply | Route, code: str, detail: str) -> None:
    reader.serve(entries(1))
    reader.poll()
    reader.serve(answer)
    error = reader.fails()
    assert error.code == code
    assert detail in error.detail
    reader.serve(entries(1, 2))
    assert [item.external_id for item in reader.poll()] == ["c2"]


@pytest.mark.parametrize(
    "answer", [hang(), hang(b"HTTP/1.1 200 OK\r\n\r\n<rss>"), drip(b"HTTP/1.1 200 OK\r\n\r\n", [b" "] * 1_000)]
)
def test_a_site_that_hangs_or_drips_costs_bounded_time(reader: Reader, answer: Route) -> None:
    reader.connector = FeedConnector(http(read_seconds=0.3, total_seconds=0.6), Pace())
    reader.serve(answer)
    assert reader.fails().code == errors.TIMED_OUT


def test_a_busy_site_says_when_to_come_back(reader: Reader) -> None:
    reader.serve(Reply(b"", 503, [("Retry-After", "600")]))
    error = reader.fails()
    assert isinstance(error, RateLimited)
    assert error.retry_at is not None
    reader.serve(Reply(b"", 429, [("Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT")]))
    error = reader.fails()
    assert isinstance(error, RateLimited)
    assert error.retry_at is not None
    assert error.retry_at < datetime.now(UTC) + timedelta(days=2)


def test_feeds_are_read_only() -> None:
    assert FeedConnector(http(), Pace()).capabilities(Access("https://blog.example/feed/")) == Capabilities()
