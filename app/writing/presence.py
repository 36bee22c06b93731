"""Who is looking at a conversation just now. Redis holds it, with an end; it may be emptied, and nothing depends on it.

Each person's open page says every few seconds where it is. What was not said again for ``GONE_AFTER`` is over.
"""

import time
from collections.abc import Collection
from datetime import datetime, timedelta

import redis
import structlog

from app.writing.types import Looking

log = structlog.get_logger()
GONE_AFTER = timedelta(seconds=25)
_REST = 10.0
"""Seconds for which a Redis that did not answer is not asked again: nobody waits for it."""
_KEY = "porchlight.here."
_MAXIMUM = 60
"""Conversations asked about at once."""


class Presence:
    """Where people are."""

    def __init__(self, connection: "redis.Redis") -> None:
        self._connection = connection
        self._away_until = 0.0

    def here(self, conversation_id: int, user_id: int, now: datetime) -> None:
        """Somebody looks at this conversation."""
        key = f"{_KEY}{conversation_id}"
        with_end = self._connection.pipeline(transaction=False)
        with_end.zadd(key, {str(user_id): now.timestamp()})
        with_end.expire(key, GONE_AFTER)
        self._ask(with_end)

    def gone(self, conversation_id: int, user_id: int) -> None:
        """Somebody looks away."""
        leaving = self._connection.pipeline(transaction=False)
        leaving.zrem(f"{_KEY}{conversation_id}", str(user_id))
        self._ask(leaving)

    def at(self, conversation_ids: Collection[int], now: datetime) -> list[Looking]:
        """Who looks at which of these conversations, whoever came last first. One round trip; nobody while Redis is
        away."""
        ids = list(conversation_ids)[:_MAXIMUM]
        if not ids:
            return []
        asking = self._connection.pipeline(transaction=False)
        for one in ids:
            asking.zrevrangebyscore(f"{_KEY}{one}", "+inf", (now - GONE_AFTER).timestamp())
        answers = self._ask(asking)
        return [Looking(one, int(user)) for one, users in zip(ids, answers, strict=False) for user in users]

    def _ask(self, questions: "redis.client.Pipeline") -> list[list[bytes]]:
        if time.monotonic() < self._away_until:
            return []
        try:
            found: list[list[bytes]] = questions.execute()
        except redis.RedisError as error:
            self._away_until = time.monotonic() + _REST
            log.warning("presence_not_known", error=type(error).__name__)
            return []
        return found
