"""Finding the comment feed from whatever address somebody types."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.connectors import errors
from app.connectors.errors import ConnectorError, Permanent
from app.connectors.feed import FeedConnector
from app.core.http import Http
from app.core.pace import Pace
from app.core.sections import Outgoing
from tests.connectors.feed_site import http
from tests.servers.loopback import Loopback, Reply, redirect

DATA = Path(__file__).parent / "feed_data"
RECORDED_AT = b"http://127.0.0.1:8081"


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as server:
        yield server


@pytest.fixture
def connector() -> FeedConnector:
    return FeedConnector(http(), Pace())


def serve(server: Loopback, path: str, name: str) -> None:
    """A recording, as if it had been made on this server."""
    [file] = DATA.glob(f"{name}.*")
    body = file.read_bytes().replace(RECORDED_AT, server.url("").encode())
    server.route(path, lambda request: Reply(body))


def page(*links: str) -> Reply:
    head = "".join(f"<link {link}>" for link in links)
    return Reply(f"<!doctype html><html><head><title>Blog</title>{head}</head></html>".encode())


def refused(connector: FeedConnector, url: str) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        connector.discover(url)
    return caught.value


def test_a_wordpress_page_leads_to_its_comments_with_threads(server: Loopback, connector: FeedConnector) -> None:
    serve(server, "/", "home-html")
    serve(server, "/feed/", "feed-posts")
    serve(server, "/comments/feed/", "feed-site-rss2")
    serve(server, "/comments/feed/atom/", "feed-site-atom")
    found = connector.discover(server.url())
    assert (found.kind, found.name, found.can_log_in) == ("feed", "Krümel & Kruste", False)
    assert found.url == server.url("/comments/feed/atom/")


def test_without_threads_the_plain_feed_is_taken(server: Loopback, connector: FeedConnector) -> None:
    serve(server, "/", "home-html")
    serve(server, "/comments/feed/", "feed-site-rss2")
    assert connector.discover(server.url()).url == server.url("/comments/feed/")


def test_two_spellings_of_one_feed_are_one_page(server: Loopback, connector: FeedConnector) -> None:
    serve(server, "/comments/feed/", "feed-site-rss2")
    serve(server, "/comments/feed", "feed-site-rss2")
    serve(server, "/comments/feed/atom/", "feed-site-atom")
    typed = ["/comments/feed/", "/comments/feed", "/comments/feed/atom/", "/comments/feed/#top"]
    addresses = [server.url(path) for path in typed] + [f" 127.0.0.1:{server.port}/comments/feed/ "]
    assert {connector.discover(address).url for address in addresses} == {server.url("/comments/feed/atom/")}


def test_a_feed_of_posts_leads_to_the_feed_of_comments(server: Loopback, connector: FeedConnector) -> None:
    serve(server, "/feed/", "feed-posts")
    serve(server, "/comments/feed/", "feed-site-rss2")
    assert connector.discover(server.url("/feed/")).url == server.url("/comments/feed/")


def test_a_feed_of_posts_alone_leads_to_the_comments_of_the_newest(server: Loopback, connector: FeedConnector) -> None:
    serve(server, "/feed/", "feed-posts")
    serve(server, "/2026/11/hello-world/feed/", "feed-post-main-rss2")
    found = connector.discover(server.url("/feed/"))
    assert found.url == server.url("/2026/11/hello-world/feed/")
    assert found.name.startswith("Comments on")


def test_an_atom_feed_of_posts_leads_to_its_replies(server: Loopback, connector: FeedConnector) -> None:
    posts = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>Posts</title><entry><id>1</id><link href="/p/"/>'
        '<link rel="replies" type="text/html" href="/p/#comments"/>'
        '<link rel="replies" type="application/atom+xml" href="/p/comments.atom"/></entry></feed>'
    )
    server.route("/posts.atom", lambda request: Reply(posts.encode()))
    serve(server, "/p/comments.atom", "isso-feed-bread")
    assert connector.discover(server.url("/posts.atom")).url == server.url("/p/comments.atom")


@pytest.mark.parametrize(
    "link",
    [
        'rel=alternate type=application/atom+xml href="/isso?uri=%2Fp&amp;x=1" title="Comments"',
        "href='/isso?uri=%2Fp&amp;x=1' TYPE='application/ATOM+XML' REL='Alternate nofollow'",
    ],
)
def test_links_are_found_however_they_are_written(server: Loopback, connector: FeedConnector, link: str) -> None:
    server.route("/", lambda request: page('rel="stylesheet" href="/x.css"', link))
    serve(server, "/isso", "isso-feed-bread")
    found = connector.discover(server.url())
    assert found.url == server.url("/isso?uri=%2Fp&x=1")
    assert found.name == "127.0.0.1:8083/posts/bread/"


def test_of_the_feeds_that_a_page_names_that_with_threads_is_taken(server: Loopback, connector: FeedConnector) -> None:
    links = 'rel=alternate type=application/{}+xml title="All comments" href="/{}"'
    server.route("/", lambda request: page(links.format("rss", "a"), links.format("atom", "b")))
    serve(server, "/a", "feed-site-rss2")
    serve(server, "/b", "feed-site-atom")
    assert connector.discover(server.url()).url == server.url("/b")


def test_a_feed_of_posts_that_a_page_names_is_not_taken_for_comments(
    server: Loopback, connector: FeedConnector
) -> None:
    server.route("/", lambda request: page('rel="alternate" type="application/rss+xml" title="News" href="/index.xml"'))
    serve(server, "/index.xml", "feed-site-rss092")
    error = refused(connector, server.url())
    assert error.code == errors.NOT_A_FEED
    assert "/index.xml: a feed of posts" in error.detail


def test_the_usual_places_are_tried_and_named(server: Loopback, connector: FeedConnector) -> None:
    server.route("/blog/", lambda request: page())
    error = refused(connector, server.url("/blog/"))
    assert isinstance(error, Permanent)
    assert error.code == errors.NOT_A_FEED
    assert error.detail.startswith(
        '/blog/: an HTML page "Blog"; /blog/comments/feed/atom/: HTTP 404; /blog/comments/feed/'
    )
    assert len(server.requests) <= 10
    serve(server, "/blog/comments/feed/", "feed-site-rss2")
    assert connector.discover(server.url("/blog/")).url == server.url("/blog/comments/feed/")


def test_the_address_after_redirects_counts(server: Loopback, connector: FeedConnector) -> None:
    server.route("/old", redirect("/isso", 301))
    serve(server, "/isso", "isso-feed-bread")
    assert connector.discover(server.url("/old")).url == server.url("/isso")


def test_a_feed_without_a_title_is_named_after_its_host(server: Loopback, connector: FeedConnector) -> None:
    server.route("/x", lambda request: Reply(b"<rss><channel/></rss>"))
    assert connector.discover(server.url("/x")).name == f"127.0.0.1:{server.port}"


@pytest.mark.parametrize(
    ("status", "code"), [(404, errors.NOT_FOUND), (403, errors.REFUSED), (500, errors.SERVER_ERROR)]
)
def test_a_page_that_can_not_be_read_says_why(
    server: Loopback, connector: FeedConnector, status: int, code: str
) -> None:
    server.route("/", lambda request: Reply(b"<html></html>", status))
    assert refused(connector, server.url()).code == code


def test_a_site_that_fails_just_now_is_not_called_one_without_comments(
    server: Loopback, connector: FeedConnector
) -> None:
    serve(server, "/", "home-html")
    server.route("/comments/feed/", lambda request: Reply(b"", 503))
    assert refused(connector, server.url()).code == errors.SERVER_ERROR


def test_links_to_a_site_that_is_gone_are_passed_over(server: Loopback, connector: FeedConnector) -> None:
    with Loopback() as other:
        gone = other.url("/comments.atom")
    server.route("/", lambda request: page(f'rel=alternate type=application/atom+xml title=Comments href="{gone}"'))
    serve(server, "/comments/feed/", "feed-site-rss2")
    assert connector.discover(server.url()).url == server.url("/comments/feed/")


def test_a_private_address_is_refused() -> None:
    assert refused(FeedConnector(Http(Outgoing()), Pace()), "http://127.0.0.1:9/feed/").code == errors.ADDRESS_REFUSED
