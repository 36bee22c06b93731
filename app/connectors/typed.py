"""Opening an address that somebody typed."""

import ipaddress
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from urllib.parse import urlsplit

from app.connectors import errors
from app.connectors.answers import ask, refusal
from app.connectors.errors import ConnectorError, Permanent
from app.core.http import Http, Response

HTML_FIRST = (
    "text/html, application/atom+xml;q=0.9, application/rss+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.8, */*;q=0.5"
)
"""What to ask for where it may be a page or a feed: who looks for either is shown the same."""
_SEEN: "ContextVar[dict[tuple[str, str], Response | ConnectorError] | None]" = ContextVar("seen", default=None)


@contextmanager
def asking_once() -> Iterator[None]:
    """While an address is offered to one connector after another it is asked once, and all are given what came."""
    before = _SEEN.set({})
    try:
        yield
    finally:
        _SEEN.reset(before)


def open_page(http: Http, typed: str, *, accept: str, max_bytes: int | None = None) -> Response:
    """Read what is at the address: as typed, or by HTTPS and then HTTP when no scheme was typed.

    A refusal (status of 400 or more) is answered, except where the site is busy or failing just now. Raises
    ConnectorError when nothing can be read. Within ``asking_once`` an answer to the same question is remembered.
    """
    seen, key = _SEEN.get(), (typed.strip(), accept)
    known = seen.get(key) if seen is not None else None
    if known is None:
        known = _opened(http, typed, accept, max_bytes)
        if seen is not None:
            seen[key] = known
    if isinstance(known, ConnectorError):
        raise known
    if max_bytes is not None and len(known.body) > max_bytes:
        raise Permanent(errors.TOO_LARGE, f"more than {max_bytes} bytes")
    return known


def _opened(http: Http, typed: str, accept: str, max_bytes: int | None) -> Response | ConnectorError:
    failure: ConnectorError | None = None
    for url in _candidates(typed.strip()):
        try:
            page = ask(http, "GET", url, headers={"accept": accept}, max_bytes=max_bytes)
            if page.status == 429 or page.status >= 500:
                raise refusal(page, act=False)
        except Permanent as error:
            return error
        except ConnectorError as error:
            failure = failure or error
        else:
            return page
    return failure or Permanent(errors.ADDRESS_REFUSED, "no address")


def _candidates(typed: str) -> list[str]:
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*://", typed):
        return [typed]
    return [f"http://{typed}"] if is_loopback(typed) else [f"https://{typed}", f"http://{typed}"]


def is_loopback(typed: str) -> bool:
    """Whether what was typed begins with the name or address of this very machine."""
    try:
        host = urlsplit(f"//{typed}").hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
