"""From the elements of a feed to entries: what each says in its own format, in one shape and with full addresses."""

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import cast
from urllib.parse import urljoin, urlsplit

from lxml import etree

from app.connectors.feed import dates
from app.connectors.feed.document import Document
from app.core.markup import MAX_HTML_BYTES, from_html
from app.core.text import one_line, plain

MAX_URL = 2_000

_RSS_NAMES = (
    "",
    "{http://purl.org/rss/1.0/}",
    "{http://my.netscape.com/rdf/simple/0.9/}",
    "{http://backend.userland.com/rss2}",
    "{http://blogs.law.harvard.edu/tech/rss}",
)
_ATOM_NAMES = ("{http://www.w3.org/2005/Atom}", "{http://purl.org/atom/ns#}")
_DC = "{http://purl.org/dc/elements/1.1/}"
_THR = "{http://purl.org/syndication/thread/1.0}"
_XML_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_RDF_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"

_FIELDS: dict[str, str] = {
    **{f"{ns}{name}": name for ns in _RSS_NAMES for name in ("guid", "title", "description", "pubDate", "author")},
    **{f"{ns}link": "rss_link" for ns in _RSS_NAMES},
    **{f"{ns}{name}": name for ns in _ATOM_NAMES for name in ("title", "content", "summary", "published", "updated")},
    **{f"{ns}id": "guid" for ns in _ATOM_NAMES},
    **{f"{ns}link": "link" for ns in _ATOM_NAMES},
    **{f"{ns}author": "person" for ns in _ATOM_NAMES},
    "{http://purl.org/atom/ns#}issued": "published",
    "{http://purl.org/atom/ns#}modified": "updated",
    "{http://purl.org/rss/1.0/modules/content/}encoded": "encoded",
    f"{_DC}creator": "creator",
    f"{_DC}date": "published",
    f"{_THR}in-reply-to": "reply",
    "{http://purl.org/rss/1.0/modules/slash/}comments": "comment_count",
    "{http://wellformedweb.org/CommentAPI/}commentRss": "comment_feed",
    "{http://wellformedweb.org/CommentAPI/}commentRSS": "comment_feed",
    f"{_THR}total": "comment_count",
}
_MANY = frozenset({"link", "reply"})
_LOCKED = 'name="post_password"'
_MAIL_AND_NAME = re.compile(r"[^\s()]{1,200}@[^\s()]{1,200}\s*\(([^()]{1,200})\)\Z")
_PREFIXED = re.compile(r"(</?)[\w.-]{1,40}:")

Element = etree._Element
Found = dict[str, list[Element]]


@dataclass(frozen=True, slots=True)
class Reference:
    """What an entry answers (RFC 4685): the id of another entry or of a post, and where it stands."""

    ref: str
    href: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed."""

    number: int
    """Its place in the feed, from 0."""
    guid: str
    """As given; "" when missing."""
    link: str | None
    author: str
    author_url: str | None
    date: str
    """When it was published, as written; "" when the feed does not say."""
    published_at: datetime
    title: str
    html: str
    """The body as HTML; "" when there is none or ``text`` has it."""
    text: str
    """The body where it came as plain text."""
    replies_to: Sequence[Reference]


def entries(document: Document, url: str, now: datetime, *, without: Container[int] = ()) -> list[Entry]:
    """The entries in the order of the feed, without those whose text a password form hides and those of these numbers.
    ``url`` is the feed's."""
    around = base(document, url)
    read = [_entry(at, one, around, now) for at, one in enumerate(document.entries) if at not in without]
    return [entry for entry in read if _LOCKED not in entry.html]


def base(document: Document, url: str) -> str:
    """What relative addresses in the entries are relative to, where an entry itself does not say otherwise."""
    return _base(document.channel, _base(document.root, url))


def title(document: Document) -> str:
    """The feed's title on one line."""
    return _one(_fields(document.channel), "title")


def site(document: Document, url: str) -> str | None:
    """The address of the page the feed belongs to."""
    return _link(_fields(document.channel), base(document, url))


def comment_feeds(document: Document, url: str) -> list[str] | None:
    """For a feed of posts the addresses of their comment feeds, else None."""
    found: list[str] = []
    posts = False
    for element in document.entries:
        fields = _fields(element)
        own = [_text(one) for one in fields.get("comment_feed", ())]
        own += [
            one.get("href") or "" for one in fields.get("link", ()) if one.get("rel") == "replies" and _is_feed(one)
        ]
        posts = posts or bool(own) or "comment_count" in fields
        found += [full for one in own if (full := _address(one, _base(element, url)))]
    return found if posts else None


def _entry(number: int, element: Element, base: str, now: datetime) -> Entry:
    fields = _fields(element)
    base = _base(element, base)
    name, uri = _author(fields)
    published = _one(fields, "published") or _one(fields, "pubDate")
    html, text = _body(fields)
    own = fields["guid"][0] if "guid" in fields else None
    guid = plain((element.get(_RDF_ABOUT) or "" if own is None else _text(own)).strip())
    link = _link(fields, base)
    if link is None and own is not None and own.get("isPermaLink") != "false":
        link = _address(guid, "")
    return Entry(
        number=number,
        guid=guid,
        link=link,
        author=name,
        author_url=_address(uri, base),
        date=published,
        published_at=dates.read(published or _one(fields, "updated"), now),
        title=_one(fields, "title"),
        html=html,
        text=text,
        replies_to=[
            Reference(plain(one.get("ref") or ""), _address(one.get("href") or "", base))
            for one in fields.get("reply", ())
        ],
    )


def _fields(element: Element) -> Found:
    """The elements we read, by our name for them; of most only the first counts."""
    found: Found = {}
    for child in element:
        name = _FIELDS.get(child.tag)
        if name is None:
            continue
        if name not in found:
            found[name] = [child]
        elif name in _MANY:
            found[name].append(child)
    return found


def _text(element: Element) -> str:
    return element.text or "" if len(element) == 0 else "".join(cast("list[str]", list(element.itertext())))


def _one(fields: Found, name: str) -> str:
    found = fields.get(name)
    return one_line(_text(found[0]), limit=500) if found else ""


def _link(fields: Found, base: str) -> str | None:
    """The address people open: RSS's link, Atom's link without a relation or with "alternate"."""
    written = [_text(one) for one in fields.get("rss_link", ())]
    written += [
        one.get("href") or _text(one) for one in fields.get("link", ()) if one.get("rel", "alternate") == "alternate"
    ]
    return next((full for one in written if (full := _address(one, base))), None)


def _author(fields: Found) -> tuple[str, str]:
    """Name and address of the author. RSS has an e-mail address with the name in brackets in ``author``."""
    if "creator" in fields:
        return one_line(_text(fields["creator"][0]), limit=200), ""
    if "person" in fields:
        parts = {str(child.tag).rpartition("}")[2]: _text(child) for child in fields["person"][0]}
        return one_line(parts.get("name", ""), limit=200), parts.get("uri") or parts.get("url") or ""
    written = _one(fields, "author")
    named = _MAIL_AND_NAME.match(written)
    return (named[1].strip() if named else written)[:200], ""


def _body(fields: Found) -> tuple[str, str]:
    """The body as HTML or as text, only one of them not empty. A title alone is the text of its entry."""
    said = False
    for name in ("encoded", "content", "description", "summary"):
        for element in fields.get(name, ()):
            kind = "html" if name in ("encoded", "description") else _kind(element)
            body = _markup(element) if kind == "xhtml" else _text(element)
            said = said or bool(kind)
            if kind and body.strip():
                return ("", plain(body[:MAX_HTML_BYTES]).strip()) if kind == "text" else (body, "")
    return "", "" if said else _one(fields, "title")


def _markup(element: Element) -> str:
    return _PREFIXED.sub(r"\1", etree.tostring(element, encoding="unicode", with_tail=False))


def _kind(element: Element) -> str:
    """How Atom's content is written (RFC 4287, 3.1.1; Atom 0.3 calls it mode): text, html, xhtml, or "" for neither."""
    if element.get("src"):
        return ""
    kind = (element.get("type") or "text").lower()
    mode = element.get("mode")
    if mode == "escaped" or kind in ("html", "text/html"):
        return "html" if kind != "text/plain" else "text"
    if kind in ("xhtml", "application/xhtml+xml") or (mode == "xml" and len(element)):
        return "xhtml"
    return "text" if kind in ("text", "text/plain") and mode != "base64" else ""


def _is_feed(link: Element) -> bool:
    return (link.get("type") or "application/atom+xml").lower() in ("application/atom+xml", "application/rss+xml")


def _base(element: Element, outer: str) -> str:
    own = element.get(_XML_BASE)
    return (_address(own, outer) or outer) if own else outer


def _address(written: str | None, base: str) -> str | None:
    """A full web address; None for other schemes and nonsense."""
    written = plain(written.strip()) if written else ""
    if not written or len(written) > MAX_URL:
        return None
    if not written.startswith(("http://", "https://")):
        try:
            written = urljoin(base, written)
        except ValueError:
            return None
    return written if _leads_somewhere(written.partition("#")[0]) else None


@lru_cache(maxsize=500)
def _leads_somewhere(address: str) -> bool:
    """Whether it names a host. Remembered: addresses of comments differ by what follows the ``#``."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def body_text(entry: Entry) -> str:
    """The words of the body."""
    return entry.text or from_html(entry.html)
