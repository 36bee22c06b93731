"""The web server waits for what ``porchlight run`` prepares, and for nothing else."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.cli import opening


def test_the_web_server_opens_after_the_preparations(tmp_path: Path) -> None:
    opening.wait_until_prepared(tmp_path / "nothing here yet")
    opening.wait_until_prepared(tmp_path)
    with ThreadPoolExecutor(1) as pool, opening.preparing(tmp_path) as prepared:
        waiting = pool.submit(opening.wait_until_prepared, tmp_path)
        with pytest.raises(TimeoutError):
            waiting.result(0.2)
        prepared()
        waiting.result(30)
    opening.wait_until_prepared(tmp_path)


def test_preparations_that_fail_hold_up_nobody(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="disk full"), opening.preparing(tmp_path):
        raise OSError("disk full")
    opening.wait_until_prepared(tmp_path)
