"""Opening an address that somebody typed."""

import ipaddress
import re
from urllib.parse import urlsplit

from app.connectors import errors
from app.connectors.answers import ask, refusal
from app.connectors.errors import ConnectorError, Permanent
from app.core.http import Http, Response


def open_page(http: Http, typed: str, *, accept: str, max_bytes: int | None = None) -> Response:
    """Read what is at the address: as typed, or by HTTPS and then HTTP when no scheme was typed.

    A refusal (status of 400 or more) is answered, except where the site is busy or failing just now.
    Raises ConnectorError when nothing can be read.
    """
    failure: ConnectorError | None = None
    for url in _candidates(typed.strip()):
        try:
            page = ask(http, "GET", url, headers={"accept": accept}, max_bytes=max_bytes)
            if page.status == 429 or page.status >= 500:
                raise refusal(page, act=False)
        except Permanent:
            raise
        except ConnectorError as error:
            failure = failure or error
        else:
            return page
    raise failure or Permanent(errors.ADDRESS_REFUSED, "no address")


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
