"""Who is looking where: known for as long as they say so, and never waited for."""

from datetime import UTC, datetime, timedelta

import pytest
import redis

from app.writing.presence import GONE_AFTER, Presence
from app.writing.types import Looking

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def test_looking_is_seen_until_it_is_over(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as connection:
        presence = Presence(connection)
        presence.here(7, 1, NOW)
        presence.here(7, 2, NOW + timedelta(seconds=20))
        presence.here(8, 1, NOW)
        at = NOW + GONE_AFTER
        assert presence.at([7, 8, 9], at) == [Looking(7, 2), Looking(7, 1), Looking(8, 1)]
        assert presence.at([7, 8], at + timedelta(seconds=1)) == [Looking(7, 2)]
        presence.gone(7, 2)
        assert presence.at([7], at) == [Looking(7, 1)]
        assert presence.at([], at) == []


def test_redis_forgets_by_itself(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as connection:
        Presence(connection).here(7, 1, NOW)
        (key,) = connection.keys("porchlight.here.*")
        assert 0 < connection.ttl(key) <= GONE_AFTER.total_seconds()


def test_a_redis_that_is_away_is_asked_once_and_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    away = redis.Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=1)
    presence = Presence(away)
    made = away.connection_pool.make_connection
    asked: list[int] = []

    def make() -> object:
        asked.append(1)
        return made()

    monkeypatch.setattr(away.connection_pool, "make_connection", make)
    presence.here(7, 1, NOW)
    assert presence.at([7], NOW) == []
    assert presence.at([7], NOW) == []
    assert len(asked) == 1
