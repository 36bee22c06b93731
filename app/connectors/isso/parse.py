"""Isso's comments turned into ours. Pure.

Isso gives a deleted comment's number to the next one, so a comment is known by its number, the moment it was written
and its thread: ``422.1795287302345181/posts/bread/``.
"""

import hashlib
import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from app.connectors import errors
from app.connectors.errors import Permanent
from app.connectors.ports import Author, Item, Post, Status
from app.core.markup import from_html
from app.core.text import one_line, plain

DELETED = 4
LONGEST = 480
_ID = re.compile(r"(\d{1,18})\.(\d{1,20})(/.*)", re.DOTALL)
Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Whose comments these are: the thread, the site it stands on, and by what mark our own are known."""

    uri: str
    site: str | None
    us: str | None
    """What Isso makes of the address we answer with."""


@dataclass(frozen=True, slots=True)
class Id:
    """An external id, taken apart."""

    number: int
    moment: int
    uri: str


def taken_apart(external_id: str) -> Id | None:
    """None for one that is not ours, or whose thread has too long a path to be kept in it."""
    found = _ID.fullmatch(external_id)
    return Id(int(found[1]), int(found[2]), found[3]) if found else None


def external_id(one: Fields, uri: str) -> str:
    """Raises Permanent(BAD_ANSWER) for a comment without number or date."""
    number, created = one.get("id"), one.get("created")
    if not isinstance(number, int) or not isinstance(created, int | float) or not uri.startswith("/"):
        raise Permanent(errors.BAD_ANSWER, "a comment without number, date or thread")
    full = f"{number}.{round(created * 1_000_000)}{uri}"
    return (
        full
        if len(full) <= LONGEST
        else f"{full[:40].split('/', maxsplit=1)[0]}#{hashlib.sha256(uri.encode()).hexdigest()}"
    )


def flattened(thread: Fields) -> list[dict[str, Any]]:
    """A thread's comments, each before its answers. Raises Permanent(BAD_ANSWER)."""
    found: list[dict[str, Any]] = []
    for one in objects(thread.get("replies")):
        found.append(one)
        found += objects(one.get("replies", []))
    return found


def objects(found: Any) -> list[dict[str, Any]]:
    """Raises Permanent(BAD_ANSWER) when it is no list of objects."""
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Permanent(errors.BAD_ANSWER, "not a list of comments")
    return found


def ids(found: Sequence[Fields], uri: str) -> dict[str, str]:
    """The external ids of a thread's comments, by their numbers."""
    return {str(one.get("id")): external_id(one, uri) for one in found}


def items(found: Sequence[Fields], place: Place, known: Mapping[str, str], now: datetime) -> Iterator[Item]:
    """Comments of one thread; those that were deleted and only keep their place are left out. ``known`` are the ids of
    the whole thread."""
    for one in found:
        if one.get("mode") != DELETED:
            words = plain(str(one.get("text") or ""))
            yield item(one, place, known.get(str(one.get("parent"))), now, words=words)


def item(one: Fields, place: Place, parent: str | None, now: datetime, *, words: str) -> Item:
    """One comment. Its author's name is what anybody can type; nobody vouches for it."""
    url = f"{place.site}{quote(place.uri)}" if place.site else None
    website = html.unescape(str(one.get("website") or ""))
    name = one_line(html.unescape(str(one.get("author") or "")))
    return Item(
        external_id=external_id(one, place.uri),
        post=Post(place.uri[:LONGEST], url),
        author=Author(
            name=name,
            url=website if website.startswith(("http://", "https://")) else None,
            is_us=place.us is not None and one.get("hash") == place.us,
        ),
        text=words.strip(),
        published_at=moment(one, now),
        parent=parent,
        url=f"{url}#isso-{one['id']}" if url else None,
        status=Status.LIVE if one.get("mode") == 1 else Status.HELD,
    )


def shown(one: Fields, site: str | None, now: datetime) -> Item:
    """A comment of ``/latest``, whose text is only there as it is shown."""
    place = Place(str(one.get("uri")), site, None)
    return item(one, place, None, now, words=from_html(str(one.get("text") or "")))


def moment(one: Fields, now: datetime) -> datetime:
    try:
        at = datetime.fromtimestamp(float(one.get("created") or 0), UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        return now
    return at if datetime(1990, 1, 1, tzinfo=UTC) <= at <= now else now


def threads(latest: Iterable[Fields]) -> dict[str, str]:
    """By the path of each thread, a mark of its comments that changes with every new, edited or deleted one."""
    told: dict[str, list[str]] = {}
    for one in latest:
        uri = one.get("uri")
        if isinstance(uri, str) and uri.startswith("/"):
            told.setdefault(uri, []).append(f"{one.get('id')} {one.get('created')} {one.get('modified')}")
    return {uri: short("\n".join(sorted(lines))) for uri, lines in told.items()}


def short(text: str) -> str:
    return hashlib.blake2s(text.encode(), digest_size=8).hexdigest()


def our_address(password: str) -> str:
    """The e-mail address we answer with. It can't be guessed and is shown to nobody; what Isso makes of it marks our
    comments as ours."""
    return f"porchlight-{hashlib.sha256(b'porchlight:' + password.encode()).hexdigest()[:24]}@porchlight.invalid"


def our_mark(password: str) -> str:
    """What Isso makes of our address with the settings it comes with (``pbkdf2`` and its usual salt)."""
    made = hashlib.pbkdf2_hmac("sha1", our_address(password).encode(), b"Eech7co8Ohloopo9Ol6baimi", 1000, 6)
    return made.hex()
