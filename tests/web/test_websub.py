"""WebSub with a hub of our own: subscribed, confirmed, told, renewed, and read all the same when nobody tells."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.accounts import queries as accounts
from app.bootstrap import Services
from app.collecting.runner import Runner as Collector
from app.connectors.ports import Found
from app.core.clock import utc_now
from app.core.signing import mac
from app.factory import create_app
from app.hooks.models import Hook, HookCall
from app.hooks.runner import Runner
from app.hooks.subscribing import Subscriptions
from app.inbox.models import Comment
from app.pages import service as pages
from app.pages.models import Connection
from app.pages.types import PageState
from tests.servers.loopback import Loopback, Reply, Request

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PUBLIC = "https://porchlight.example"


@dataclass
class Hub:
    """A blog's comment feed and the hub it names, on one small server."""

    server: Loopback
    app: Flask
    in_header: bool = False
    offered: bool = True
    lease: str = "1000"
    asked: list[dict[str, str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.server.route("/comments/feed/", self.feed)
        self.server.route("/hub", self.subscribe)

    @property
    def topic(self) -> str:
        return self.server.url("/comments/feed/?canonical=1")

    def body(self) -> bytes:
        links = f'<atom:link rel="self" href="{self.topic}"/>'
        if self.offered and not self.in_header:
            links += '<atom:link rel="hub" href="/hub"/>'
        return (
            '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Comments on Porch</title>'
            f"<link>{self.server.url('/')}</link>{links}{''.join(self.said)}</channel></rss>"
        ).encode()

    def say(self, number: int, text: str, *, days_ago: int = 0) -> str:
        at = (datetime.now(UTC) - timedelta(days=days_ago)).strftime("%a, %d %b %Y %H:%M:%S +0000")
        item = (
            f"<item><title>By: Ann</title><guid>comment-{number}</guid><pubDate>{at}</pubDate>"
            f"<link>{self.server.url('/spring')}#comment-{number}</link><description>{text}</description></item>"
        )
        self.said.insert(0, item)
        return item

    def feed(self, _request: Request) -> Reply:
        headers = [("Content-Type", "application/rss+xml")]
        if self.offered and self.in_header:
            headers.append(("Link", f'<{self.server.url("/hub")}>; rel="hub", <{self.topic}>; rel="self"'))
        return Reply(self.body(), headers=headers)

    def subscribe(self, request: Request) -> Reply:
        self.asked.append(dict(parse_qsl(request.body.decode())))
        return Reply(status=202)

    def _path(self) -> str:
        callback = urlsplit(self.asked[-1]["hub.callback"])
        assert f"{callback.scheme}://{callback.netloc}" == PUBLIC
        return callback.path

    def verify(self, **other: str) -> TestResponse:
        query = {
            "hub.mode": "subscribe",
            "hub.topic": self.asked[-1]["hub.topic"],
            "hub.challenge": "a-challenge",
            "hub.lease_seconds": self.lease,
        }
        return self.app.test_client().get(self._path(), query_string={**query, **other})

    def publish(self, body: bytes | None = None, *, secret: str | None = None, way: str = "sha256") -> TestResponse:
        body = self.body() if body is None else body
        key = self.asked[-1]["hub.secret"] if secret is None else secret
        headers = {"X-Hub-Signature": f"{way}={mac(key, body, way).hex()}", "Content-Type": "application/rss+xml"}
        return self.app.test_client().post(self._path(), data=body, headers=headers)


@dataclass
class Blog:
    parts: Services
    hub: Hub
    page_id: int

    def collect(self) -> None:
        (outcome,) = Collector(self.parts.db, self.parts.connectors, self.parts.box, 1, 30).run(
            [self.page_id], force=True
        )
        assert outcome.code is None, outcome

    def subscribe(self, public: str | None = PUBLIC) -> int:
        return Subscriptions(self.parts.db, self.parts.connectors, self.parts.box, public).run()

    def work(self) -> None:
        Runner(self.parts.db, self.parts.connectors, self.parts.box, threads=1).run()

    def texts(self) -> set[str]:
        with self.parts.db.read() as session:
            return set(session.scalars(select(Comment.text)))

    def renew_in(self) -> timedelta:
        with self.parts.db.read() as session:
            at = session.scalars(select(Hook.renew_at)).one()
        assert at is not None
        return at - utc_now()

    def time_has_come(self) -> None:
        with self.parts.db.write() as session:
            session.scalars(select(Hook)).one().renew_at = utc_now()

    def next_read(self) -> datetime:
        with self.parts.db.read() as session:
            return session.scalars(select(Connection.next_read_at)).one()


@pytest.fixture
def blog(parts: Services) -> Iterator[Blog]:
    with Loopback() as server:
        hub = Hub(server, create_app(parts))
        with parts.db.write() as session:
            team = accounts.team_by_key(session, "customer_service")
            assert team is not None
            found = Found("feed", "Porch", server.url("/comments/feed/"))
            page_id = pages.add_page(
                session,
                found,
                team_id=team.id,
                sealed_secret=None,
                account=None,
                since=None,
                now=utc_now(),
            )
        yield Blog(parts, hub, page_id)


@pytest.mark.parametrize("in_header", [False, True])
def test_a_feed_with_a_hub_is_subscribed_to_and_tells_at_once(blog: Blog, in_header: bool) -> None:
    blog.hub.in_header = in_header
    blog.hub.say(1, "First")
    assert blog.subscribe() == 0, "which hub there is says the first read"
    blog.collect()
    assert blog.subscribe(public=None) == 0, "without an address of ours nobody could call"
    assert blog.subscribe() == 1
    (asked,) = blog.hub.asked
    assert (asked["hub.mode"], asked["hub.topic"]) == ("subscribe", blog.hub.topic)
    assert 32 <= len(asked["hub.secret"].encode()) < 200
    answer = blog.hub.verify()
    assert (answer.status_code, answer.text) == (200, "a-challenge")
    assert timedelta(seconds=700) < blog.renew_in() < timedelta(seconds=850), "well before the lease ends"
    assert blog.subscribe() == 0
    blog.hub.say(2, "Second")
    assert blog.hub.publish().status_code == 200
    blog.work()
    assert blog.texts() == {"First", "Second"}
    assert blog.next_read() <= utc_now(), "and it is read, for what changed"


def test_only_what_we_asked_for_is_confirmed(blog: Blog) -> None:
    blog.collect()
    blog.subscribe()
    before = blog.renew_in()
    for wrong in ({"hub.topic": "https://elsewhere.example/"}, {"hub.mode": "unsubscribe"}, {"hub.challenge": ""}):
        assert blog.hub.verify(**wrong).status_code == 404
    assert blog.renew_in() <= before


def test_a_hub_that_does_not_answer_is_asked_ever_more_rarely(blog: Blog) -> None:
    blog.collect()
    waits = []
    for _number in range(3):
        assert blog.subscribe() == 1
        waits.append(round(blog.renew_in().total_seconds() / 600))
        blog.time_has_come()
    assert waits == [1, 2, 4]
    assert len({one["hub.callback"] for one in blog.hub.asked}) == 1, "one address"
    assert len({one["hub.secret"] for one in blog.hub.asked}) == 1, "what is on its way stays proved"


def test_a_lease_is_renewed_and_a_hub_that_is_gone_is_left(blog: Blog) -> None:
    blog.collect()
    blog.subscribe()
    blog.hub.verify()
    blog.time_has_come()
    assert blog.subscribe() == 1
    blog.hub.offered = False
    blog.hub.say(1, "First")
    blog.collect()
    blog.time_has_come()
    assert blog.subscribe() == 0
    assert blog.hub.publish().status_code == 400, "the address is closed"
    assert blog.texts() == {"First"}, "and the feed is read as before"


def remove(blog: Blog) -> None:
    with blog.parts.db.write() as session:
        pages.set_state(session, blog.page_id, PageState.REMOVED, utc_now(), by=None)


def test_a_removed_page_is_told_of_no_more(blog: Blog) -> None:
    blog.collect()
    blog.subscribe()
    blog.hub.verify()
    remove(blog)
    assert blog.hub.publish().status_code == 400, "nothing is taken from then on"
    assert blog.subscribe() == 1
    assert (blog.hub.asked[-1]["hub.mode"], blog.hub.asked[-1]["hub.topic"]) == ("unsubscribe", blog.hub.topic)
    assert blog.hub.asked[-1]["hub.callback"] == blog.hub.asked[0]["hub.callback"]
    assert blog.subscribe() == 0, "once is enough for now"
    assert blog.hub.verify().status_code == 404, "that it goes on is not confirmed"
    answer = blog.hub.verify(**{"hub.mode": "unsubscribe"})
    assert (answer.status_code, answer.text) == (200, "a-challenge")
    with blog.parts.db.read() as session:
        assert session.scalars(select(Hook)).all() == [], "and the address is closed"


def test_a_hub_that_never_asks_back_is_left_in_the_end(blog: Blog) -> None:
    blog.collect()
    blog.subscribe()
    remove(blog)
    asked = 0
    for _number in range(20):
        asked += blog.subscribe()
        with blog.parts.db.write() as session:
            for hook in session.scalars(select(Hook)):
                hook.renew_at = utc_now()
    assert asked == 5
    with blog.parts.db.read() as session:
        assert session.scalars(select(Hook)).all() == []


@pytest.mark.parametrize("way", ["sha1", "sha256", "sha384", "sha512"])
def test_every_way_to_sign_is_taken(blog: Blog, way: str) -> None:
    blog.collect()
    blog.subscribe()
    blog.hub.say(1, "First")
    assert blog.hub.publish(way=way).status_code == 200


def test_what_the_hub_did_not_sign_is_not_read(blog: Blog) -> None:
    blog.collect()
    blog.subscribe()
    blog.hub.say(1, "First")
    assert blog.hub.publish(secret="guess").status_code == 400
    with blog.parts.db.read() as session:
        assert session.scalar(select(HookCall.id)) is None


def test_old_news_brings_nothing_back(blog: Blog) -> None:
    blog.hub.say(1, "Long ago", days_ago=40)
    old = blog.hub.body()
    blog.hub.said.clear()
    blog.hub.say(2, "After")
    blog.collect()
    blog.subscribe()
    blog.hub.publish(old)
    before = blog.hub.body().replace(b"After", b"Befor")
    blog.hub.publish(before)
    blog.work()
    assert blog.texts() == {"After"}


def test_what_is_no_feed_only_says_that_there_is_something_to_read(blog: Blog) -> None:
    blog.collect()
    blog.subscribe()
    blog.hub.publish(b"<html>something changed</html>")
    blog.work()
    assert blog.next_read() <= utc_now()
    with blog.parts.db.read() as session:
        assert not [one for one in session.scalars(select(HookCall)) if one.error_code]
    assert replace(blog.hub).asked == blog.hub.asked
