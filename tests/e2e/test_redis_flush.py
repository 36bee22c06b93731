"""Redis only says "now": emptied or killed in the middle of work, nothing is lost and work goes on within a minute."""

import random
import time

import psutil
import pytest
import redis

from tests.e2e.crowd import Crowd
from tests.e2e.installation import Installation, Porch, wait_until
from tests.servers.wordpress import Site

QUICK = {"PORCHLIGHT_OUTBOX_UNDO_SECONDS": "0", "PORCHLIGHT_COLLECTING_FASTEST_SECONDS": "2"}
FLUSHES = 25
RESUMED_SECONDS = 60.0


def flush(installation: Installation) -> bool:
    """Empty Redis; False while there is none."""
    try:
        with redis.Redis.from_url(f"unix://{installation.settings.redis_socket}", socket_timeout=5) as connection:
            return bool(connection.flushall())
    except redis.RedisError:
        return False


def kill_redis(porch: Porch) -> psutil.Process:
    """Kill Redis; answers the one that took its place."""
    (old,) = porch.processes()["redis"]
    old.kill()
    return wait_until(
        lambda: next((one for one in porch.processes().get("redis", []) if one.pid != old.pid), None),
        "Redis was started again",
    )


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_work_goes_on_when_redis_is_emptied_and_killed(installation: Installation, wordpress_site: Site) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    crowd = Crowd(installation, wordpress_site, seed)
    crowd.prepare(wordpress_site.url)
    with installation.running(**QUICK) as porch:
        with crowd.at_work(porch):
            for number in range(FLUSHES):
                crowd.stay(chance.uniform(0.1, 0.8))
                wait_until(lambda: flush(installation), "Redis could be emptied")
                if number == FLUSHES // 2:
                    kill_redis(porch)
        wait_until(lambda: flush(installation), "Redis could be emptied")
        crowd.visitors.write()
        begin = time.monotonic()
        crowd.wait_until_settled(RESUMED_SECONDS)
        print(f"settled {time.monotonic() - begin:.1f} s after the last flush")
        assert porch.process.poll() is None
        dead = [
            line for line in porch.log.read_text().splitlines() if "Starting it again" in line and "Redis" not in line
        ]
        assert dead == [], "nobody but Redis had to be started again"
    crowd.reckon()
