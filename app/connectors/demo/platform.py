"""The pretend platform: a small database of its own, apart from Porchlight's, in which comments appear with the clock.

Like a real platform it numbers every change, so that a reader can ask for what came after the last one it saw; it keeps
what we post, and knows a reply it has already taken by the reply's key.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from app.connectors.demo import store
from app.connectors.demo.script import Step, Story
from app.connectors.demo.store import AbsentError, Entry
from app.connectors.ports import Status
from app.core.clock import utc_now


class AnsweredError(Exception):
    """The author of this comment was written to before; the platform takes one private reply to each."""


class Platform:
    """Its state is one file. ``clock`` is the platform's own: it dates what is posted.

    Methods raise AbsentError before ``create`` and after ``remove``, and sqlite3.Error when the file can't be used.
    """

    def __init__(self, folder: Path, clock: Callable[[], datetime] = utc_now) -> None:
        self._file = folder / "platform.db"
        self._clock = clock

    def create(self, story: Story) -> None:
        """Open the platform. Does nothing when it is there."""
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with store.transaction(self._file, "rwc", write=True) as db:
            if db.execute("PRAGMA user_version").fetchone()[0] == store.READY:
                return
            for statement in store.TABLES.strip().split(";\n"):
                db.execute(statement)
            db.executemany("INSERT INTO pages VALUES (?, ?)", [(one.key, one.name) for one in story.pages])
            db.executemany(
                "INSERT INTO posts VALUES (?, ?, ?)", [(one.key, one.page, one.title) for one in story.posts]
            )
            store.schedule(db, story.steps)
            db.execute(f"PRAGMA user_version = {store.READY}")

    def schedule(self, steps: Sequence[Step]) -> None:
        """More things that happen, each at its time."""
        with self._open(write=True) as db:
            store.schedule(db, steps)

    def remove(self) -> None:
        """Close the platform for good."""
        for end in ("", "-journal"):
            self._file.with_name(self._file.name + end).unlink(missing_ok=True)
        if self._file.parent.is_dir() and not any(self._file.parent.iterdir()):
            self._file.parent.rmdir()

    def pages(self) -> dict[str, str]:
        """Names by key; empty when there is no platform."""
        try:
            with self._open() as db:
                return {row["key"]: row["name"] for row in db.execute("SELECT key, name FROM pages")}
        except AbsentError:
            return {}

    def changes(self, page: str, after: int, since: datetime | None, limit: int, now: datetime) -> list[Entry]:
        """What appeared or changed after change number ``after``, in that order; none from before ``since``."""
        self._live_until(now)
        where = "WHERE posts.page = ? AND change > ? AND published_at >= ? AND status != ? ORDER BY change LIMIT ?"
        wanted = (page, after, store.stamp(since) if since else "", Status.DELETED, limit)
        with self._open() as db:
            return [store.entry(row) for row in db.execute(store.SHOWN + where, wanted)]

    def newest(self, page: str, count: int, now: datetime) -> list[Entry]:
        """The latest comments that readers see, newest first."""
        self._live_until(now)
        where = "WHERE posts.page = ? AND status = ? ORDER BY published_at DESC, change DESC LIMIT ?"
        with self._open() as db:
            return [store.entry(row) for row in db.execute(store.SHOWN + where, (page, Status.LIVE, count))]

    def known(self, page: str, ids: Sequence[str], now: datetime) -> dict[str, Entry]:
        """Those of these comments that still exist."""
        self._live_until(now)
        marks = ", ".join("?" * len(ids))
        where = f"WHERE posts.page = ? AND status != ? AND id IN ({marks})"
        with self._open() as db:
            return {
                row["id"]: store.entry(row) for row in db.execute(store.SHOWN + where, (page, Status.DELETED, *ids))
            }

    def post_reply(self, page: str, target: str, text: str, key: str) -> Entry | None:
        """Post a reply under a comment, once for each key; None when the comment is gone."""
        self._live_until(self._clock())
        with self._open(write=True) as db:
            posted = store.with_key(db, page, key)
            if posted is not None:
                return posted
            above = store.one(db, page, target)
            if above is None or above.status in (Status.TRASH, Status.DELETED):
                return None
            change = store.next_change(db)
            name = db.execute("SELECT name FROM pages WHERE key = ?", (page,)).fetchone()["name"]
            at = store.stamp(self._clock())
            db.execute(
                "INSERT INTO comments VALUES (?, ?, ?, ?, NULL, 1, ?, ?, ?, ?, ?)",
                (f"reply-{change}", above.post, target, name, text, Status.LIVE, at, key, change),
            )
            return store.with_key(db, page, key)

    def reply_with(self, page: str, key: str) -> Entry | None:
        """The reply that was posted with this key."""
        with self._open() as db:
            return store.with_key(db, page, key)

    def publish(self, page: str, title: str, key: str) -> str:
        """Publish a post of our own, once for each key; answer its number. It is told by its title."""
        number = f"own-{key}"
        with self._open(write=True) as db:
            db.execute("INSERT OR IGNORE INTO posts VALUES (?, ?, ?)", (number, page, title))
        return number

    def published(self, page: str, key: str) -> str | None:
        """The number of the post that was published with this key."""
        with self._open() as db:
            asked = ("own-" + key, page)
            row = db.execute("SELECT key FROM posts WHERE key = ? AND page = ?", asked).fetchone()
            return str(row["key"]) if row else None

    def post_letter(self, page: str, target: str, text: str, key: str) -> str | None:
        """Write to a comment's author alone, once for each key; answer the letter's id, None when the comment is gone.

        Raises AnsweredError for a second letter to one comment.
        """
        self._live_until(self._clock())
        with self._open(write=True) as db:
            db.execute(store.LETTERS)
            before = db.execute("SELECT id, key FROM letters WHERE comment = ?", (target,)).fetchone()
            if before is not None and before["key"] != key:
                raise AnsweredError
            if before is not None:
                return str(before["id"])
            above = store.one(db, page, target)
            if above is None or above.status in (Status.TRASH, Status.DELETED):
                return None
            number = f"letter-{store.next_change(db)}"
            db.execute("INSERT INTO letters VALUES (?, ?, ?, ?, ?)", (number, page, target, text, key))
            return number

    def letter_with(self, page: str, key: str) -> str | None:
        """The id of the letter that was written with this key."""
        with self._open(write=True) as db:
            db.execute(store.LETTERS)
            found = db.execute("SELECT id FROM letters WHERE page = ? AND key = ?", (page, key)).fetchone()
            return str(found["id"]) if found is not None else None

    def judge(self, page: str, target: str, status: Status) -> bool:
        """Give a comment another state; False when it is gone."""
        self._live_until(self._clock())
        with self._open(write=True) as db:
            found = store.one(db, page, target)
            if found is None or found.status is Status.DELETED:
                return False
            if found.status is not status:
                store.change_one(db, target, "status", status)
            return True

    def _live_until(self, now: datetime) -> None:
        """Let happen what has come due."""
        due = (store.stamp(now),)
        with self._open() as db:
            if db.execute("SELECT 1 FROM steps WHERE at <= ? LIMIT 1", due).fetchone() is None:
                return
        with self._open(write=True) as db:
            for row in db.execute("SELECT * FROM steps WHERE at <= ? ORDER BY at, number", due).fetchall():
                store.happen(db, row)
                db.execute("DELETE FROM steps WHERE number = ?", (row["number"],))

    @contextmanager
    def _open(self, *, write: bool = False) -> Iterator[sqlite3.Connection]:
        if not self._file.is_file():
            raise AbsentError
        with store.transaction(self._file, "rw", write=write) as db:
            if db.execute("PRAGMA user_version").fetchone()[0] != store.READY:
                raise AbsentError
            yield db
