"""Finding out whether an address is a WordPress site, and where its REST interface is.

WordPress names the REST root of a site in a ``Link`` header with ``rel="https://api.w.org/"`` on every page and in the
same words in the page's head: ``/wp-json/``, ``/index.php/wp-json/`` or ``/index.php?rest_route=/`` below wherever
the site lives. ``?rest_route=/`` works with every setting, also where a plugin hides the header.
"""

import html
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from app.connectors.answers import ask, refusal
from app.connectors.decoding import decoded
from app.connectors.ports import Found
from app.connectors.typed import HTML_FIRST, open_page
from app.connectors.wordpress.client import rest_url
from app.connectors.wordpress.parse import title
from app.core.http import Http, Response

KIND = "wordpress"
REL = "https://api.w.org/"
HEAD_BYTES = 300_000
"""How much of a page is searched for a ``<link>``."""

_LINK = re.compile(r'<([^<>]*)>\s*;[^,]*?\brel\s*=\s*"?([^",;]*)')
_TAG = re.compile(r"<link\b[^<>]{1,2000}>", re.IGNORECASE)
_ADMIN = re.compile(r"(?<=/)wp-(admin|content|includes|login\.php).*$")
"""Addresses behind which WordPress itself does not answer; people copy them all the same."""
_HREF = re.compile(r"""\bhref\s*=\s*["']?([^"'\s<>]+)""", re.IGNORECASE)


def discover(http: Http, typed: str) -> Found | None:
    """The WordPress site at an address somebody typed; None when there is none, or it shows no comments by REST.

    Raises ConnectorError when the address can't be read at all.
    """
    page = open_page(http, typed, accept=HTML_FIRST)
    linked = _linked_root(page)
    root = linked or _ADMIN.sub("", _bare(page.url)) + "?rest_route=/"
    answer = ask(http, "GET", rest_url(root, "/", {"_fields": "name,url,home,namespaces"}))
    if linked:
        _raise_if_busy(answer)
    data = decoded(answer.body)
    if linked and answer.status == 401 and isinstance(data, dict) and "code" in data:
        return _closed(root, page)
    if answer.status >= 400 or not _is_root(data):
        return None
    return _found(http, root, data, linked=linked is not None)


def canonical(url: str) -> str:
    """One spelling for an address: host in lower case, no default port, a slash at the end, nothing after the path."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    if parts.port and parts.port != {"http": 80, "https": 443}.get(parts.scheme):
        host = f"{host}:{parts.port}"
    return urlunsplit((parts.scheme, host, parts.path.rstrip("/") + "/", "", ""))


def _raise_if_busy(answer: Response) -> None:
    """A site that fails just now must not pass for one that is no WordPress."""
    if answer.status == 429 or answer.status >= 500:
        raise refusal(answer, act=False)


def _linked_root(page: Response) -> str | None:
    """What the page says about where its REST root is."""
    for address, rel in _LINK.findall(page.headers.get("link", "")):
        if REL in rel.split():
            return _resolved(page, address)
    data = decoded(page.body) if page.body[:400].lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{") else None
    if _is_root(data):
        return page.url  # somebody typed the address of the REST root itself
    head = page.body[:HEAD_BYTES].decode("utf-8", "replace")
    href = next((href for tag in _TAG.findall(head) if REL in tag and (href := _HREF.search(tag))), None)
    return _resolved(page, html.unescape(href[1])) if href else None


def _is_root(data: Any) -> bool:
    namespaces = data.get("namespaces") if isinstance(data, dict) else None
    return isinstance(namespaces, list) and "wp/v2" in namespaces


def _resolved(page: Response, address: str) -> str | None:
    try:
        url = urljoin(page.url, address.strip())
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None


def _found(http: Http, root: str, data: Mapping[str, Any], *, linked: bool) -> Found | None:
    probe = ask(http, "GET", rest_url(root, "/wp/v2/comments", {"per_page": 1, "_fields": "id"}))
    _raise_if_busy(probe)
    refused = decoded(probe.body)
    if probe.status >= 400 and not (probe.status in (401, 403) and isinstance(refused, dict) and "code" in refused):
        return None
    home = next((url for url in (data.get("home"), data.get("url")) if isinstance(url, str) and "://" in url), None)
    url = canonical(home or _site_of(root))
    if not linked and urlsplit(url)[:2] == urlsplit(root)[:2]:
        root = url + "?rest_route=/"  # not below whichever page was typed
    name = title(data.get("name")) or urlsplit(url).netloc
    return Found(KIND, name, url, {"rest_root": root}, can_log_in=True)


def _closed(root: str, page: Response) -> Found:
    """A site that answers REST only to people who log in: it says so in REST's own words."""
    url = canonical(_site_of(root))
    found = re.search(rb"<title[^>]*>([^<]{1,500})</title", page.body[:HEAD_BYTES])
    name = title(found[1].decode("utf-8", "replace")) if found else None
    return Found(KIND, name or urlsplit(url).netloc, url, {"rest_root": root}, can_log_in=True)


def _site_of(root: str) -> str:
    """The site's address, from that of its REST root."""
    return re.sub(r"(index\.php/?)?(wp-json/?)?$", "", _bare(root))


def _bare(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", "", ""))
