"""Comment feeds as a connector: RSS and Atom, read-only."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NoReturn

from app.connectors import errors
from app.connectors.errors import Permanent
from app.connectors.feed import client, discover, push, walk
from app.connectors.hooks import Call, Change, Hook, News
from app.connectors.limits import Paced
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
from app.connectors.sign_in import SignIn
from app.core.clock import utc_now
from app.core.http import Http
from app.core.pace import Pace


class FeedConnector:
    """Reads comment feeds.

    Settings kept with a connection: ``feed``, the address now, where the feed has moved for good; ``repeated``, ids
    that the feed uses for several comments (see ``ids``); ``hub`` and ``topic``, where the feed can be subscribed to
    (see ``push``) and what it is called there, "" where it names no hub.

    The cursor says what the last read saw. Two parts are for people: ``gap``, true when none of the entries of the last
    read was there the time before, so that comments in between may be missing (``gap_at`` keeps when that last
    happened), and ``shows``, the number of entries in the feed.
    """

    kind = discover.KIND
    label = "Feed"
    icon = "rss"
    sign_in: SignIn | None = None

    own_hooks = False
    charges = False

    def __init__(self, http: Http, pace: Pace) -> None:
        self.web = Paced.by_host(http, pace)

    def discover(self, url: str) -> Found:
        """Find the comment feed at or behind an address; of several formats the one with threads (Atom).

        Raises Permanent(NOT_A_FEED) with the addresses that were tried when there is none, other ConnectorErrors when
        the address can't be read at all.
        """
        return discover.discover(self.web, url, utc_now())

    def check(self, access: Access) -> Account | None:
        """Feeds know no accounts."""
        return None

    def capabilities(self, access: Access) -> Capabilities:
        return Capabilities()

    def latest(self, access: Access, *, count: int, now: datetime) -> Sequence[Item]:
        response = client.fetch(self.web, walk.address(access))
        return self.parse(access, client.payload(response), now=now)[: -count - 1 : -1]

    def collect(
        self, access: Access, cursor: Cursor | None, *, since: datetime | None, now: datetime
    ) -> Iterator[Batch]:
        """Batches with what is new or changed since ``cursor``, oldest first.

        A damaged feed gives what can be read of it, then raises Transient(BAD_ANSWER) with what is missing.
        """
        yield from walk.walk(self.web, access, cursor, since=since, now=now)

    def parse(self, access: Access, payload: Payload, *, now: datetime) -> Sequence[Item]:
        return walk.oldest_first(walk.read(access, payload, now, {}).items)

    def verify(self, access: Access, known: Sequence[str], *, now: datetime) -> Iterator[Verdict]:
        """Nothing can be said: what is not in the feed may only have become too old for it."""
        yield from ()

    def reply(self, access: Access, target: Target, text: str, *, key: str) -> Sent:
        _not_supported()

    def look_up(self, access: Access, target: Target, text: str, *, key: str, since: datetime) -> Sent | None:
        _not_supported()

    def moderate(self, access: Access, target: Target, act: Moderation) -> Status:
        _not_supported()

    def shared_hook(self) -> Hook | None:
        return None

    def wants(self, access: Access) -> Mapping[str, str] | None:
        return push.wants(access)

    def subscribe(self, hook: Hook, address: str, access: Access) -> timedelta | None:
        push.subscribe(self.web, hook, address)
        return None

    def unsubscribe(self, hook: Hook, address: str) -> bool:
        push.unsubscribe(self.web, hook, address)
        return False

    def confirmed(self, hook: Hook, query: Mapping[str, str]) -> timedelta:
        return push.lease(query)

    def handshake(self, hook: Hook, query: Mapping[str, str]) -> str | None:
        return push.handshake(hook, query)

    def is_genuine(self, hook: Hook, call: Call, now: datetime) -> bool:
        return push.is_genuine(hook, call)

    def split(self, hook: Hook, call: Call) -> Sequence[Change]:
        return push.split(call)

    def take(self, access: Access, change: Change, *, now: datetime) -> News:
        return push.take(access, change, now)


def _not_supported() -> NoReturn:
    raise Permanent(errors.NOT_SUPPORTED, "feeds can only be read")
