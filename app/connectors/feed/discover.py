"""Finding the comment feed at or behind an address: the feed itself, what a page links to, and the usual places."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from urllib.parse import urldefrag, urljoin, urlsplit

from app.connectors import errors
from app.connectors.errors import ConnectorError, Permanent
from app.connectors.feed import client, document, entries
from app.connectors.feed.document import Document
from app.connectors.limits import Paced
from app.connectors.ports import Found
from app.connectors.typed import HTML_FIRST, open_page
from app.core.http import Response

KIND = "feed"
MAX_REQUESTS = 10
HEAD_BYTES = 300_000
"""How much of a page is searched for links."""

_LINK = re.compile(r"<link\b[^<>]{1,2000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([a-z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_COMMENTS = re.compile(r"comment|kommentar|replies|antworten|discussion", re.IGNORECASE)
_TO_A_COMMENT = re.compile(r"#(?:comment|isso|c|reply|respond)?-?\d+\Z", re.IGNORECASE)
_FOR_A_SITE = re.compile(r"\A(?:Comments for|Kommentare für) ")
_UNREACHABLE = frozenset({errors.UNREACHABLE, errors.TIMED_OUT})

_USUAL_PLACES = ("comments/feed/atom/", "comments/feed/", "?feed=comments-atom", "feeds/comments/default")
"""WordPress with and without pretty addresses; Blogger."""


_KINDS = frozenset(
    {"application/atom+xml", "application/rss+xml", "application/rdf+xml", "text/xml", "application/xml"}
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address to try. ``says_comments``: it was named as a feed of comments, by its place or by who linked to it."""

    url: str
    says_comments: bool


def discover(web: Paced, typed: str, now: datetime) -> Found:
    """See ``FeedConnector.discover``."""
    page = open_page(web.http, typed, accept=HTML_FIRST, max_bytes=document.MAX_BYTES)
    if page.status != 200:
        raise Permanent(errors.NOT_FOUND if page.status == 404 else errors.REFUSED, f"HTTP {page.status}")
    return _Search(web, urlsplit(page.url).netloc, now).run(page)


class _Search:
    def __init__(self, web: Paced, host: str, now: datetime) -> None:
        self._web = web
        self._host = host
        self._now = now
        self._tried: dict[str, str] = {}
        self._failure: ConnectorError | None = None

    def run(self, page: Response) -> Found:
        feed = self._feed(page)
        if feed is None:
            found = self._first([*_linked(page), *_usual(page.url)])
        elif (of_posts := entries.comment_feeds(feed, page.url)) is not None:
            self._tried[page.url] = "a feed of posts"
            found = self._first(_usual(entries.site(feed, page.url) or page.url), of_posts)
        else:
            found = self._first(_with_threads(page.url)) or _found(feed, page.url)
        if found is None:
            # A site that fails just now must not pass for one without comments.
            raise self._failure or Permanent(errors.NOT_A_FEED, self._report())
        return found

    def _first(self, candidates: Sequence[Candidate], of_posts: Sequence[str] = ()) -> Found | None:
        """The first comment feed among these; the last resort is that of a single post."""
        for candidate in candidates:
            response = self._fetch(candidate.url)
            feed = self._feed(response) if response else None
            if response is None or feed is None:
                continue
            single = entries.comment_feeds(feed, response.url)
            if single is None and (candidate.says_comments or _is_about_comments(feed, response.url, self._now)):
                return _found(feed, response.url)
            self._tried[response.url] = "a feed of posts"
            of_posts = of_posts or single or ()
        if not of_posts:
            return None
        return self._first([Candidate(of_posts[0], says_comments=True)], ()) if of_posts[0] not in self._tried else None

    def _fetch(self, url: str) -> Response | None:
        if url in self._tried or len(self._tried) >= MAX_REQUESTS:
            return None
        self._tried[url] = "read"
        try:
            return client.fetch(self._web, url)
        except ConnectorError as error:
            if urlsplit(url).netloc == self._host and not isinstance(error, Permanent):
                if error.code in _UNREACHABLE:
                    raise
                self._failure = self._failure or error
            self._tried[url] = error.detail.partition(" from ")[0] or error.code
            return None

    def _feed(self, response: Response) -> Document | None:
        try:
            return document.read(response.body, client.media_type(response))
        except ConnectorError as error:
            self._tried[response.url] = error.detail
            return None

    def _report(self) -> str:
        return "; ".join(f"{_short(url)}: {result}" for url, result in self._tried.items())


def _found(feed: Document, url: str) -> Found:
    name = _FOR_A_SITE.sub("", entries.title(feed))
    return Found(KIND, name or urlsplit(url).netloc, urldefrag(url)[0])


def _is_about_comments(feed: Document, url: str, now: datetime) -> bool:
    if _COMMENTS.search(entries.title(feed)):
        return True
    return any(entry.replies_to or _TO_A_COMMENT.search(entry.link or "") for entry in entries.entries(feed, url, now))


def _linked(page: Response) -> list[Candidate]:
    """The feeds that a page names in its head, those of comments first, of these the ones with threads first."""
    found = []
    for tag in _LINK.findall(page.body[:HEAD_BYTES].decode("utf-8", "replace")):
        named = {name.lower(): unescape(one or two or bare) for name, one, two, bare in _ATTRIBUTE.findall(tag)}
        kind = named.get("type", "").lower()
        if "alternate" not in named.get("rel", "").lower().split() or kind not in _KINDS or not named.get("href"):
            continue
        try:
            url = urljoin(page.url, named["href"].strip())
        except ValueError:
            continue
        comments = bool(_COMMENTS.search(named.get("title", "")) or _COMMENTS.search(urlsplit(url).path))
        found.append((not comments, kind != "application/atom+xml", Candidate(url, says_comments=comments)))
    found.sort(key=lambda one: one[:2])
    return [both for *_, candidate in found for both in (*_threads_of(candidate), candidate)]


def _threads_of(candidate: Candidate) -> list[Candidate]:
    return _with_threads(candidate.url) if candidate.says_comments else []


def _with_threads(url: str) -> list[Candidate]:
    """WordPress offers each comment feed as RSS and as Atom; only Atom says which comment answers which."""
    parts = urlsplit(url)
    if parts.path.rstrip("/").endswith("/feed"):
        return [Candidate(parts._replace(path=parts.path.rstrip("/") + "/atom/").geturl(), says_comments=True)]
    if "feed=comments-rss2" in parts.query:
        query = parts.query.replace("feed=comments-rss2", "feed=comments-atom")
        return [Candidate(parts._replace(query=query).geturl(), says_comments=True)]
    return []


def _usual(url: str) -> list[Candidate]:
    parts = urlsplit(url)
    below = parts.path if parts.path.endswith("/") else parts.path.rpartition("/")[0] + "/"
    bases = dict.fromkeys(parts._replace(path=path, query="", fragment="").geturl() for path in (below, "/"))
    return [Candidate(base + place, says_comments=True) for base in bases for place in _USUAL_PLACES]


def _short(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(scheme="", netloc="").geturl() or "/"
