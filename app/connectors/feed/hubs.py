"""Which hub a feed names (WebSub, section 4: in the answer's headers first, then in the feed)."""

from collections.abc import Iterator, Mapping
from urllib.parse import urljoin

from lxml import etree
from requests.utils import parse_header_links

from app.connectors.feed import mending
from app.connectors.feed.document import Document


def named(headers: Mapping[str, str], feed: Document, url: str) -> dict[str, str]:
    """The hub that an answer or the feed in it names, and what the feed is called there; both "" without a hub."""
    links = [*_in_headers(headers), *_in_feed(feed)]
    hub = next((href for rel, href in links if rel == "hub"), "")
    topic = next((href for rel, href in links if rel == "self"), url)
    found = {"hub": urljoin(url, hub), "topic": urljoin(url, topic)} if hub else {"hub": "", "topic": ""}
    return found if found["hub"].startswith(("https://", "http://")) else {"hub": "", "topic": ""}


def _in_headers(headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for link in parse_header_links(headers.get("link", "")[:4_000]):
        for rel in str(link.get("rel", "")).lower().split():
            yield rel, str(link.get("url", ""))


def _in_feed(feed: Document) -> Iterator[tuple[str, str]]:
    """Atom's links, also where RSS borrows them."""
    for child in feed.channel:
        if isinstance(child, etree._Element) and mending.local_name(str(child.tag)) == "link":
            href = child.get("href")
            for rel in (child.get("rel") or "").lower().split() if href else ():
                yield rel, str(href).strip()
