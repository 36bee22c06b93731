"""Limits that platforms name are known to all processes, and never last for ever."""

from datetime import UTC, datetime, timedelta

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.core.pace import Pace

NOW = datetime.now(UTC)


def test_what_one_process_learns_keeps_the_others_from_asking(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as connection:
        one, other = Pace(connection), Pace(connection)
        one.hold("page:1", NOW + timedelta(minutes=5), NOW)
        assert other.until("page:1", NOW) == NOW + timedelta(minutes=5)
        assert other.until("page:2", NOW) is None, "a burst on one page starves no other"
        other.hold("page:1", NOW + timedelta(minutes=1), NOW)
        assert one.until("page:1", NOW + timedelta(minutes=2)) == NOW + timedelta(minutes=5), "never shortened"
        assert one.until("page:1", NOW + timedelta(minutes=6)) is None


def test_a_limit_ends_within_a_day() -> None:
    pace = Pace()
    pace.hold("page:1", NOW + timedelta(days=400), NOW)
    assert pace.until("page:1", NOW) == NOW + timedelta(days=1)
    pace.hold("page:2", NOW - timedelta(days=1), NOW)
    assert pace.until("page:2", NOW) is None


def test_while_redis_is_away_a_process_minds_its_own() -> None:
    pace = Pace(redis.Redis(unix_socket_path="/nowhere/redis.sock", retry=Retry(NoBackoff(), 0)))
    pace.hold("page:1", NOW + timedelta(minutes=5), NOW)
    assert pace.until("page:1", NOW) == NOW + timedelta(minutes=5)
    assert pace.until("page:2", NOW) is None


def test_redis_is_not_waited_for_before_every_request() -> None:
    """Where it is not to be reached, each try may take seconds."""
    asked = []

    class Away(redis.Redis):
        def execute_command(self, *args: object, **_options: object) -> object:
            asked.append(args[0])
            raise redis.ConnectionError

    pace = Pace(Away())
    for number in range(50):
        assert pace.until(f"page:{number}", NOW) is None
        pace.hold(f"page:{number}", NOW + timedelta(minutes=5), NOW)
    assert asked == ["MGET"]
    assert pace.until_all(["page:1", "page:99"], NOW) == NOW + timedelta(minutes=5)


def test_the_longest_of_several_limits_counts(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as connection:
        told, asks = Pace(connection), Pace(connection)
        for minutes in (2, 7, 3):
            told.hold(f"several:{minutes}", NOW + timedelta(minutes=minutes), NOW)
        names = [f"several:{minutes}" for minutes in (1, 2, 3, 7)]
        assert asks.until_all(names, NOW) == NOW + timedelta(minutes=7)
        assert asks.until_all(names[:1], NOW) is None
