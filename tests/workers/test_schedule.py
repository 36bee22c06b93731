"""The scheduler wakes what is due, sweeps at its pace, and survives trouble."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis

from app.bootstrap import Services
from app.core.db import Database
from app.core.jobs import JobName
from app.core.waking import RqWaker
from workers import context
from workers.schedule import SWEEP_SECONDS, TABLE, Entry, Scheduler, keep_ticking

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


class Notebook:
    """A waker that writes down what it was asked to wake."""

    def __init__(self) -> None:
        self.wakes: list[JobName] = []
        self.woken = threading.Event()

    def wake(self, job: JobName) -> None:
        self.wakes.append(job)
        self.woken.set()


@pytest.fixture
def notebook() -> Notebook:
    return Notebook()


@pytest.fixture
def noted(services: Services, notebook: Notebook) -> Services:
    return replace(services, waker=notebook)  # type: ignore[arg-type]


UNHURRIED = {JobName.SUBSCRIBE, JobName.TIDY, JobName.LEARN, JobName.REPORT, JobName.TARGETS, JobName.UPKEEP}
"""Nobody waits for what these bring."""


@pytest.fixture
def running() -> Iterator[None]:
    context.stopping.clear()
    yield
    context.stopping.clear()


def entries(*due: JobName) -> tuple[Entry, ...]:
    def question(job: JobName, _session: Any, _now: datetime) -> bool:
        return job in due

    return tuple(replace(entry, is_due=partial(question, entry.job)) for entry in TABLE)


def test_the_table_names_every_job_once_and_sweeps_what_answers_people_often() -> None:
    assert [entry.job for entry in TABLE] == list(JobName)
    for entry in TABLE:
        assert entry.sweep_seconds <= SWEEP_SECONDS or entry.job in UNHURRIED


def test_the_first_tick_wakes_everything_and_a_quiet_second_nothing(noted: Services, notebook: Notebook) -> None:
    scheduler = Scheduler(noted)
    scheduler.tick(NOW, 100.0)
    assert sorted(notebook.wakes) == sorted(JobName)
    notebook.wakes.clear()
    scheduler.tick(NOW, 101.0)
    assert notebook.wakes == []


def test_sweeps_come_back_whether_or_not_anything_is_due(noted: Services, notebook: Notebook) -> None:
    scheduler = Scheduler(noted)
    scheduler.tick(NOW, 100.0)
    notebook.wakes.clear()
    scheduler.tick(NOW, 100.0 + SWEEP_SECONDS)
    assert set(notebook.wakes) == set(JobName) - UNHURRIED


def test_what_is_due_is_woken_between_sweeps_once_a_tick(noted: Services, notebook: Notebook) -> None:
    scheduler = Scheduler(noted, entries(JobName.DELIVER))
    scheduler.tick(NOW, 100.0)
    assert notebook.wakes.count(JobName.DELIVER) == 1
    notebook.wakes.clear()
    scheduler.tick(NOW, 101.0)
    assert notebook.wakes == [JobName.DELIVER]


def test_a_sweep_that_met_a_broken_database_is_made_up_for(noted: Services, notebook: Notebook) -> None:
    broken = True

    def question(_session: Any, _now: datetime) -> bool:
        if broken:
            raise RuntimeError("no database")
        return False

    scheduler = Scheduler(noted, (Entry(JobName.TIDY, None, 10.0), Entry(JobName.DELIVER, question, 3600.0)))
    scheduler.tick(NOW, 100.0)
    notebook.wakes.clear()
    with pytest.raises(RuntimeError):
        scheduler.tick(NOW, 110.0)
    assert notebook.wakes == []
    broken = False
    scheduler.tick(NOW, 110.5)
    assert notebook.wakes == [JobName.TIDY]


@pytest.mark.usefixtures("running")
def test_it_goes_on_when_the_database_is_gone_and_comes_back(
    noted: Services, notebook: Notebook, tmp_path: Path
) -> None:
    class Flickering:
        def __init__(self) -> None:
            self.gone = Database(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}")
            self.asked = 0

        def read(self) -> Any:
            self.asked += 1
            return (self.gone if self.asked == 1 else noted.db).read()

    flickering = replace(noted, db=Flickering())  # type: ignore[arg-type]
    thread = threading.Thread(target=keep_ticking, args=(Scheduler(flickering, entries(JobName.ROUTE)), flickering))
    thread.start()
    assert notebook.woken.wait(30)
    context.stopping.set()
    thread.join(30)
    assert not thread.is_alive()
    assert JobName.ROUTE in notebook.wakes


def test_an_absent_redis_disturbs_nobody(services: Services, tmp_path: Path) -> None:
    absent = redis.Redis.from_url(f"unix://{tmp_path}/nobody.sock")
    Scheduler(replace(services, waker=RqWaker(absent))).tick(NOW, 100.0)
    assert services.redis.keys("rq:*") == []


def test_a_wake_that_waits_is_not_sent_again(services: Services) -> None:
    scheduler = Scheduler(services, entries(JobName.DELIVER, JobName.COLLECT))
    scheduler.tick(NOW, 100.0)
    scheduler.tick(NOW, 101.0)
    for queue in ("sending", "patient"):
        waiting = [str(job).split("-")[0] for job in services.redis.lrange(f"rq:queue:{queue}", 0, -1)]
        assert len(waiting) == len(set(waiting))
        assert waiting
