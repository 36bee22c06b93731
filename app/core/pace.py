"""How long platforms want to be left alone, known to all processes: what one learns keeps the others from asking."""

import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import redis

LONGEST = timedelta(days=1)
"""A limit set wrongly must not silence a page."""
_PREFIX = "porchlight:pace:"
_AWAY_SECONDS = 5.0
"""Redis is not asked for so long once it did not answer: nobody waits for it before each request."""


class Pace:
    """Limits by name, each until a moment. What Redis can't be told or asked stands in this process alone."""

    def __init__(self, connection: "redis.Redis | None" = None) -> None:
        self._redis = connection
        self._own: dict[str, float] = {}
        self._lock = threading.Lock()
        self._away_until = 0.0

    def hold(self, name: str, until: datetime, now: datetime) -> None:
        """Leave ``name`` alone until then, a day at most. An earlier moment does not shorten a later one."""
        until = min(until, now + LONGEST)
        if until <= now:
            return
        with self._lock:
            self._own[name] = max(self._own.get(name, 0.0), until.timestamp())
            if len(self._own) > 10_000:
                self._own = {key: at for key, at in self._own.items() if at > time.time()}
        if self._redis is None or self._is_away():
            return
        try:
            known = self._redis.get(_PREFIX + name)
            if known is None or float(known) < until.timestamp():
                seconds = max(1, round((until - now).total_seconds()))
                self._redis.set(_PREFIX + name, until.timestamp(), ex=seconds)
        except redis.RedisError:
            self._lost()

    def until(self, name: str, now: datetime) -> datetime | None:
        """Until when ``name`` is to be left alone; None when it need not be."""
        return self.until_all([name], now)

    def until_all(self, names: Sequence[str], now: datetime) -> datetime | None:
        """As ``until``, for whichever of these is held longest."""
        with self._lock:
            at = max(self._own.get(name, 0.0) for name in names)
        if self._redis is not None and at <= now.timestamp() and not self._is_away():
            try:
                told = self._redis.mget([_PREFIX + name for name in names])
                at = max(float(one or 0.0) for one in told)
            except redis.RedisError:
                self._lost()
        return datetime.fromtimestamp(at, UTC) if at > now.timestamp() else None

    def _is_away(self) -> bool:
        return time.monotonic() < self._away_until

    def _lost(self) -> None:
        self._away_until = time.monotonic() + _AWAY_SECONDS
