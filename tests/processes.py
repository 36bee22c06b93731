"""Starting Porchlight's own processes in tests."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.core.config import Settings
from app.core.process import die_with_parent

PATIENCE = 90.0
"""Seconds after which something that should have happened did not."""


def variables(settings: Settings) -> dict[str, str]:
    """The environment in which a process finds these settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PORCHLIGHT_")}
    return {
        **clean,
        "PORCHLIGHT_DATA_DIR": str(settings.data_dir),
        "PORCHLIGHT_DATABASE_URL": settings.database_url,
        "PORCHLIGHT_REDIS_URL": settings.redis_url,
        "PORCHLIGHT_OUTGOING_ALLOW_NETWORKS": "127.0.0.0/8",
    }


@contextmanager
def started(command: "list[str] | tuple[str, ...]", environment: dict[str, str]) -> "Iterator[subprocess.Popen[str]]":
    """A process whose output can be read; killed at the end if it still runs, and with the tests in any case."""
    parent = os.getpid()
    process = subprocess.Popen(
        list(command),
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: die_with_parent(parent),  # noqa: PLW1509
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def eventually(true: Callable[[], object], what: str) -> None:
    """Wait until ``true`` holds; fails saying ``what`` did not come about."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.02)
