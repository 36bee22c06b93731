"""From the bytes of a feed to comments in our words. Pure: the same bytes, settings and time give the same items."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from app.connectors.feed import document, entries, ids, unchanged
from app.connectors.feed.document import Document
from app.connectors.feed.entries import Entry
from app.connectors.feed.ids import Identity
from app.connectors.ports import Author, Item, Post, Status
from app.core.markup import from_html

_ABOUT_ONE = ((re.compile(r"Comments on:? (.+)\Z"), "By: "), (re.compile(r"Kommentare zu:? (.+)\Z"), "Von: "))
_ABOUT_ANY = (("Comment on ", " by "), ("Kommentar zu ", " von "))
_ANSWERS = re.compile(
    r"""\A\s*(?:<p>\s*)?(?:In reply to|Als Antwort auf|Antwort auf) """
    r"""<a [^<>]{0,20}?href="([^"<>]{1,2000})"[^<>]{0,200}>[^<]{0,500}</a>\.?\s*(?:</p>|<br\s*/?>)?"""
)
_NOTHING = re.compile(r"(?:\s|</?p>|<br\s*/?>)*\Z")
_PAGE_OF_COMMENTS = re.compile(r"/comment-page-\d+/?\Z")
_PAGE_PARAMETERS = frozenset({"cpage", "replytocom", "showComment"})


@dataclass(frozen=True, slots=True)
class Read:
    """A feed that was read."""

    document: Document
    items: Sequence[Item]
    """Those that are new or changed against what was known, in the order of the feed."""
    places: Mapping[str, int]
    """Which entry of the document each item is, by external id."""
    marks: ids.Marks
    """What each id of the feed itself said, for the next read to compare with (see ``ids``)."""
    prints: unchanged.Prints
    """How the entries stood there, for the next read to pass over those that still do."""
    repeated: Mapping[str, str]
    site: str | None
    """The page that the feed says it belongs to."""


def read_feed(
    body: bytes,
    media_type: str,
    url: str,
    now: datetime,
    *,
    known: Mapping[str, str] | None = None,
    repeated: Mapping[str, str] | None = None,
    seen: Mapping[str, str] | None = None,
) -> Read:
    """The comments in an answer of the feed at ``url``. ``known``, ``repeated`` and ``seen`` (the ``prints`` of the
    read that ``known`` is from) come from earlier reads.

    Raises Transient: NOT_A_FEED, BAD_ANSWER, TOO_LARGE.
    """
    feed = document.read(body, media_type)
    known, repeated = known or {}, repeated or {}

    def identified(without: Collection[int] = ()) -> tuple[list[Identity], Mapping[str, str]]:
        return ids.identify(entries.entries(feed, url, now, without=without), known, repeated)

    prints = unchanged.fingerprints(feed, entries.base(feed, url))
    same = {} if repeated else unchanged.same(prints, seen or {})
    found, learned = identified(same)
    if same and not unchanged.stand_alone(found, same):
        same = {}
        found, learned = identified()
    news = [one for one in found if known.get(one.key) not in (one.mark, ids.LEFT_OUT)]
    site = entries.site(feed, url)
    everything = (lambda: identified()[0]) if same else (lambda: found)
    threads = _Threads(found, set(same.values()), everything, entries.title(feed), site or url)
    return Read(
        feed,
        items=[threads.item(one.external_id, one.entry) for one in news],
        places={one.external_id: one.entry.number for one in news},
        marks={one.key: one.mark for one in found} | {key: known[key] for key in same.values()},
        prints=unchanged.prints_of(found, prints, same),
        repeated=learned,
        site=site,
    )


class _Threads:
    """Puts each entry under its post and its parent."""

    def __init__(
        self,
        found: Sequence[Identity],
        others: Collection[str],
        everything: Callable[[], Sequence[Identity]],
        title: str,
        site: str,
    ) -> None:
        self._guids = {one.key for one in found if one.entry.guid == one.external_id}.union(others)
        self._everything = everything
        self._title = title
        self._site = site

    @cached_property
    def _by_link(self) -> Mapping[str, str]:
        """Of all entries, also the unchanged: few feeds need it."""
        return {one.entry.link: one.external_id for one in self._everything() if one.entry.link}

    def item(self, external_id: str, entry: Entry) -> Item:
        parent = self._parent(entry)
        html = entry.html
        prefix = _ANSWERS.match(html)
        if prefix and (answered := self._answered(entry, prefix[1], parent)):
            parent = answered
            html = html[prefix.end() :]
        text = entry.text or from_html(html)
        return Item(
            external_id=external_id,
            post=self._post(entry),
            author=Author(name=entry.author, url=entry.author_url),
            text=text,
            published_at=entry.published_at,
            parent=parent if parent != external_id else None,
            url=entry.link,
            status=Status.LIVE if text or not _NOTHING.match(html) else Status.DELETED,
        )

    def _parent(self, entry: Entry) -> str | None:
        for reply in entry.replies_to:
            if reply.ref and ids.key(reply.ref) in self._guids:
                return reply.ref
            if reply.ref and _is_comment(reply.ref, reply.href, entry):
                return reply.ref[: ids.MAX_ID]
        return None

    def _answered(self, entry: Entry, href: str, parent: str | None) -> str | None:
        """The parent that WordPress names at the beginning of the text; None when the words are the writer's own."""
        if entry.replies_to:
            return parent if parent and any(href in (one.href, one.ref) for one in entry.replies_to) else None
        if not entry.link or _without_fragment(entry.link) != _without_fragment(href):
            return None
        number = href.partition("#comment-")[2]
        before, numbered, _own = entry.guid.partition("#comment-")
        if number.isdecimal() and numbered:
            return f"{before}#comment-{number}"[: ids.MAX_ID]
        return self._by_link.get(href)

    def _post(self, entry: Entry) -> Post:
        """The post is the comment's address without what leads to the comment in it."""
        link = entry.link or ""
        if "#" not in link:
            answered = (one.href for one in entry.replies_to if one.href)
            link = next(answered, None) or link or self._site
        address = _without_fragment(link)
        return Post(external_id=address[:500], url=address, title=self._post_title(entry))

    def _post_title(self, entry: Entry) -> str | None:
        """Only where the words around the title are known and the author's name ends it: titles hold anything."""
        for before, between in _ABOUT_ANY:
            end = f"{between}{entry.author}"
            if entry.author and entry.title.startswith(before) and entry.title.endswith(end):
                return entry.title[len(before) : -len(end)].strip() or None
        for of_all, of_each in _ABOUT_ONE:
            if entry.author and entry.title == of_each + entry.author and (about := of_all.match(self._title)):
                return about[1].strip()
        return None


def _is_comment(ref: str, href: str | None, entry: Entry) -> bool:
    """Whether a reference that is not in the feed means a comment; feeds of comments also refer to the post."""
    if href:
        return "#" in href
    return "#" in ref or (ref.partition(":")[0] == "tag" and _shape(ref) == _shape(entry.guid))


def _shape(guid: str) -> str:
    return re.sub(r"\d+", "0", guid)


def _without_fragment(link: str) -> str:
    """The address of the post itself: no fragment, no page of comments."""
    return _of_post(link.partition("#")[0])


@lru_cache(maxsize=500)
def _of_post(address: str) -> str:
    """Remembered: many comments of a feed belong to the same few posts."""
    parts = urlsplit(address)
    query = parts.query
    if any(name in query for name in _PAGE_PARAMETERS):
        pairs = parse_qsl(query, keep_blank_values=True)
        query = urlencode([(name, value) for name, value in pairs if name not in _PAGE_PARAMETERS])
    return urlunsplit((parts.scheme, parts.netloc, _PAGE_OF_COMMENTS.sub("/", parts.path), query, ""))
