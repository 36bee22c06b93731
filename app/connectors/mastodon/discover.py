"""Finding out whether an address is an account on a server of Mastodon's kind."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from app.connectors import errors
from app.connectors.answers import ask, refusal
from app.connectors.decoding import decoded
from app.connectors.errors import Transient
from app.connectors.ports import Found
from app.connectors.typed import is_loopback
from app.core.http import Http
from app.core.text import one_line

KIND = "mastodon"
USUAL_LENGTH = 500
_HANDLE = re.compile(r"@?(?P<name>[\w.-]+)@(?P<host>[\w.-]+(?::\d+)?)\Z")
_PROFILE = re.compile(
    r"(?:(?P<scheme>https?)://)?(?P<host>[^/?#\s]+)/(?:@|users/|web/@|web/accounts/@)(?P<name>[\w.-]+)/?\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Named:
    """An account as somebody typed it."""

    base: str
    name: str


def discover(http: Http, typed: str) -> Found | None:
    """The account at ``https://example.social/@name`` or called ``@name@example.social``; None when it is none.

    Raises ConnectorError when the server can't be asked now.
    """
    named = _named(typed.strip())
    if named is None:
        return None
    account = _read(http, f"{named.base}/api/v1/accounts/lookup?acct={quote(named.name)}")
    instance = _read(http, f"{named.base}/api/v2/instance") or _read(http, f"{named.base}/api/v1/instance")
    if not isinstance(instance, dict) or not isinstance(account, dict) or not account.get("username"):
        return None
    name = one_line(str(account.get("display_name") or "")) or f"@{account['username']}"
    settings = {"account_id": str(account.get("id") or ""), "max_characters": longest(instance)}
    return Found(KIND, name, f"{named.base}/@{account['username']}", settings, can_log_in=True)


def longest(instance: dict[str, Any]) -> int:
    """How many characters a status may have, from what a server says of itself."""
    at: Any = instance.get("configuration")
    statuses = at.get("statuses") if isinstance(at, dict) else None
    most = statuses.get("max_characters") if isinstance(statuses, dict) else instance.get("max_toot_chars")
    return most if isinstance(most, int) and most > 0 else USUAL_LENGTH


def _named(typed: str) -> Named | None:
    found = _HANDLE.match(typed) or _PROFILE.match(typed)
    if found is None:
        return None
    host = found["host"].lower()
    scheme = found.groupdict().get("scheme") or ("http" if is_loopback(host) else "https")
    base = f"{scheme.lower()}://{host}"
    try:
        return Named(base, found["name"]) if urlsplit(base).hostname else None
    except ValueError:
        return None


def _read(http: Http, url: str) -> Any:
    """The JSON at an address, None when there is none. Raises ConnectorError when nobody can tell just now."""
    answer = ask(http, "GET", url, headers={"accept": "application/json"})
    if answer.status == 429 or answer.status >= 500:
        raise refusal(answer, act=False)
    if answer.status in (401, 403):  # a server that shows accounts to nobody who is not signed in
        raise Transient(errors.FORBIDDEN, f"HTTP {answer.status} from {answer.url}")
    return decoded(answer.body) if answer.status < 300 else None
