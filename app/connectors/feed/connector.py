"""Comment feeds as a connector: RSS and Atom, read-only."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import NoReturn

from app.connectors import errors
from app.connectors.errors import Permanent, Transient
from app.connectors.feed import client, discover
from app.connectors.feed.client import Validators
from app.connectors.feed.ids import Marks, key
from app.connectors.feed.parse import Read, read_feed
from app.connectors.ports import (
    Access,
    Account,
    Batch,
    Capabilities,
    Cursor,
    Found,
    Item,
    Moderation,
    Payload,
    Sent,
    Status,
    Target,
    Verdict,
)
from app.core.clock import utc_now
from app.core.http import Http, Response

UNCONDITIONAL_AFTER = timedelta(hours=1)
"""A 304 can hide news for as long as no newer comment comes: blogs make their validators from the newest date, and an
older comment that is approved, edited or answered does not change that. So now and then the whole feed is asked for."""

REMEMBER_GONE = 100
"""How many entries that fell off the end of the feed are still known, in case they come back."""


class FeedConnector:
    """Reads comment feeds.

    Settings kept with a connection: ``feed``, the address now, where the feed has moved for good; ``repeated``, ids
    that the feed uses for several comments (see ``ids``).

    The cursor says what the last read saw. Two parts are for people: ``gap``, true when none of the entries of the last
    read was there the time before, so that comments in between may be missing (``gap_at`` keeps when that last
    happened), and ``shows``, the number of entries in the feed.
    """

    kind = discover.KIND
    label = "Feed"

    def __init__(self, http: Http) -> None:
        self._http = http

    def discover(self, url: str) -> Found:
        """Find the comment feed at or behind an address; of several formats the one with threads (Atom).

        Raises Permanent(NOT_A_FEED) with the addresses that were tried when there is none, other ConnectorErrors when
        the address can't be read at all.
        """
        return discover.discover(self._http, url, utc_now())

    def check(self, access: Access) -> Account | None:
        """Feeds know no accounts."""
        return None

    def capabilities(self, access: Access) -> Capabilities:
        return Capabilities()

    def latest(self, access: Access, *, count: int, now: datetime) -> Sequence[Item]:
        response = client.fetch(self._http, _address(access))
        items = self._read(access, client.payload(response), now, {}).items
        return sorted(items, key=lambda item: item.published_at, reverse=True)[:count]

    def collect(
        self, access: Access, cursor: Cursor | None, *, since: datetime | None, now: datetime
    ) -> Iterator[Batch]:
        """One batch with what is new or changed since ``cursor``, oldest first.

        A damaged feed gives what can be read of it, then raises Transient(BAD_ANSWER) with what is missing.
        """
        before = cursor or {}
        response = client.fetch(self._http, _address(access), _validators(before, now))
        moved = {"feed": response.url} if response.moved_permanently and response.url != _address(access) else {}
        if response.status == 304:
            yield Batch((), before, complete=True, settings=moved or None)
            return
        seen = _seen(response, now)
        if before.get("body") == seen["body"]:
            yield Batch((), {**before, **seen}, complete=True, settings=moved or None)
            return
        read = self._read(access, client.payload(response), now, before.get("known", {}))
        since = since if cursor is None else _time(before, "since")
        items, known = _news(read, before.get("known", {}), since)
        after = {**_gap(read, before, now), "known": known}
        if read.damage:
            after |= {"since": since.isoformat()} if since else {}
        else:
            after |= seen
        repeated = {"repeated": dict(read.repeated)} if read.repeated != access.settings.get("repeated", {}) else {}
        yield Batch(
            items,
            after,
            payloads=[client.payload(response)] if items or read.damage else (),
            complete=not read.damage,
            settings={**moved, **repeated} or None,
        )
        if read.damage:
            raise Transient(errors.BAD_ANSWER, read.damage)

    def parse(self, access: Access, payload: Payload, *, now: datetime) -> Sequence[Item]:
        return _oldest_first(self._read(access, payload, now, {}).items)

    def verify(self, access: Access, known: Sequence[str], *, now: datetime) -> Iterator[Verdict]:
        _not_supported()

    def reply(self, access: Access, target: Target, text: str, *, key: str) -> Sent:
        _not_supported()

    def look_up(self, access: Access, target: Target, text: str, *, key: str, since: datetime) -> Sent | None:
        _not_supported()

    def moderate(self, access: Access, target: Target, act: Moderation) -> Status:
        _not_supported()

    def _read(self, access: Access, payload: Payload, now: datetime, known: Marks) -> Read:
        return read_feed(
            payload.body,
            payload.media_type,
            payload.url,
            now,
            known=known,
            repeated=access.settings.get("repeated", {}),
        )


def _address(access: Access) -> str:
    return str(access.settings.get("feed") or access.url)


def _validators(cursor: Mapping[str, object], now: datetime) -> Validators:
    read_at = _time(cursor, "read_at")
    if read_at is None or not timedelta() <= now - read_at < UNCONDITIONAL_AFTER:
        return Validators()
    return Validators(str(cursor.get("etag", "")), str(cursor.get("modified", "")))


def _seen(response: Response, now: datetime) -> Cursor:
    """The part of the cursor that speaks of the answer as a whole."""
    version = client.validators(response)
    return {
        "etag": version.etag,
        "modified": version.modified,
        "body": blake2b(response.body, digest_size=16).hexdigest(),
        "read_at": now.isoformat(),
    }


def _news(read: Read, known: Marks, since: datetime | None) -> tuple[list[Item], Marks]:
    """What is new or changed, oldest first, and what is known from now on.

    Entries from before ``since`` are known by an empty mark and never given, unless they went unseen until now.
    """
    items: list[Item] = []
    marks: Marks = {}
    for item in read.items:
        short = key(item.external_id)
        before = known.get(short)
        marks[short] = read.marks[short]
        if before == "" or (before is None and since is not None and item.published_at < since):
            marks[short] = ""
        elif before != marks[short]:
            items.append(item)
    gone = [short for short in known if short not in marks]
    marks |= {short: known[short] for short in gone[:REMEMBER_GONE]}
    return _oldest_first(items), marks


def _gap(read: Read, before: Mapping[str, object], now: datetime) -> Cursor:
    """Whether comments may have come and gone between two reads; a feed shows only its newest entries.

    Raises Transient(NOT_FOUND) for a feed that lost all its entries together with its page: some blogs answer the
    address of a post that has moved with an empty feed.
    """
    known = before.get("known", {})
    assert isinstance(known, dict)
    if known and not read.items and not read.site:
        raise Transient(errors.NOT_FOUND, "the feed is empty and belongs to no page any more; the post may have moved")
    gap = bool(known) and bool(read.items) and known.keys().isdisjoint(read.marks)
    last = now.isoformat() if gap else before.get("gap_at")
    return {"gap": gap, "shows": len(read.items), **({"gap_at": last} if last else {})}


def _oldest_first(items: Sequence[Item]) -> list[Item]:
    """By date, and where dates are equal against the order of the feed: feeds have the newest on top."""
    return sorted(items, key=lambda item: item.published_at, reverse=True)[::-1]


def _time(cursor: Mapping[str, object], name: str) -> datetime | None:
    value = cursor.get(name)
    return datetime.fromisoformat(value) if isinstance(value, str) else None


def _not_supported() -> NoReturn:
    raise Permanent(errors.NOT_SUPPORTED, "feeds can only be read")
