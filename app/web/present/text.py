"""Foreign text and addresses as safe HTML."""

import re
from functools import lru_cache
from urllib.parse import urlsplit

from markupsafe import Markup, escape

_ADDRESS = re.compile(
    r"https?://[^\s<>\"'`\u0000-\u0020\u200b-\u200f\u2028-\u202e\u2066-\u2069]{1,2000}", re.IGNORECASE
)
_TRAILING = ".,;:!?…)]}»”’"
_PAIRS = {")": "(", "]": "[", "}": "{"}
_SHOWN = 60


@lru_cache(maxsize=2_000)
def icon(sheet: str, name: str, label: str) -> Markup:
    """An icon of a sheet; a screen has a hundred, of a few kinds."""
    told = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="icon" {}><use href="{}#{}"></use></svg>').format(told, sheet, name)


def linkify(text: str) -> Markup:
    """Plain text, escaped, with web addresses made into links that pass nothing on to where they lead."""
    pieces: list[Markup] = []
    end = 0
    for match in _ADDRESS.finditer(text):
        address = _trimmed(match[0])
        if safe_url(address) is None:
            continue
        pieces += [escape(text[end : match.start()]), _link(address)]
        end = match.start() + len(address)
    pieces.append(escape(text[end:]))
    return Markup().join(pieces)


def safe_url(url: str | None) -> str | None:
    """The address when a click on it can only open a web page; else None. For every address that came from outside."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and host else None


def host(url: str | None) -> str:
    """The host name of an address, without ``www.``; empty when there is none."""
    try:
        name = urlsplit(url or "").hostname or ""
    except ValueError:
        return ""
    return name.removeprefix("www.")


def _link(address: str) -> Markup:
    shown = address if len(address) <= _SHOWN else address[: _SHOWN - 1] + "…"
    return Markup('<a href="{}" rel="nofollow ugc noopener noreferrer" target="_blank">{}</a>').format(address, shown)


def _trimmed(address: str) -> str:
    """Without the punctuation of the sentence around it; a closing bracket stays where it was opened inside.

    Linear: strangers choose what stands here.
    """
    end = len(address)
    unopened = {last: address.count(last) - address.count(first) for last, first in _PAIRS.items()}
    while (last := address[end - 1]) in _TRAILING:
        if last in unopened:
            if unopened[last] <= 0:
                break
            unopened[last] -= 1
        end -= 1
    return address[:end]
