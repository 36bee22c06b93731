"""The web server opens only once ``porchlight run`` has prepared everything; what it imports it imports meanwhile."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def preparing(data_dir: Path) -> Iterator[Callable[[], None]]:
    """Web servers of this data folder that start in the block don't open before its end, or before what it gives is
    called."""
    with _file(data_dir).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        def prepared() -> None:
            fcntl.flock(lock, fcntl.LOCK_UN)

        yield prepared


def wait_until_prepared(data_dir: Path) -> None:
    """Come back at once where nobody prepares anything, as when the web server runs on its own."""
    try:
        lock: TextIO = _file(data_dir).open("r")
    except OSError:
        return
    with lock:
        fcntl.flock(lock, fcntl.LOCK_SH)


def _file(data_dir: Path) -> Path:
    return data_dir / "preparing.lock"
