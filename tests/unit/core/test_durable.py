"""What is committed is on the disk: held here, since the databases of the tests do not wait (tests/conftest.py)."""

import inspect
import sqlite3
from contextlib import closing
from pathlib import Path

from app.core import db

FULL = 2


def test_sqlite_waits_for_the_disk_at_every_commit(tmp_path: Path) -> None:
    prepare = inspect.unwrap(db._prepare_sqlite)
    with closing(sqlite3.connect(tmp_path / "one.db")) as connection:
        prepare(connection, None)
        assert connection.execute("PRAGMA synchronous").fetchone() == (FULL,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
