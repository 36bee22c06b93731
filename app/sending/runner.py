"""Carrying out: claim, call, record. No transaction is open while the platform is being asked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic

import structlog
from sqlalchemy.orm import Session

from app.connectors import errors
from app.connectors.ports import Access, Sent
from app.core.clock import utc_now
from app.core.db import Database
from app.core.security import SecretBox
from app.sending.service import Queue, RowT
from app.sending.types import Claimed, Failure, WhatT

log = structlog.get_logger()
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

    def carry(self, number: int) -> bool:
        """Carry one out; answer whether it was ours to try."""
        with self.db.write() as session:
            claimed = self.queue.claim(session, number, utc_now(), self.lease_seconds)
        if claimed is None:
            return False
        record = self._call(claimed)
        with self.db.write() as session:
            record(session, utc_now())
        return True

    def _call(self, claimed: Claimed[WhatT]) -> Recorder:
        try:
            secret = self.box.open(claimed.sealed_secret) if claimed.sealed_secret else None
            access = Access(claimed.url, claimed.settings, secret, act_before=claimed.lease_until)
            return self.ask(access, claimed)
        except errors.ConnectorError as error:
            return self._failed(claimed, error)
        except Exception as error:
            log.exception("sending_crashed", job=self.queue.job.value, id=claimed.id)
            why = Failure("internal", type(error).__name__)
            return lambda session, now: self.queue.record_unknown(session, claimed, why, now)

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
