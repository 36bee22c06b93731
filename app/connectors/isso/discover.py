"""Finding the Isso server behind a page, or at an address."""

import html
import re
from urllib.parse import urljoin, urlsplit, urlunsplit

from app.connectors import errors
from app.connectors.answers import ask, refusal
from app.connectors.decoding import decoded_object
from app.connectors.errors import Permanent
from app.connectors.ports import Found
from app.connectors.typed import HTML_FIRST, open_page
from app.core.http import Http, Response

KIND = "isso"
HEAD_BYTES = 1_000_000
_SCRIPT = re.compile(rb"<script\b[^<>]{0,2000}?\bdata-isso\s*=\s*[\"']([^\"'<>]{1,500})[\"']", re.IGNORECASE)


def discover(http: Http, typed: str) -> Found | None:
    """The Isso server that a page names in its script, or that answers at the address itself; None when neither.

    Raises ConnectorError when the address can't be read at all, Permanent(REFUSED) when the server shows no list of its
    comments.
    """
    page = open_page(http, typed, accept=HTML_FIRST)
    named = _SCRIPT.search(page.body[:HEAD_BYTES])
    if named is None and page.status != 400:  # Isso itself answers 400 when no thread is named
        return None
    address = html.unescape(named[1].decode("utf-8", "replace")) if named else page.url
    base = _canonical(urljoin(page.url, address))
    if base is None or not _is_isso(ask(http, "GET", f"{base}config")):
        return None
    listed = ask(http, "GET", f"{base}latest?limit=1")
    if listed.status == 404:
        told = "Isso shows no list of its comments: set latest-enabled = true below [general] in its configuration"
        raise Permanent(errors.REFUSED, told)
    if listed.status >= 400:
        raise refusal(listed, act=False)
    parts = urlsplit(page.url)
    settings = {"site": f"{parts.scheme}://{parts.netloc}"} if named else {}
    name = parts.netloc if named else urlsplit(base).netloc
    return Found(KIND, name, base, settings, can_log_in=True)


def _is_isso(response: Response) -> bool:
    if response.status == 429 or response.status >= 500:
        raise refusal(response, act=False)
    found = decoded_object(response.body)
    config = found.get("config") if found else None
    return isinstance(config, dict) and "reply-to-self" in config


def _canonical(url: str) -> str | None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    host = parts.hostname.lower()
    host = f"[{host}]" if ":" in host else host
    if parts.port and parts.port != {"http": 80, "https": 443}[parts.scheme]:
        host = f"{host}:{parts.port}"
    return urlunsplit((parts.scheme, host, parts.path.rstrip("/") + "/", "", ""))
