"""Names of the AT Protocol: accounts as people type them, addresses of records, keys of our own. Pure."""

import hashlib
import re
from dataclasses import dataclass

POST = "app.bsky.feed.post"
THREADGATE = "app.bsky.feed.threadgate"
SITE = "https://bsky.app/profile/"

_LETTERS = "234567abcdefghijklmnopqrstuvwxyz"
_DID = re.compile(r"did:(?:plc:[a-z2-7]{24}|web:[a-zA-Z0-9.%-]{3,253})")
_HANDLE = re.compile(
    r"(?=.{3,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?", re.I
)
_PROFILE = re.compile(r"(?:https?://)?(?:www\.)?bsky\.app/profile/([^/?#\s]+)", re.I)
_AT = re.compile(r"at://([^/?#\s]+)", re.I)
_URI = re.compile(r"at://(did:[a-z0-9]+:[^/\s]+)/([a-zA-Z0-9.-]+)/([a-zA-Z0-9._~:-]{1,512})")


@dataclass(frozen=True, slots=True)
class Uri:
    """Where a record stands: whose, of what kind, under which key."""

    did: str
    collection: str
    key: str

    def __str__(self) -> str:
        return f"at://{self.did}/{self.collection}/{self.key}"


def uri(text: object) -> Uri | None:
    """A record's address, None when it is none."""
    found = _URI.fullmatch(text) if isinstance(text, str) else None
    return Uri(found[1], found[2], found[3]) if found else None


def page_url(did: str) -> str:
    return SITE + did


def post_url(at: Uri) -> str:
    """Where people see a post."""
    return f"{SITE}{at.did}/post/{at.key}"


def account(typed: str) -> str | None:
    """The handle or DID somebody typed: ``@name.example``, ``name.bsky.social``, a profile's address, ``at://…``.

    None for anything that may as well be a web site: a handle is a domain name, so a bare one only counts below
    ``bsky.social``.
    """
    typed = typed.strip()
    found = _PROFILE.match(typed) or _AT.match(typed)
    name = found[1] if found else typed
    if _DID.fullmatch(name):
        return name
    named = found is not None or name.startswith("@")
    handle = name.removeprefix("@").rstrip("/").lower()
    if not named and not handle.endswith(".bsky.social"):
        return None
    return handle if _HANDLE.fullmatch(handle) else None


def record_key(key: str) -> str:
    """The record key of one answer: a TID (13 letters, the first bit 0) that every try of it shares.

    See https://atproto.com/specs/tid.
    """
    number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) >> 1
    return "".join(_LETTERS[number >> shift & 31] for shift in range(60, -1, -5))
