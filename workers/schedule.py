"""The scheduler process: asks the database every second whether work is due, and wakes the workers.

What it knows stands in TABLE. Wakes may get lost, so each job is also woken at a fixed pace whether or not anything
seems due; that sweep is what makes an emptied Redis or a killed worker harmless. A thread besides listens to platforms
that tell of news.
"""

import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from app import bootstrap
from app.bootstrap import Services
from app.collecting import imports
from app.collecting import service as collecting
from app.collecting.listening import Listening
from app.core import alive, config, logs, trouble
from app.core.clock import utc_now
from app.core.jobs import JobName
from app.desk import bulk
from app.duty import queries as duty
from app.hooks import queries as hooks
from app.inbox import counts, waking
from app.learning import queries as learning
from app.library.delivering import publications
from app.notifications import service as notifications
from app.outbox.carrying import deliveries
from app.pages import tokens
from app.remedies import runner as remedies
from app.routing import anew, trials
from app.routing import queries as routing
from app.search import queries as search
from workers import context

log = structlog.get_logger()
TICK_SECONDS = 1.0
SWEEP_SECONDS = 10.0
MINUTE = 60.0
TARGET_SECONDS = 30.0
"""How exactly targets are watched."""
VIEW_SECONDS = 5.0
"""How fresh the numbers of saved views are that are counted."""
REPORT_SECONDS = 30.0
"""How fresh reports are."""
HOUR = 3600.0
LONGEST_PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class Entry:
    """When a job is woken: at once when ``is_due`` says yes, and every ``sweep_seconds`` in any case."""

    job: JobName
    is_due: Callable[[Any, datetime], bool] | None
    sweep_seconds: float


TABLE = (
    Entry(JobName.DELIVER, deliveries.has_due, SWEEP_SECONDS),
    Entry(JobName.PUBLISH, publications.has_due, SWEEP_SECONDS),
    Entry(JobName.HOOKS, hooks.has_due, SWEEP_SECONDS),
    Entry(
        JobName.ROUTE, lambda session, _now: routing.has_waiting(session) or anew.has_waiting(session), SWEEP_SECONDS
    ),
    Entry(JobName.ASSIGN, duty.has_work, SWEEP_SECONDS),
    Entry(JobName.TARGETS, None, TARGET_SECONDS),
    Entry(JobName.INDEX, lambda session, _now: search.has_waiting(session), SWEEP_SECONDS),
    Entry(JobName.COUNT, counts.has_many_changes, SWEEP_SECONDS),
    Entry(JobName.COUNT_VIEWS, None, VIEW_SECONDS),
    Entry(JobName.REMEDY, remedies.has_due, SWEEP_SECONDS),
    Entry(JobName.BULK, bulk.has_due, SWEEP_SECONDS),
    Entry(JobName.PUT_OFF, waking.has_due, SWEEP_SECONDS),
    Entry(JobName.COLLECT, collecting.has_due, SWEEP_SECONDS),
    Entry(JobName.TOKENS, tokens.has_due, SWEEP_SECONDS),
    Entry(JobName.SUBSCRIBE, None, MINUTE),
    Entry(JobName.IMPORT, imports.has_due, SWEEP_SECONDS),
    Entry(JobName.RECONCILE, collecting.has_reconcile_due, SWEEP_SECONDS),
    Entry(JobName.LEARN, learning.is_due, HOUR),
    Entry(JobName.NOTIFY, notifications.has_due, SWEEP_SECONDS),
    Entry(JobName.TRY_RULES, trials.has_due, SWEEP_SECONDS),
    Entry(JobName.REPORT, None, REPORT_SECONDS),
    Entry(JobName.UPKEEP, None, MINUTE),
    Entry(JobName.TIDY, None, HOUR),
)


class Scheduler:
    """Remembers when each job was last woken without being asked for."""

    def __init__(self, services: Services, table: Sequence[Entry] = TABLE) -> None:
        self._services = services
        self._table = table
        self._swept: dict[JobName, float] = {}

    def tick(self, now: datetime, uptime: float) -> None:
        """Wake what is due. ``uptime`` is a clock in seconds that never jumps. Raises what the database raises."""
        swept = [entry.job for entry in self._table if self._is_sweep_due(entry, uptime)]
        with self._services.db.read() as session:
            due = [
                entry.job
                for entry in self._table
                if entry.job not in swept and entry.is_due and entry.is_due(session, now)
            ]
        for job in swept + due:
            self._services.waker.wake(job)
        self._swept.update(dict.fromkeys(swept, uptime))

    def _is_sweep_due(self, entry: Entry, uptime: float) -> bool:
        last = self._swept.get(entry.job)
        return last is None or uptime - last >= entry.sweep_seconds


def keep_ticking(scheduler: Scheduler, services: Services) -> None:
    """Tick until asked to stop. Whatever goes wrong is logged and tried again, with growing pauses."""
    pause, beaten = TICK_SECONDS, float("-inf")
    while not context.stopping.wait(pause):
        uptime = time.monotonic()
        try:
            scheduler.tick(utc_now(), uptime)
        except Exception as error:  # noqa: BLE001 (the heartbeat outlives whatever happens; the log says what it was)
            pause = min(pause * 2, LONGEST_PAUSE)
            log.warning(
                "tick_failed", error=type(error).__name__, text=trouble.explain(error), next_try_in_seconds=pause
            )
        else:
            pause = TICK_SECONDS
        if uptime - beaten >= alive.BEAT_SECONDS:
            alive.beat(services.redis, alive.SCHEDULER)
            beaten = uptime


def main() -> None:
    """``python -m workers.schedule``"""
    settings = config.load()
    logs.configure(settings.log.level, settings.log.format)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: context.stopping.set())
    services = bootstrap.build(settings)
    listening = Listening(services.db, services.connectors, services.box)
    threading.Thread(target=listening.run, args=(context.stopping,), name="listening", daemon=True).start()
    log.info("scheduler_started")
    keep_ticking(Scheduler(services), services)
    alive.leave(services.redis, alive.SCHEDULER)
    log.info("scheduler_stopped")


if __name__ == "__main__":
    main()
