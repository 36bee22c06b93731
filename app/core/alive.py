"""Signs of life of workers and schedulers, kept in Redis for half a minute and nowhere else.

They only inform the health page. A sign that is missing means "not seen lately", never "work is lost": the work is in
the database.
"""

import os
import socket
from collections import Counter

import redis
import structlog

from app.core.jobs import QueueName

log = structlog.get_logger()
PREFIX = "porchlight.alive."
SECONDS = 30
BEAT_SECONDS = 10
"""How often a living process should ``beat``."""
SCHEDULER = "scheduler"


def worker_role(queue: QueueName) -> str:
    """What a worker of ``queue`` calls itself."""
    return f"worker-{queue}"


EXPECTED = (SCHEDULER, *(worker_role(queue) for queue in QueueName))
"""The roles of which at least one process must live for everything to be done."""


def beat(connection: "redis.Redis", role: str) -> None:
    """Say that this process lives. Failing to is logged, never raised."""
    try:
        connection.set(_key(role), "1", ex=SECONDS)
    except redis.RedisError as error:
        log.warning("sign_of_life_not_sent", role=role, error=type(error).__name__)


def leave(connection: "redis.Redis", role: str) -> None:
    """Say that this process stops in good order. Failing to is logged, never raised."""
    try:
        connection.delete(_key(role))
    except redis.RedisError as error:
        log.warning("sign_of_life_not_taken_back", role=role, error=type(error).__name__)


def _key(role: str) -> str:
    return f"{PREFIX}{role}:{socket.gethostname()}:{os.getpid()}"


def living(connection: "redis.Redis") -> dict[str, int]:
    """How many processes of each role were seen in the last half minute. Raises redis.RedisError."""
    keys = [key.decode() for key in connection.scan_iter(match=f"{PREFIX}*", count=100)]
    return dict(Counter(key.removeprefix(PREFIX).split(":", 1)[0] for key in keys))
