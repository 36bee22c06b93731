"""Live news: "something in the inbox changed", told to open browsers after the commit.

A message names kinds and ids only; the browser fetches the rest through the permission check. Redis keeps the last few
thousand, numbered, so that who was away for a moment is told what they missed and nothing else. It may lose them all:
then everybody looks once.
"""

import json
from dataclasses import dataclass

import redis
import structlog
from sqlalchemy.orm import Session

from app.core.db import defer

log = structlog.get_logger()
STREAM = "porchlight.live"
FOR_ONE = ("notice", "counts")
"""Kinds that only the person with the id hears of."""
KEPT = 5_000
"""How many are kept, about."""
FIELD = b"c"
Stand = tuple[str, int | tuple[str, ...] | tuple[int, ...]]
"""A filter of lists, and the values that hold a conversation."""


@dataclass(frozen=True, slots=True)
class Changed:
    """One thing changed: ``kind`` is ``inbox`` (lists are out of date), ``news`` (the conversation has something new to
    read and waits for us), ``conversation``, ``contact``, ``page``, ``notice`` (the person with this id was told
    something) and ``counts`` (their saved views hold other numbers), which nobody else hears of; ``id`` 0: any."""

    kind: str
    id: int = 0
    stands: tuple[Stand, ...] = ()
    """By what a list may hold it: ``page``, ``team``, ``assignee`` with the id or 0; ``kind``, ``language``,
    ``platform``, ``tag``, ``campaign``, ``target`` with the values that filters have for it, left out where nobody can
    say."""

    def encode(self) -> str:
        told: dict[str, object] = {"kind": self.kind, "id": self.id}
        return json.dumps(told | {"stands": dict(self.stands)} if self.stands else told)


def announce(session: Session, *changes: Changed) -> None:
    """Tell open browsers once the running transaction has committed."""
    for change in changes:
        defer(session, change)


class RedisAnnouncer:
    """Publishes changes; failing to is logged, never raised."""

    def __init__(self, connection: "redis.Redis") -> None:
        self._connection = connection

    def publish(self, changes: list[Changed]) -> None:
        try:
            with self._connection.pipeline(transaction=False) as together:
                for change in changes:
                    together.xadd(STREAM, {FIELD: change.encode()}, maxlen=KEPT, approximate=True)
                together.execute()
        except redis.RedisError as error:
            log.warning("live_news_not_sent", error=type(error).__name__)
