"""The real WordPress of the tests as a stage for the contract suite, with a proxy in front that breaks on demand."""

import html
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import requests

from app.connectors.ports import Access, Target
from app.connectors.wordpress import WordPressConnector
from app.core.config import Outgoing
from app.core.http import Http, Method, Response
from app.core.text import from_html
from tests.connectors.stage import Fault, PublishStage, WireStage
from tests.servers.faulty_proxy import Cut, FaultyProxy, Instead, Silence
from tests.servers.faulty_proxy import Fault as Break
from tests.servers.wordpress import Site

LOOPBACK = ["127.0.0.0/8"]
PAGE = b"<!doctype html><title>Just a moment</title><p>Checking your browser"
SILENCES = (Fault.SILENT, Fault.SILENT_AFTER)
BREAKS: Mapping[Fault, Break] = {
    Fault.UNAUTHORIZED: Instead(401, PAGE),
    Fault.FORBIDDEN: Instead(403, PAGE),
    Fault.NOT_FOUND: Instead(404, PAGE),
    Fault.GONE: Instead(410, PAGE),
    Fault.THROTTLED: Instead(429, PAGE, (("Retry-After", "120"),)),
    Fault.THROTTLED_SILENTLY: Instead(429),
    Fault.MAINTENANCE: Instead(503, PAGE, (("Retry-After", "120"),)),
    Fault.BROKEN: Instead(500, PAGE),
    Fault.HTML: Instead(200, PAGE, (("Content-Type", "text/html"),)),
    Fault.NOTHING: Instead(200, b"", (("Content-Type", "application/json"),)),
    Fault.SILENT: Silence(),
    Fault.CUT_BEFORE: Cut(after=False),
    Fault.CUT_AFTER: Cut(after=True),
    Fault.SILENT_AFTER: Silence(after=True),
    Fault.BROKEN_AFTER: Instead(500, PAGE, after=True),
}


class CountingHttp(Http):
    """The product's own client. It counts, and loses patience quickly while a test is about that."""

    def __init__(self) -> None:
        super().__init__(Outgoing.model_validate({"allow_networks": LOOPBACK}))
        self._hasty = Http(Outgoing.model_validate({"allow_networks": LOOPBACK, "read_seconds": 0.5}))
        self.hasty = False
        self.requests: list[str] = []

    def request(self, method: Method, url: str, **arguments: Any) -> Response:
        self.requests.append(url)
        if self.hasty:
            return self._hasty.request(method, url, **arguments)
        return super().request(method, url, **arguments)


@dataclass
class Wire:
    """What the tests of a module share: the site, the way to it, and the connections made once."""

    site: Site
    proxy: FaultyProxy
    http: CountingHttp = field(default_factory=CountingHttp)
    connected: dict[str | None, Access] = field(default_factory=dict)


class WordPressStage(WireStage, PublishStage):
    """``login`` is who we are on the site (rita moderates, tom writes posts, kim only reads), or None."""

    def __init__(self, wire: Wire, login: str | None = "rita") -> None:
        self.wrong_secret = {"login": "rita", "password": "aaaa bbbb cccc dddd eeee ffff"}
        self.site, self.proxy, self.http = wire.site, wire.proxy, wire.http
        self.connector = WordPressConnector(self.http)
        self.address = self.proxy.url
        self.login = login
        self.post = self.site.post('The <em>first</em> post & "more"')
        if login not in wire.connected:
            wire.connected[login] = self._connect()
        secret = self.site.users[login].secret if login else None
        self.access = replace(wire.connected[login], secret=secret)
        self.http.requests.clear()

    def _connect(self) -> Access:
        """As a person does on the connect screen."""
        found = self.connector.discover(self.address)
        assert found is not None
        secret = self.site.users[self.login].secret if self.login else None
        account = self.connector.check(Access(found.url, found.settings, secret))
        return Access(found.url, {**found.settings, **(account.settings if account else {})})

    def say(
        self,
        text: str,
        *,
        author: str = "Ann",
        parent: str | None = None,
        held: bool = False,
        at: datetime | None = None,
    ) -> str:
        if not held and at is None:
            answer = self.site.comment(self.post, text, author=author, parent=int(parent or 0))
            assert answer.comment_id is not None, f"the comment form answered {answer.status}"
            return str(answer.comment_id)
        [comment] = self.site.comments([self._fields(text, author=author, held=held, at=at)])
        return str(comment)

    def say_many(self, texts: Sequence[str]) -> list[str]:
        return [str(one) for one in self.site.comments([self._fields(text) for text in texts])]

    def _fields(
        self, text: str, *, author: str = "Ann", held: bool = False, at: datetime | None = None
    ) -> dict[str, Any]:
        when = (at or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        return {
            "comment_post_ID": self.post,
            "comment_author": author,
            "comment_content": text,
            "comment_date_gmt": when,
            "comment_approved": 0 if held else 1,
        }

    def release(self, comment: str) -> None:
        self.site.act(int(comment), "approve")

    def edit(self, comment: str, text: str) -> None:
        self.site.edit(int(comment), text)

    def remove(self, comment: str) -> None:
        self.site.act(int(comment), "delete")

    def target(self, comment: str) -> Target:
        return Target(comment, str(self.post), None)

    def answers(self, comment: str) -> list[str]:
        rows = [row for row in self.site.truth() if row["comment_parent"] == comment]
        return [html.unescape(row["comment_content"]) for row in rows if row["comment_approved"] == "1"]

    def posts(self) -> list[str]:
        found = requests.get(f"{self.site.url}?rest_route=/wp/v2/posts&per_page=100", timeout=20).json()
        return [from_html(f"<p>{one['title']['rendered']}</p>{one['content']['rendered']}") for one in found]

    def say_below(self, post: str, text: str) -> str:
        return str(self.site.comment(int(post), text).comment_id)

    @contextmanager
    def fault(self, fault: Fault, *, acts_only: bool = False) -> Iterator[None]:
        self.http.hasty = fault in SILENCES
        try:
            with self.proxy.fault(BREAKS[fault], method="POST" if acts_only else None):
                yield
        finally:
            self.http.hasty = False

    def revoke(self) -> None:
        assert self.login is not None
        self.site.revoke(self.login)
