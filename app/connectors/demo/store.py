"""The file in which the pretend platform keeps what it shows: its tables, and what happens in them."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.connectors.demo.script import Act, Step
from app.connectors.ports import Status

READY = 1
_WAIT_SECONDS = 30
TABLES = """
CREATE TABLE pages (key TEXT PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE posts (key TEXT PRIMARY KEY, page TEXT NOT NULL REFERENCES pages, title TEXT NOT NULL);
CREATE TABLE steps (
    number INTEGER PRIMARY KEY, at TEXT NOT NULL, act TEXT NOT NULL, comment TEXT NOT NULL, value TEXT NOT NULL
);
CREATE INDEX steps_at ON steps (at);
CREATE TABLE comments (
    id TEXT PRIMARY KEY, post TEXT NOT NULL REFERENCES posts, parent TEXT, author TEXT NOT NULL, person TEXT,
    us INTEGER NOT NULL, text TEXT NOT NULL, status TEXT NOT NULL, published_at TEXT NOT NULL, key TEXT UNIQUE,
    change INTEGER NOT NULL UNIQUE
);
CREATE TABLE changes (last INTEGER NOT NULL);
INSERT INTO changes VALUES (0);
"""
LETTERS = """
CREATE TABLE IF NOT EXISTS letters (
    id TEXT PRIMARY KEY, page TEXT NOT NULL, comment TEXT NOT NULL UNIQUE, text TEXT NOT NULL, key TEXT NOT NULL
)
"""
SHOWN = """
SELECT comments.*, posts.title, posts.page FROM comments JOIN posts ON posts.key = comments.post
"""


class AbsentError(Exception):
    """There is no demonstration in this data folder."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A comment as the platform shows it. ``change`` is the number of its latest change."""

    id: str
    page: str
    post: str
    title: str
    parent: str | None
    author: str
    person: str | None
    us: bool
    text: str
    status: Status
    published_at: datetime
    change: int


@contextmanager
def transaction(file: Path, mode: str, *, write: bool) -> Iterator[sqlite3.Connection]:
    """The file, opened in an SQLite ``mode``; what is done in the block is done whole, or not at all."""
    db = sqlite3.connect(
        f"{file.resolve().as_uri()}?mode={mode}", uri=True, timeout=_WAIT_SECONDS, isolation_level=None
    )
    db.row_factory = sqlite3.Row
    try:
        db.execute("BEGIN IMMEDIATE" if write else "BEGIN")
        yield db
        db.execute("COMMIT")
    finally:
        db.close()  # rolls back what was not committed


def schedule(db: sqlite3.Connection, steps: Sequence[Step]) -> None:
    """Keep what is to happen, each at its time."""
    db.executemany(
        "INSERT INTO steps (at, act, comment, value) VALUES (?, ?, ?, ?)",
        [(stamp(one.at), one.act, one.comment, json.dumps(one.value)) for one in steps],
    )


def happen(db: sqlite3.Connection, row: sqlite3.Row) -> None:
    """Let a row of ``steps`` come true."""
    act, comment = Act(row["act"]), row["comment"]
    value: dict[str, Any] = json.loads(row["value"])
    if act is Act.APPEAR:
        told = [value[name] for name in ("post", "parent", "author", "person", "us", "text", "status")]
        db.execute(
            "INSERT INTO comments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?)",
            (comment, *told, row["at"], next_change(db)),
        )
    elif act is Act.EDIT:
        change_one(db, comment, "text", value["text"])
    elif act is Act.JUDGE:
        # What somebody here has decided meanwhile stays.
        held = db.execute("SELECT 1 FROM comments WHERE id = ? AND status = ?", (comment, Status.HELD)).fetchone()
        if held is not None:
            change_one(db, comment, "status", value["status"])
    else:
        change_one(db, comment, "status", Status.DELETED)


def change_one(db: sqlite3.Connection, comment: str, column: str, value: str) -> None:
    """Give one column of a comment another value. ``column`` is ours, never from outside."""
    change = next_change(db)
    db.execute(f"UPDATE comments SET {column} = ?, change = ? WHERE id = ?", (value, change, comment))  # noqa: S608 (our own names)


def next_change(db: sqlite3.Connection) -> int:
    """Numbers are given under the write lock, so they are in the order in which readers come to see the changes."""
    return int(db.execute("UPDATE changes SET last = last + 1 RETURNING last").fetchone()["last"])


def one(db: sqlite3.Connection, page: str, comment: str) -> Entry | None:
    """A comment of a page, whatever became of it; None when there never was one."""
    row = db.execute(SHOWN + "WHERE posts.page = ? AND id = ?", (page, comment)).fetchone()
    return entry(row) if row else None


def with_key(db: sqlite3.Connection, page: str, key: str) -> Entry | None:
    """The reply of a page that was posted with a key."""
    row = db.execute(SHOWN + "WHERE posts.page = ? AND comments.key = ?", (page, key)).fetchone()
    return entry(row) if row else None


def entry(row: sqlite3.Row) -> Entry:
    """A row of ``SHOWN`` as an entry."""
    return Entry(
        id=row["id"],
        page=row["page"],
        post=row["post"],
        title=row["title"],
        parent=row["parent"],
        author=row["author"],
        person=row["person"],
        us=bool(row["us"]),
        text=row["text"],
        status=Status(row["status"]),
        published_at=datetime.fromisoformat(row["published_at"]),
        change=row["change"],
    )


def stamp(at: datetime) -> str:
    """Of one length, so that the order of texts is the order of times."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
