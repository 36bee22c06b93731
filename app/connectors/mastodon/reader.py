"""Reading what was said to an account: what to ask for, and the answers as batches of items."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.connectors import errors
from app.connectors.decoding import objects
from app.connectors.errors import Permanent
from app.connectors.mastodon import parse, walk
from app.connectors.mastodon.client import Client, GoneError, Params
from app.connectors.mastodon.parse import Root
from app.connectors.mastodon.walk import Entry, Mark
from app.connectors.ports import Batch, Cursor, Item, Payload, Verdict

STATUSES = "/api/v1/statuses"
NOTIFICATIONS = "/api/v1/notifications"
MENTIONS: Params = {"types": ("mention",), "include_filtered": "true"}
"""Also those that a filter of the account's keeps out of sight (4.3 and later)."""
PAGE = 80
OWN_PAGE = 40
VERIFY_AT_ONCE = 20
"""What one request for several statuses may ask for."""
Statuses = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Me:
    """Our own account."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of one list: its lines, and the statuses in it that are comments of ours or to us."""

    address: str
    entries: Sequence[Entry]
    statuses: Statuses


class Reader:
    """Reads for one account."""

    def __init__(self, client: Client, me: Me, now: datetime) -> None:
        self._client = client
        self._me = me
        self._now = now
        self._roots: dict[str, Root | None] = {}

    def collect(self, cursor: Cursor | None, since: datetime | None) -> Iterator[Batch]:
        """Mentions first, then our own replies; see ``walk`` for how."""
        kept = cursor or {}
        marks = {"mentions": Mark.read(kept.get("mentions")), "own": Mark.read(kept.get("own"))}
        for name, begun in tuple(marks.items()):
            for mark, page in self._walk(name, begun, since):
                marks[name] = mark
                batch = self._batch(page, since, _cursor(marks))
                if batch.items:
                    yield batch
        yield Batch((), _cursor(marks), complete=True)

    def latest(self, count: int) -> list[Item]:
        """The newest mentions, newest first."""
        page = self._mentions({"limit": min(max(count, 1), PAGE)})
        return [self._item(status) for status in page.statuses][:count]

    def verify(self, known: Sequence[str]) -> Iterator[Verdict]:
        """How these statuses are now. The thread of what comes is not looked up again."""
        for start in range(0, len(known), VERIFY_AT_ONCE):
            asked = known[start : start + VERIFY_AT_ONCE]
            found = {parse.status_id(one): one for one in self._several(asked)}
            for number in asked:
                status = found.get(number) or self.one(number)
                item = self._parsed(status, None) if status else None
                yield Verdict(number, item)

    def one(self, number: str) -> dict[str, Any] | None:
        """A status, None when it is gone or not shown to us."""
        try:
            status = self._client.look(f"{STATUSES}/{number}")
        except GoneError:
            return None
        if not isinstance(status, dict):
            raise Permanent(errors.BAD_ANSWER, "not a status")
        return status

    def own(self, params: Params) -> Statuses:
        """Our own statuses, newest first."""
        query = {"exclude_reblogs": "true", "limit": OWN_PAGE, **params}
        return list(objects(self._client.get(f"/api/v1/accounts/{self._me.id}/statuses", query)))

    def _several(self, numbers: Sequence[str]) -> Statuses:
        """Those of the statuses that a server shows in one request (4.3 and later; else none)."""
        try:
            answer = self._client.look(STATUSES, {"id": numbers})
        except (GoneError, Permanent):
            return ()
        return [one for one in answer if isinstance(one, dict)] if isinstance(answer, list) else ()

    def _walk(self, name: str, mark: Mark, since: datetime | None) -> Iterator[tuple[Mark, Page]]:
        """The pages of one list, each with the mark after it; nothing when there is nothing new."""
        read = self._mentions if name == "mentions" else self._replies
        page = read(mark.params())
        if walk.unchanged(mark, page.entries):
            return
        while True:
            mark, done = walk.advance(mark, page.entries, since)
            yield mark, page
            if done:
                return
            page = read(mark.params())

    def _mentions(self, params: Params) -> Page:
        query = {**MENTIONS, "limit": PAGE, **params}
        found = list(objects(self._client.get(NOTIFICATIONS, query)))
        entries = [Entry(number, parse.published(one)) for one in found if (number := parse.identity(one))]
        # The status of a notification is null once it was deleted (Mastodon drops the notification itself).
        statuses = [one["status"] for one in found if isinstance(one.get("status"), dict)]
        return Page(self._client.address(NOTIFICATIONS, query), entries, statuses)

    def _replies(self, params: Params) -> Page:
        found = self.own(params)
        entries = [Entry(parse.status_id(one), parse.published(one)) for one in found]
        address = self._client.address(f"/api/v1/accounts/{self._me.id}/statuses", params)
        return Page(address, entries, [one for one in found if self._answers_somebody(one)])

    def _answers_somebody(self, status: Mapping[str, Any]) -> bool:
        return parse.reply_to(status) is not None and str(status.get("in_reply_to_account_id")) != self._me.id

    def _batch(self, page: Page, since: datetime | None, cursor: Cursor) -> Batch:
        wanted = [one for one in page.statuses if since is None or (parse.published(one) or since) >= since]
        roots = {parse.status_id(one): self._root(one) for one in wanted}
        items = tuple(self._parsed(one, roots[parse.status_id(one)]) for one in wanted)
        kept = {number: root.kept() for number, root in roots.items() if root}
        body = json.dumps({"statuses": wanted, "roots": kept}, ensure_ascii=False).encode()
        payloads = (Payload(page.address, "application/json", body),) if items else ()
        return Batch(items, cursor, payloads)

    def _item(self, status: Mapping[str, Any]) -> Item:
        return self._parsed(status, self._root(status))

    def _parsed(self, status: Mapping[str, Any], root: Root | None) -> Item:
        return parse.item(status, root, self._me.id, self._me.name, self._now)

    def _root(self, status: Mapping[str, Any]) -> Root | None:
        """What the status's thread began with; asked once for all answers to one status."""
        parent = parse.reply_to(status)
        if parent is None:
            return parse.root(status, self._me.id)
        if parent not in self._roots:
            self._learn(parse.status_id(status), parent)
        return self._roots[parent]

    def _learn(self, number: str, parent: str) -> None:
        try:
            context = self._client.look(f"{STATUSES}/{number}/context")
        except GoneError:
            context = {}
        above = list(objects(context.get("ancestors", []))) if isinstance(context, dict) else []
        began = parse.root(above[0], self._me.id) if above else None
        self._roots |= {parse.status_id(one): began for one in above}
        self._roots.setdefault(parent, began)


def parse_payload(payload: Payload, me: Me, now: datetime) -> list[Item]:
    """The items of a kept answer. Raises Permanent when it is none of ours."""
    try:
        kept = json.loads(payload.body)
        roots = {number: Root.restored(root) for number, root in kept["roots"].items()}
        statuses = list(objects(kept["statuses"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Permanent(errors.BAD_ANSWER, "no answer of a Mastodon server") from None
    return [parse.item(one, roots.get(parse.status_id(one)), me.id, me.name, now) for one in statuses]


def _cursor(marks: Mapping[str, Mark]) -> Cursor:
    return {name: mark.kept() for name, mark in marks.items()}
