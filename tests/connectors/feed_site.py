"""A small blog with comment feeds, as a stage for the contract suite: written here, served from this machine."""

import html
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256
from typing import ClassVar

from app.connectors.feed import FeedConnector
from app.connectors.ports import Access, Target
from app.core.http import Http
from app.core.sections import Outgoing
from tests.connectors.stage import Fault, Lack, WireStage
from tests.servers.faulty_proxy import Instead
from tests.servers.loopback import Loopback, Reply, Request, Route, hang, raw

PAGE = b"<!doctype html><html><title>Just a moment</title><p>Checking your browser"
WAIT = [("Retry-After", "120")]
BREAKS: dict[Fault, Route] = {
    Fault.UNAUTHORIZED: lambda request: Reply(PAGE, 401),
    Fault.FORBIDDEN: lambda request: Reply(PAGE, 403),
    Fault.NOT_FOUND: lambda request: Reply(PAGE, 404),
    Fault.GONE: lambda request: Reply(PAGE, 410),
    Fault.THROTTLED: lambda request: Reply(PAGE, 429, WAIT),
    Fault.THROTTLED_SILENTLY: lambda request: Reply(PAGE, 429),
    Fault.MAINTENANCE: lambda request: Reply(PAGE, 503, WAIT),
    Fault.BROKEN: lambda request: Reply(PAGE, 500),
    Fault.HTML: lambda request: Reply(PAGE),
    Fault.NOTHING: lambda request: Reply(b""),
    Fault.SILENT: hang(),
    Fault.CUT_BEFORE: raw(b""),
    Fault.CUT_AFTER: raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n<?xml version='1.0'?><rss>"),
    Fault.SILENT_AFTER: hang(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n<?xml version='1.0'?><rss>"),
    Fault.BROKEN_AFTER: lambda request: Reply(PAGE, 500),
}


NOBODY = "(nobody)"
"""The author of what the feed shows without one."""


@dataclass
class Said:
    """A comment on the blog."""

    number: int
    author: str
    text: str
    at: datetime
    parent: int
    held: bool


def http(**settings: float) -> Http:
    """A client that may reach this machine."""
    return Http(Outgoing.model_validate({"allow_networks": ["127.0.0.0/8"], **settings}))


class FeedStage(WireStage):
    """A blog that offers its comments as RSS, as Atom, or both; with ``shows`` only the newest few."""

    never: ClassVar[Mapping[Lack, str]] = {
        Lack.ELSEWHERE: "an address without a feed is refused, with what was tried: nobody else is asked"
    }

    def __init__(self, server: Loopback, *, formats: tuple[str, ...] = ("rss", "atom"), shows: int = 1_000) -> None:
        self.server = server
        self.comments: dict[int, Said] = {}
        self.shows = shows
        self.connector = self.colleague()
        self.address = server.url()
        self.post = server.url("/2026/11/spring-sale/")
        self._last = 0
        server.route("/", lambda request: Reply(self._home(formats)))
        if "rss" in formats:
            server.route("/comments/feed/", lambda request: self._answer(request, self.rss()))
        if "atom" in formats:
            server.route("/comments/feed/atom/", lambda request: self._answer(request, self.atom()))
        found = self.connector.discover(self.address)
        self.access = Access(found.url, found.settings)

    def say(
        self,
        text: str,
        *,
        author: str = "Ann",
        parent: str | None = None,
        held: bool = False,
        at: datetime | None = None,
    ) -> str:
        self._last += 1
        above = int(parent.rpartition("-")[2]) if parent else 0
        when = (at or datetime.now(UTC)).replace(microsecond=0)
        self.comments[self._last] = Said(self._last, author, text, when, above, held)
        return self.guid(self._last)

    def guid(self, number: int) -> str:
        return self.server.url(f"/?p=1#comment-{number}")

    def say_unnamed(self, text: str, lack: Lack) -> str:
        return self.say(text, author="" if lack is Lack.EMPTY_NAME else NOBODY)

    def release(self, comment: str) -> None:
        self._said(comment).held = False

    def edit(self, comment: str, text: str) -> None:
        self._said(comment).text = text

    def remove(self, comment: str) -> None:
        del self.comments[self._said(comment).number]

    def target(self, comment: str) -> Target:
        return Target(comment, self.post, f"{self.post}#comment-{self._said(comment).number}")

    def answers(self, comment: str) -> list[str]:
        return [one.text for one in self.comments.values() if one.parent == self._said(comment).number]

    @contextmanager
    def fault(self, fault: Fault, *, acts_only: bool = False) -> Iterator[None]:
        patient, hasty = self.connector, FeedConnector(http(read_seconds=0.3), self.pace)
        self.connector = hasty if fault in (Fault.SILENT, Fault.SILENT_AFTER) else patient
        try:
            with self._routed(BREAKS[fault]):
                yield
        finally:
            self.connector = patient

    @contextmanager
    def answering(self, answer: Instead) -> Iterator[None]:
        with self._routed(lambda request: Reply(answer.body, answer.status, answer.headers)):
            yield

    @contextmanager
    def _routed(self, route: Route) -> Iterator[None]:
        """All addresses answer so."""
        routes = dict(self.server.routes)
        self.server.routes.clear()
        self.server.route("*", route)
        try:
            yield
        finally:
            self.server.routes.clear()
            self.server.routes.update(routes)
            self.pace.run_out()

    def colleague(self) -> FeedConnector:
        return FeedConnector(http(), self.pace)

    def asked(self) -> int:
        return len(self.server.requests)

    def revoke(self) -> None:
        raise AssertionError("feeds have no credentials")

    def rss(self) -> str:
        """The feed as WordPress writes it: a reply begins with a link to what it answers."""
        items = "".join(
            f"<item><title>Comment on Spring sale by {html.escape(one.author)}</title>"
            f"<link>{self.post}#comment-{one.number}</link>{_creator(one)}"
            f"<pubDate>{format_datetime(one.at)}</pubDate><guid isPermaLink='false'>{self.guid(one.number)}</guid>"
            f"<description>{html.escape(html.escape(one.text))}</description>"
            f"<content:encoded><![CDATA[{self._answering(one)}{_paragraphs(one.text)}]]></content:encoded></item>"
            for one in self._shown()
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
            'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Comments for The Bakery</title>'
            f"<link>{self.server.url()}</link>{items}</channel></rss>"
        )

    def atom(self) -> str:
        """The feed with threads (RFC 4685)."""
        entries = "".join(
            f"<entry><title>Comment on Spring sale by {html.escape(one.author)}</title><id>{self.guid(one.number)}</id>"
            f'<link rel="alternate" href="{self.post}#comment-{one.number}"/>{_author(one)}'
            f"<published>{one.at.isoformat()}</published><updated>{one.at.isoformat()}</updated>"
            f'<content type="html">{html.escape(self._answering(one) + _paragraphs(one.text))}</content>'
            f"{self._in_reply_to(one)}</entry>"
            for one in self._shown()
        )
        return (
            '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0">'
            f'<title>Comments for The Bakery</title><link href="{self.server.url()}"/>{entries}</feed>'
        )

    def _said(self, comment: str) -> Said:
        return self.comments[int(comment.rpartition("-")[2])]

    def _shown(self) -> list[Said]:
        live = [one for one in self.comments.values() if not one.held]
        return sorted(live, key=lambda one: (one.at, one.number), reverse=True)[: self.shows]

    def _answering(self, one: Said) -> str:
        if not one.parent:
            return ""
        return f'<p>In reply to <a href="{self.post}#comment-{one.parent}">somebody</a>.</p>\n'

    def _in_reply_to(self, one: Said) -> str:
        if not one.parent:
            return f'<thr:in-reply-to ref="{self.server.url("/?p=1")}" href="{self.post}" type="text/html"/>'
        return f'<thr:in-reply-to ref="{self.guid(one.parent)}" href="{self.post}#comment-{one.parent}"/>'

    def _home(self, formats: tuple[str, ...]) -> bytes:
        rss = '<link rel="alternate" type="application/rss+xml" title="{}" href="{}">'
        links = rss.format("The Bakery » Feed", "/feed/")
        if "rss" in formats:
            links += rss.format("The Bakery » Comments Feed", "/comments/feed/")
        if "atom" in formats:
            links += rss.replace("rss+", "atom+").format("The Bakery » Comments Feed", "/comments/feed/atom/")
        return f"<!doctype html><html><head><title>The Bakery</title>{links}</head><body>Bread</body></html>".encode()

    def _answer(self, request: Request, feed: str) -> Reply:
        etag = f'"{sha256(feed.encode()).hexdigest()}"'
        if request.headers.get("if-none-match") == etag:
            return Reply(status=304, headers=[("ETag", etag)])
        return Reply(feed.encode(), headers=[("ETag", etag), ("Content-Type", "application/xml; charset=UTF-8")])


def _creator(one: Said) -> str:
    return "" if one.author == NOBODY else f"<dc:creator><![CDATA[{one.author}]]></dc:creator>"


def _author(one: Said) -> str:
    return "" if one.author == NOBODY else f"<author><name>{html.escape(one.author)}</name></author>"


def _paragraphs(text: str) -> str:
    escaped = html.escape(text, quote=False)
    return "".join("<p>" + part.replace("\n", "<br />\n") + "</p>\n" for part in escaped.split("\n\n"))
