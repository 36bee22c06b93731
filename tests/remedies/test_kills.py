"""Workers killed at any moment while they carry out: nothing twice, nothing lost.

The provider here knows no keys and would pay twice; only looking before sending again keeps it from that.
"""

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.core.clock import utc_now
from app.core.db import Database
from app.core.security import SecretBox
from app.executors.answers import in_time
from app.executors.ports import Abilities, Access, Kind, Notice, Outcome, Progress, Purchase, Task
from app.executors.registry import Executors
from app.remedies.models import Remedy
from app.remedies.runner import Runner
from app.remedies.types import State
from tests.remedies.stage import KEY, Stage

KILLS = int(os.environ.get("REMEDY_KILLS", "12"))
LEASE = 0.4


class Ledger:
    """A provider whose book is a file: one line for each time money moved."""

    kind = "till"
    label = "Ledger"
    abilities = Abilities(kinds=frozenset(Kind))

    def __init__(self, book: Path, pause: float) -> None:
        self.book, self.pause = book, pause

    def lines(self) -> list[str]:
        return self.book.read_text().splitlines() if self.book.exists() else []

    def check(self, access: Access) -> None:
        pass

    def purchase(self, access: Access, number: str) -> Purchase | None:
        return None

    def purchases(self, access: Access, email: str) -> Sequence[Purchase]:
        return ()

    def execute(self, access: Access, task: Task) -> Outcome:
        time.sleep(random.random() * self.pause)
        in_time(access)
        with self.book.open("a") as out:
            out.write(task.key + "\n")
        time.sleep(random.random() * self.pause)
        return Outcome(Progress.DONE, task.key)

    def look_up(self, access: Access, task: Task) -> Outcome | None:
        return Outcome(Progress.DONE, task.key) if task.key in self.lines() else None

    def notices(self, access: Access, headers: Mapping[str, str], body: bytes, now: datetime) -> Sequence[Notice]:
        return []


def work(url: str, book: Path, pause: float) -> None:
    database = Database(url, pool_size=1)
    runner = Runner(database, Executors([Ledger(book, pause)]), SecretBox(KEY), LEASE)
    while True:
        runner.run()
        time.sleep(0.01)


def test_killed_workers_pay_once_and_forget_nothing(database_url: str, tmp_path: Path) -> None:
    book, count = tmp_path / "book", max(20, KILLS)
    db = Database(database_url)
    stage = Stage(db)
    stage.now = utc_now()
    stage.set_up()
    for number in range(count):
        stage.ask(amount="0.01", order_number=f"K-{number}", paid="1")
    db.dispose()
    forks = multiprocessing.get_context("fork")
    for _kill in range(KILLS):
        child = forks.Process(target=work, args=(database_url, book, 0.05), daemon=True)
        child.start()
        assert child.pid is not None
        time.sleep(0.05 + random.random() * 0.15)
        os.kill(child.pid, signal.SIGKILL)
        child.join(10)
    last = Runner(db, Executors([Ledger(book, 0)]), SecretBox(KEY), LEASE)
    end = time.monotonic() + max(60, count)  # each that was left unknown is looked up by itself
    while _left(db) and time.monotonic() < end:
        last.run()
        time.sleep(LEASE / 4)
    paid = Ledger(book, 0).lines()
    assert _left(db) == 0, "nothing is lost"
    assert len(paid) == len(set(paid)) == count, "nothing is paid twice"
    db.dispose()


def _left(db: Database) -> int:
    with db.read() as session:
        query = select(func.count()).select_from(Remedy).where(Remedy.state != State.EXECUTED)
        return session.scalar(query) or 0


def test_the_book_would_show_a_double(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "book", 0)
    task = Task("remedy-1-1", Kind.REFUND, 1, "EUR", "A", "", "broken")
    ledger.execute(Access(), task)
    ledger.execute(Access(), task)
    with pytest.raises(AssertionError):
        assert len(ledger.lines()) == len(set(ledger.lines()))
