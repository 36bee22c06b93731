"""Carrying remedies out: claim, call, record. No transaction is open while a shop is being asked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

import structlog
from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.core.db import Database
from app.core.security import SecretBox
from app.executors import errors
from app.executors.errors import ExecutorError, NotNow, Refused
from app.executors.ports import Access, Outcome
from app.executors.registry import Executors
from app.remedies import ending, execution, follow_ups, late, news, outcomes, telling
from app.remedies.execution import Claimed

log = structlog.get_logger()
Recorder = Callable[[Session, datetime], None]
_SHIFT_SECONDS = 30.0
"""How long one job asks shops, so that answers have their turn where a shop is slow. The sweep sends the next one."""


def has_due(session: Session, now: datetime) -> bool:
    """Whether a worker would find something to carry out or to ask."""
    return execution.has_due(session, now) or news.has_due(session, now)


@dataclass(frozen=True, slots=True)
class Runner:
    """Works through what is due, one after the other: order matters more than speed where money is."""

    db: Database
    executors: Executors
    box: SecretBox
    lease_seconds: float
    clock: Callable[[], datetime] = utc_now

    def run(self) -> int:
        """Work until nothing is due, or for a while; answer how many were tried."""
        end, done = monotonic() + _SHIFT_SECONDS, 0
        self._tend()
        self._hear(end)
        while True:
            with self.db.read() as session:
                ids = execution.due(session, self.clock())
            tried = sum(self._one(execution_id) for execution_id in ids if monotonic() < end)
            done += tried
            if not tried:
                return done

    def _tend(self) -> None:
        """What needs no shop: end what took too long, see who has been told, and tell what has come due."""
        with self.db.read() as session:
            now = self.clock()
            late_ones = late.any_due(session, now) or follow_ups.any_due(session, now)
            work = late_ones or telling.waiting(session) or ending.any_to_expire(session, now)
        if work:
            with self.db.write() as session:
                ending.expire(session, self.clock())
                telling.confirm(session, self.clock())
                late.remind(session, self.clock())
                follow_ups.remind(session, self.clock())

    def _hear(self, end: float) -> None:
        """Ask shops about the orders they spoke of."""
        with self.db.read() as session:
            waiting = news.due(session, self.clock())
        for shop_id, named in waiting:
            if monotonic() >= end:
                return
            with self.db.write() as session:
                told = news.claim(session, shop_id, named, self.clock(), self.lease_seconds)
            if told is None:
                continue
            record = self._ask_about(told)
            with self.db.write() as session:
                record(session, self.clock())

    def _ask_about(self, told: news.Told) -> Recorder:
        code = errors.INTERNAL
        try:
            secret = self.box.open(told.shop.sealed_secret) if told.shop.sealed_secret else {}
            executor = self.executors.get(told.shop.kind)
            purchase = executor.purchase(Access(told.shop.settings, secret), told.named)
        except ExecutorError as error:
            code = error.code
            log.warning("order_not_learned", shop=told.shop.id, code=code)
        except Exception as error:
            log.exception("order_crashed", shop=told.shop.id, error=type(error).__name__)
        else:
            return lambda session, now: news.record(session, told, purchase, now)
        return lambda session, now: news.record_failure(session, told, code, now)

    def _one(self, execution_id: int) -> bool:
        with self.db.write() as session:
            claimed = execution.claim(session, execution_id, self.clock(), self.lease_seconds)
        if claimed is None:
            return False
        record = self._call(claimed)
        with self.db.write() as session:
            record(session, self.clock())
        return True

    def _call(self, claimed: Claimed) -> Recorder:
        """Ask the shop, and answer what is to be recorded."""
        try:
            executor = self.executors.get(claimed.kind)
            secret = self.box.open(claimed.sealed_secret) if claimed.sealed_secret else {}
            access = Access(claimed.shop_settings, secret, act_before=claimed.lease_until)
            if claimed.look_up:
                return self._found(claimed, executor.look_up(access, claimed.task))
            outcome = executor.execute(access, claimed.task)
            log.info("remedy_carried_out", remedy=claimed.remedy_id, progress=outcome.progress)
            return lambda session, now: outcomes.record_outcome(session, claimed, outcome, now)
        except ExecutorError as error:
            return self._failure(claimed, error)
        except Exception as error:
            log.exception("execution_crashed", remedy=claimed.remedy_id)
            name = type(error).__name__
            return lambda session, now: outcomes.record_unknown(session, claimed, errors.INTERNAL, name, now)

    def _found(self, claimed: Claimed, outcome: Outcome | None) -> Recorder:
        log.info("remedy_looked_up", remedy=claimed.remedy_id, found=outcome is not None)
        if outcome is None:
            return lambda session, now: outcomes.record_not_there(session, claimed, now)
        return lambda session, now: outcomes.record_outcome(session, claimed, outcome, now)

    def _failure(self, claimed: Claimed, error: ExecutorError) -> Recorder:
        code, detail = error.code, error.detail
        log.warning("execution_failed", remedy=claimed.remedy_id, code=code, look_up=claimed.look_up)
        if not claimed.look_up and isinstance(error, NotNow):
            named = error.retry_at
            return lambda session, now: outcomes.record_not_now(session, claimed, code, detail, now, named=named)
        if not claimed.look_up and isinstance(error, Refused):
            return lambda session, now: outcomes.record_refused(session, claimed, code, detail, now)
        return lambda session, now: outcomes.record_unknown(session, claimed, code, detail, now)
