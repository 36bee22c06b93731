"""How long platforms want to be left alone, known to all processes: what one learns keeps the others from asking."""

import threading
import time
from datetime import UTC, datetime, timedelta

import redis

LONGEST = timedelta(days=1)
"""A limit set wrongly must not silence a page."""
_PREFIX = "porchlight:pace:"


class Pace:
    """Limits by name, each until a moment. What Redis can't be told or asked stands in this process alone."""

    def __init__(self, connection: "redis.Redis | None" = None) -> None:
        self._redis = connection
        self._own: dict[str, float] = {}
        self._lock = threading.Lock()

    def hold(self, name: str, until: datetime, now: datetime) -> None:
        """Leave ``name`` alone until then, a day at most. An earlier moment does not shorten a later one."""
        until = min(until, now + LONGEST)
        if until <= now:
            return
        with self._lock:
            self._own[name] = max(self._own.get(name, 0.0), until.timestamp())
            if len(self._own) > 10_000:
                self._own = {key: at for key, at in self._own.items() if at > time.time()}
        if self._redis is None:
            return
        try:
            known = self._redis.get(_PREFIX + name)
            if known is None or float(known) < until.timestamp():
                seconds = max(1, round((until - now).total_seconds()))
                self._redis.set(_PREFIX + name, until.timestamp(), ex=seconds)
        except redis.RedisError:
            return

    def until(self, name: str, now: datetime) -> datetime | None:
        """Until when ``name`` is to be left alone; None when it need not be."""
        with self._lock:
            at = self._own.get(name, 0.0)
        if self._redis is not None and at <= now.timestamp():
            try:
                at = float(self._redis.get(_PREFIX + name) or 0.0)
            except redis.RedisError:
                at = 0.0
        return datetime.fromtimestamp(at, UTC) if at > now.timestamp() else None
