"""Collecting: what of a feed is new or changed, and the cursor that says what was seen."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from app.connectors import errors
from app.connectors.errors import Transient
from app.connectors.feed import client, document, hubs
from app.connectors.feed.client import Validators
from app.connectors.feed.ids import LEFT_OUT, Marks, key
from app.connectors.feed.parse import Read, read_feed
from app.connectors.limits import Paced
from app.connectors.ports import GAP_AT, Access, Batch, Cursor, Item, Payload
from app.core.http import Response

UNCONDITIONAL_AFTER = timedelta(hours=1)
"""A 304 can hide news for as long as no newer comment comes: blogs make their validators from the newest date, and an
older comment that is approved, edited or answered does not change that. So now and then the whole feed is asked for."""

REMEMBER_GONE = 100
"""How many entries that fell off the end of the feed are still known, in case they come back."""

PORTION = 100
"""Items in a batch."""


def walk(
    web: Paced, access: Access, cursor: Cursor | None, *, since: datetime | None, now: datetime
) -> Iterator[Batch]:
    """See ``FeedConnector.collect``."""
    found = _look(web, access, cursor or {}, since if cursor is None else _time(cursor, "since"), now)
    yield from found.batches
    if found.damage:
        raise Transient(errors.BAD_ANSWER, found.damage)


@dataclass(frozen=True, slots=True)
class _Found:
    """All that is left of an answer: its tree takes ten times the memory, and others wait while a batch is stored."""

    batches: Sequence[Batch]
    damage: str = ""


def _look(web: Paced, access: Access, before: Cursor, since: datetime | None, now: datetime) -> _Found:
    response = client.fetch(web, address(access), _validators(before, now))
    moved = {"feed": response.url} if response.moved_permanently and response.url != address(access) else {}
    if response.status == 304:
        return _Found([Batch((), before, complete=True, settings=moved or None)])
    seen = _seen(response, now)
    if before.get("body") == seen["body"]:
        return _Found([Batch((), {**before, **seen}, complete=True, settings=moved or None)])
    known: Marks = before.get("known", {})
    feed = read(access, client.payload(response), now, known, before.get("prints"))
    _raise_if_abandoned(feed, known)
    repeated = {"repeated": dict(feed.repeated)} if feed.repeated != access.settings.get("repeated", {}) else {}
    hub = hubs.named(response.headers, feed.document, response.url)
    if hub != {name: access.settings.get(name, "") for name in hub}:
        moved |= hub
    gap = _gap(feed, before, now)
    seen = {} if feed.document.damage else seen
    batches = _batches(feed, response.url, _news(feed, known, since), gap, seen, {**moved, **repeated} or None)
    return _Found(list(batches), feed.document.damage)


def address(access: Access) -> str:
    """Where the feed is now."""
    return str(access.settings.get("feed") or access.url)


def read(access: Access, payload: Payload, now: datetime, known: Marks, seen: Mapping[str, str] | None = None) -> Read:
    """Raises Transient: NOT_A_FEED, BAD_ANSWER, TOO_LARGE."""
    repeated = access.settings.get("repeated", {})
    return read_feed(payload.body, payload.media_type, payload.url, now, known=known, repeated=repeated, seen=seen)


def oldest_first(items: Sequence[Item]) -> list[Item]:
    """By date, and where dates are equal against the order of the feed: feeds have the newest on top."""
    return sorted(items, key=lambda item: item.published_at, reverse=True)[::-1]


@dataclass(frozen=True, slots=True)
class _News:
    items: Sequence[Item]
    known_before: Marks
    known_after: Marks
    since: datetime | None
    """How far back a first read goes; kept in the cursor until that read is complete."""


def _news(feed: Read, known: Marks, since: datetime | None) -> _News:
    """What is new or changed, oldest first, and what is known before and after it."""
    items: list[Item] = []
    left_out = {short: LEFT_OUT for short in feed.marks if known.get(short) == LEFT_OUT}
    for item in feed.items:
        short = key(item.external_id)
        if since is not None and item.published_at < since and short not in known:
            left_out[short] = LEFT_OUT
        else:
            items.append(item)
    gone = [short for short in known if short not in feed.marks][:REMEMBER_GONE]
    after = {**feed.marks, **left_out, **{short: known[short] for short in gone}}
    return _News(oldest_first(items), {**known, **left_out}, after, since)


def _batches(
    feed: Read, url: str, news: _News, gap: Cursor, seen: Cursor, settings: Mapping[str, Any] | None
) -> Iterator[Batch]:
    """The news in portions. The cursor of all but the last knows what was given so far, and nothing of the answer as a
    whole, so that a walk that is broken off begins with a full read."""
    unfinished = gap | ({"since": news.since.isoformat()} if news.since else {})
    finished = {
        **(unfinished if feed.document.damage else gap),
        **seen,
        "known": news.known_after,
        "prints": feed.prints,
    }
    portions = [news.items[at : at + PORTION] for at in range(0, len(news.items), PORTION)] or [()]
    bodies = document.cuttings(feed.document, [[feed.places[one.external_id] for one in part] for part in portions])
    known = dict(news.known_before)
    for number, (portion, body) in enumerate(zip(portions, bodies, strict=True), start=1):
        last = number == len(portions)
        known |= {(short := key(item.external_id)): feed.marks[short] for item in portion}
        yield Batch(
            portion,
            finished if last else {**unfinished, "known": dict(known)},
            payloads=(Payload(url, "application/xml; charset=utf-8", body),) if portion else (),
            complete=last and not feed.document.damage,
            settings=settings,
        )


def _validators(cursor: Cursor, now: datetime) -> Validators:
    read_at = _time(cursor, "read_at")
    if read_at is None or not timedelta() <= now - read_at < UNCONDITIONAL_AFTER:
        return Validators()
    return Validators(cursor.get("etag", ""), cursor.get("modified", ""))


def _seen(response: Response, now: datetime) -> Cursor:
    """The part of the cursor that speaks of the answer as a whole."""
    version = client.validators(response)
    body = blake2b(response.body, digest_size=16).hexdigest()
    return {"etag": version.etag, "modified": version.modified, "body": body, "read_at": now.isoformat()}


def _raise_if_abandoned(feed: Read, known: Marks) -> None:
    """Some blogs answer the address of a post that has moved with an empty feed that belongs to nothing."""
    if known and not feed.document.entries and not feed.site:
        raise Transient(errors.NOT_FOUND, "the feed is empty and belongs to no page any more; the post may have moved")


def _gap(feed: Read, before: Cursor, now: datetime) -> Cursor:
    """Whether comments may have come and gone between two reads: a feed shows only its newest entries."""
    known = before.get("known", {})
    gap = bool(known) and bool(feed.marks) and known.keys().isdisjoint(feed.marks)
    last = now.isoformat() if gap else before.get(GAP_AT)
    return {"gap": gap, "shows": len(feed.marks)} | ({GAP_AT: last} if last else {})


def _time(cursor: Cursor, name: str) -> datetime | None:
    value = cursor.get(name)
    return datetime.fromisoformat(value) if value else None
