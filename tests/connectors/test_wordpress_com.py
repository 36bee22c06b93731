"""WordPress.com: the contract suite on a stand-in made of the real WordPress, and what is peculiar to it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest

from app.connectors.ports import Access
from app.connectors.wordpress import WordPressComConnector
from app.core.pace import Pace
from tests.connectors.contract import ConnectorContract
from tests.connectors.proxied_stage import CountingHttp
from tests.connectors.publish_contract import PublishContract, PublishWireContract
from tests.connectors.wire_contract import WireContract
from tests.connectors.wordpress_com import WordPressCom, token
from tests.connectors.wordpress_stage import Wire, WordPressStage
from tests.servers.faulty_proxy import FaultyProxy
from tests.servers.loopback import Loopback, Reply, Request
from tests.servers.wordpress import Site

pytestmark = pytest.mark.xdist_group("wordpress")


class WordPressComStage(WordPressStage):
    """As for WordPress itself, but reached at another address with a token."""

    def __init__(self, wire: Wire, com: WordPressCom) -> None:
        self.com = com
        self.com.revoked.clear()
        super().__init__(wire)
        self.wrong_secret = {"password": token("nobody")}
        self.access = replace(self.access, secret={"password": token("rita")})
        self.elsewhere = self.site.url

    def _connect(self) -> Access:
        return self.connected({"password": token("rita")})

    def colleague(self) -> WordPressComConnector:
        return WordPressComConnector(self.http, self.pace, api=self.proxy.url.rstrip("/"))

    def revoke(self) -> None:
        self.com.revoked.add("rita")


@pytest.fixture(scope="module")
def com(wordpress_server: Site) -> Iterator[WordPressCom]:
    with WordPressCom(wordpress_server) as found:
        yield found


@pytest.fixture(scope="module")
def com_wire(com: WordPressCom, wordpress_server: Site) -> Iterator[Wire]:
    with FaultyProxy(com.address) as proxy:
        yield Wire(wordpress_server, proxy)


class TestWordPressCom(ConnectorContract, WireContract, PublishContract, PublishWireContract):
    kind = "wordpress_com"

    @pytest.fixture
    def stage(self, com: WordPressCom, com_wire: Wire, wordpress_site: Site) -> WordPressComStage:
        return WordPressComStage(com_wire, com)


def _given(reply: Reply, _request: Request) -> Reply:
    return reply


def test_a_blog_says_in_several_ways_that_it_is_at_wordpress_com(loopback: Loopback) -> None:
    site = json.dumps({"ID": 7, "name": "Ann &amp; Ben", "URL": "https://annandben.example"}).encode()
    loopback.route("/rest/v1.1/sites/127.0.0.1", lambda _request: Reply(site))
    link = [("Link", '<https://public-api.wordpress.com/wp-json/>; rel="https://api.w.org/"')]
    pages = [
        Reply(b'<meta name="generator" content="WordPress.com" />'),
        Reply(b"<link rel='https://api.w.org/' href='https://public-api.wordpress.com/wp/v2/sites/7/' />"),
        Reply(b"<p>Hello", headers=link),
    ]
    connector = WordPressComConnector(CountingHttp(), Pace(), api=loopback.url("").rstrip("/"))
    for page in pages:
        loopback.routes["/"] = partial(_given, page)
        found = connector.discover(loopback.url())
        assert found is not None
        assert (found.name, found.url) == ("Ann & Ben", "https://annandben.example/")
        assert str(found.settings["rest_root"]).endswith("/wp/v2/sites/7")


def test_wordpress_com_is_not_asked_about_other_sites(loopback: Loopback) -> None:
    loopback.route("*", lambda _request: Reply(b'<meta name="generator" content="WordPress 6.5" />'))
    assert (
        WordPressComConnector(CountingHttp(), Pace(), api=loopback.url("").rstrip("/")).discover(loopback.url()) is None
    )
    assert [one.path for one in loopback.requests] == ["/"]


def test_a_token_stays_with_the_interface(loopback: Loopback) -> None:
    loopback.route("*", lambda _request: Reply(b"[]", headers=[("X-WP-Total", "0")]))
    connector = WordPressComConnector(CountingHttp(), Pace())
    settings = {"rest_root": loopback.url("/wp/v2/sites/7"), "rights": "moderator", "user_id": 1}
    access = Access("https://annandben.example/", settings, {"password": "s3cret"})
    assert list(connector.latest(access, count=5, now=datetime.now(UTC))) == []
    [request] = loopback.requests
    assert request.path == "/wp/v2/sites/7/comments"
    assert request.headers["authorization"] == "Bearer s3cret"
