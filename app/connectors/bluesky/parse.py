"""Bluesky's posts turned into ours. Pure: the same views always give the same items.

A *view* is a post as notifications, threads and searches show it alike: ``uri``, ``author``, ``record``, ``indexedAt``.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from app.connectors import errors
from app.connectors.bluesky import names, richtext
from app.connectors.errors import Permanent
from app.connectors.ports import Author, Item, Payload, Post, SaidAs, Status
from app.core.text import one_line, plain

FUTURE = timedelta(days=1)
MEDIA_TYPE = "application/vnd.porchlight.bluesky+json"
_TITLE = 120
_KEPT = ("uri", "indexedAt", "record")
_KEPT_OF_AUTHOR = ("did", "handle", "displayName")


@dataclass(frozen=True, slots=True)
class Around:
    """What is known besides the posts themselves."""

    me: str
    """The page's DID."""
    roots: Mapping[str, str] = field(default_factory=dict)
    """Texts of the posts that threads begin with, by address."""
    hidden: frozenset[str] = frozenset()
    """Replies we have hidden."""


def items(views: Iterable[Mapping[str, Any]], around: Around, now: datetime) -> list[Item]:
    """The comments among these posts. Posts that begin a thread of our own are none."""
    return [one for view in views if (one := item(view, around, now)) is not None]


def item(view: Mapping[str, Any], around: Around, now: datetime) -> Item | None:
    """One comment; None for a post that begins a thread of our own. Raises Permanent(BAD_ANSWER) for no post at all."""
    at = names.uri(view.get("uri"))
    record, author = view.get("record"), view.get("author")
    if at is None or not isinstance(record, Mapping) or not isinstance(author, Mapping):
        raise Permanent(errors.BAD_ANSWER, "a post without address, author or text")
    root, parent = root_of(view), _reference(record, "parent")
    if at.did == around.me and root == str(at):
        return None
    begun_by_us = (start := names.uri(root)) is not None and start.did == around.me
    to_us = begun_by_us or ((answered := names.uri(parent)) is not None and answered.did == around.me)
    text = plain(richtext.shown(record)).strip()
    title = around.roots.get(root) or (text if root == str(at) else "")
    return Item(
        external_id=str(at),
        post=Post(root, names.post_url(start) if start else None, one_line(title, limit=_TITLE) or None),
        author=_author(author, at.did, around.me),
        text=text,
        published_at=published(view, now),
        parent=None if begun_by_us and parent == root else parent,
        url=names.post_url(at),
        status=Status.HELD if str(at) in around.hidden else Status.LIVE,
        said_as=None if to_us or at.did == around.me else SaidAs.MENTION,
        attached=richtext.pictures(record),
    )


def root_of(view: Mapping[str, Any]) -> str:
    """The address of the post that a post's thread begins with; its own when it answers nothing."""
    record = view.get("record")
    return (_reference(record, "root") if isinstance(record, Mapping) else None) or str(view.get("uri"))


def published(view: Mapping[str, Any], now: datetime) -> datetime:
    """When the network first saw it: what the writer says (``createdAt``) may be back-dated or ahead."""
    try:
        moment = datetime.fromisoformat(str(view.get("indexedAt")))
    except ValueError:
        return now
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return now if moment > now + FUTURE else moment


def payload(views: Iterable[Mapping[str, Any]], around: Around, url: str) -> Payload:
    """These posts as they came, without what is said about them in passing (likes, labels), and what was known."""
    kept = [_kept(view) for view in views]
    roots = {root: around.roots[root] for root in map(root_of, kept) if root in around.roots}
    hidden = sorted(around.hidden & {str(view["uri"]) for view in kept})
    body = {"me": around.me, "roots": roots, "hidden": hidden, "posts": kept}
    return Payload(url, MEDIA_TYPE, json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"))


def parse_payload(kept: Payload, now: datetime) -> list[Item]:
    """The items in a kept answer. Raises Permanent(BAD_ANSWER)."""
    try:
        body = json.loads(kept.body)
        around = Around(body["me"], body["roots"], frozenset(body["hidden"]))
        return items(body["posts"], around, now)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Permanent(errors.BAD_ANSWER, "not posts of Bluesky") from None


def _kept(view: Mapping[str, Any]) -> dict[str, Any]:
    author = view.get("author")
    named = {name: author[name] for name in _KEPT_OF_AUTHOR if name in author} if isinstance(author, Mapping) else {}
    return {name: view[name] for name in _KEPT if name in view} | {"author": named}


def _reference(record: Mapping[str, Any], end: str) -> str | None:
    reply = record.get("reply")
    at = reply.get(end) if isinstance(reply, Mapping) else None
    found = names.uri(at.get("uri")) if isinstance(at, Mapping) else None
    return str(found) if found else None


def _author(author: Mapping[str, Any], did: str, me: str) -> Author:
    """Keyed by the DID; handles and names change."""
    handle = one_line(str(author.get("handle") or ""))
    name = one_line(str(author.get("displayName") or ""))
    return Author(name or handle, did, names.page_url(did), is_us=did == me)
