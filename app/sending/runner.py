"""Carrying out: claim, call, record. No transaction is open while the platform is being asked."""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Generic

import structlog
from sqlalchemy.orm import Session

from app.connectors import errors
from app.connectors.ports import Access, Sent
from app.core.clock import utc_now
from app.core.db import Database
from app.core.security import SecretBox
from app.sending.service import Queue, RowT
from app.sending.types import Claimed, Failure, Tried, WhatT

log = structlog.get_logger()
_SHIFT_SECONDS = 60.0
"""How long one job takes on more, so that others of its queue have their turn."""
_LOOK_SECONDS = 0.5
"""How soon work that comes meanwhile is seen."""
_AHEAD = 10
Recorder = Callable[[Session, datetime], None]
"""Writes down what came of it, in a transaction of its own."""


@dataclass(frozen=True, slots=True)
class Carrier(Generic[RowT, WhatT]):
    """Carries one claimed row after another to its platform.

    ``ask`` sends or looks up, and answers what is to be recorded; it may raise what connectors raise.
    """

    db: Database
    box: SecretBox
    lease_seconds: float
    queue: Queue[RowT, WhatT]
    ask: Callable[[Access, Claimed[WhatT]], Recorder]

    def work_through(self, threads: int) -> int:
        """Carry out what is due, several pages at a time and one thing a page at a time; answer how many were tried.

        A page whose platform keeps us waiting holds up no other, and is left alone until the next time.
        """
        end, plan = monotonic() + _SHIFT_SECONDS, _Plan()
        with ThreadPoolExecutor(threads, thread_name_prefix=self.queue.job.name.lower()) as pool:
            while True:
                over = monotonic() >= end
                if over or plan.is_idle:
                    plan.renew([] if over else self._look())
                while len(plan.busy) < threads and (one := plan.next()) is not None:
                    plan.busy[pool.submit(self.carry, one[1])] = one
                if not plan.busy:
                    return plan.tried
                plan.settle(wait(plan.busy, _LOOK_SECONDS, FIRST_COMPLETED).done)

    def _look(self) -> list[tuple[int, int]]:
        with self.db.read() as session:
            return self.queue.next_of_pages(session, utc_now(), _AHEAD)

    def carry(self, number: int) -> Tried:
        """Carry one out."""
        with self.db.write() as session:
            claimed = self.queue.claim(session, number, utc_now(), self.lease_seconds)
        if claimed is None:
            return Tried.NOT_OURS
        record, tried = self._call(claimed)
        with self.db.write() as session:
            record(session, utc_now())
        return tried

    def _call(self, claimed: Claimed[WhatT]) -> tuple[Recorder, Tried]:
        try:
            secret = self.box.open(claimed.sealed_secret) if claimed.sealed_secret else None
            access = Access(claimed.url, claimed.settings, secret, act_before=claimed.lease_until)
            return self.ask(access, claimed), Tried.ANSWERED
        except errors.ConnectorError as error:
            return self._failed(claimed, error), Tried.SILENT if error.code in errors.SILENCE else Tried.ANSWERED
        except Exception as error:
            log.exception("sending_crashed", job=self.queue.job.value, id=claimed.id)
            why = Failure("internal", type(error).__name__)
            return lambda session, now: self.queue.record_unknown(session, claimed, why, now), Tried.ANSWERED

    def _failed(self, claimed: Claimed[WhatT], error: errors.ConnectorError) -> Recorder:
        log.warning(
            "sending_failed",
            job=self.queue.job.value,
            id=claimed.id,
            page=claimed.page_id,
            code=error.code,
            look_up=claimed.look_up,
        )
        queue, why = self.queue, Failure(error.code, error.detail)
        if isinstance(error, errors.AuthExpired):
            return lambda session, now: queue.record_stopped(session, claimed, why, now)
        nobody_knows = error.code in (errors.NOT_SUPPORTED, errors.TARGET_GONE)
        if claimed.look_up and isinstance(error, errors.Permanent) and nobody_knows:
            return lambda session, now: queue.record_unknowable(session, claimed, why, now)
        if claimed.look_up or isinstance(error, errors.OutcomeUnknown):
            return lambda session, now: queue.record_unknown(session, claimed, why, now)
        again = isinstance(error, errors.Transient | errors.RateLimited)
        named = error.retry_at if isinstance(error, errors.RateLimited) else None
        return lambda session, now: queue.record_not_sent(session, claimed, why, now, again=again, named=named)


@dataclass(slots=True)
class _Plan:
    """What is to be carried out next, and what is under way."""

    waiting: list[tuple[int, int]] = field(default_factory=list)
    """(page, id)"""
    busy: dict[Future[Tried], tuple[int, int]] = field(default_factory=dict)
    tried: int = 0
    _left: set[int] = field(default_factory=set)
    """Pages that are left alone."""
    _in_vain: set[int] = field(default_factory=set)
    """Ids that were not ours to try."""

    @property
    def is_idle(self) -> bool:
        """Whether nothing of it can begin now."""
        return not self._startable()

    def renew(self, found: list[tuple[int, int]]) -> None:
        self.waiting = [
            (page, number) for page, number in found if page not in self._left and number not in self._in_vain
        ]

    def next(self) -> tuple[int, int] | None:
        """Take the next that can begin."""
        startable = self._startable()
        if not startable:
            return None
        self.waiting.remove(startable[0])
        return startable[0]

    def settle(self, done: set[Future[Tried]]) -> None:
        """Take note of what came of these. Raises what they raised."""
        for one in done:
            page, number = self.busy.pop(one)
            outcome = one.result()
            self.tried += outcome is not Tried.NOT_OURS
            if outcome is Tried.NOT_OURS:
                self._in_vain.add(number)
            if outcome is Tried.SILENT:
                self._left.add(page)
                self.waiting = [(other, waits) for other, waits in self.waiting if other != page]

    def _startable(self) -> list[tuple[int, int]]:
        at_work = {page for page, _number in self.busy.values()}
        return [one for one in self.waiting if one[0] not in at_work]


def sent(queue: Queue[RowT, WhatT], claimed: Claimed[WhatT], what: Sent) -> Recorder:
    """What is recorded of words that were sent."""
    log.info("sending_done", job=queue.job.value, id=claimed.id, page=claimed.page_id)
    return lambda session, now: queue.record_sent(session, claimed, what, now)


def looked_up(queue: Queue[RowT, WhatT], claimed: Claimed[WhatT], found: Sent | None) -> Recorder:
    """What is recorded of a look-up: None was found to be not there."""
    log.info("sending_looked_up", job=queue.job.value, id=claimed.id, found=found is not None)
    if found is None:
        return lambda session, now: queue.record_not_there(session, claimed, now)
    return lambda session, now: queue.record_sent(session, claimed, found, now)
