"""The job that keeps the index comes back while there is more, and leaves others their turn."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.bootstrap import Services
from app.core.jobs import JobName
from app.search import queries, service
from app.search.models import SearchWaiting
from app.search.types import Kind
from workers import context
from workers.jobs import search
from workers.schedule import Scheduler


class Notebook:
    """A waker that writes down what it was asked to wake."""

    def __init__(self) -> None:
        self.wakes: list[JobName] = []

    def wake(self, job: JobName) -> None:
        self.wakes.append(job)


def test_much_is_indexed_in_turns(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = Notebook()
    context.start(replace(services, waker=notebook))  # type: ignore[arg-type]
    monkeypatch.setattr(service, "BATCH", 2)
    monkeypatch.setattr(service.index_waiting, "__defaults__", (2,))
    waiting = 2 * search.PORTIONS + 1
    with services.db.write() as session:
        session.add_all(SearchWaiting(kind=Kind.NOTE, source_id=number) for number in range(waiting))
    assert search.index_waiting() == waiting - 1
    assert notebook.wakes == [JobName.INDEX]
    assert search.index_waiting() == 1
    assert notebook.wakes == [JobName.INDEX]
    with services.db.read() as session:
        assert not queries.has_waiting(session)


def test_the_scheduler_sees_that_something_waits(services: Services) -> None:
    notebook = Notebook()
    scheduler = Scheduler(replace(services, waker=notebook))  # type: ignore[arg-type]
    now = datetime(2026, 5, 4, 12, tzinfo=UTC)
    scheduler.tick(now, 100.0)
    notebook.wakes.clear()
    with services.db.write() as session:
        session.add(SearchWaiting(kind=Kind.NOTE, source_id=1))
    scheduler.tick(now, 101.0)
    assert notebook.wakes == [JobName.INDEX]
