"""Carrying publications out: claim, call, record. No transaction is open while the platform is being asked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from app.connectors import errors
from app.connectors.ports import Access
from app.connectors.publishing import Publisher
from app.connectors.registry import Registry
from app.core.clock import utc_now
from app.core.db import Database
from app.core.security import SecretBox
from app.library import delivering, holding
from app.library.types import Claimed

log = structlog.get_logger()
Recorder = Callable[[Session, datetime], None]


@dataclass(frozen=True, slots=True)
class Runner:
    """Works through what is due, one after another: posts are few."""

    db: Database
    connectors: Registry
    box: SecretBox
    lease_seconds: float

    def run(self) -> int:
        """Let go what nothing stands against any more, then work until nothing is due; answer how many were tried."""
        with self.db.write() as session:
            holding.look_again(session, utc_now())
        done = 0
        while True:
            with self.db.read() as session:
                ids = delivering.due(session, utc_now())
            tried = sum(self._one(publication_id) for publication_id in ids)
            done += tried
            if not tried:
                return done

    def _one(self, publication_id: int) -> bool:
        with self.db.write() as session:
            claimed = delivering.claim(session, publication_id, utc_now(), self.lease_seconds)
        if claimed is None:
            return False
        record = self._call(claimed)
        with self.db.write() as session:
            record(session, utc_now())
        return True

    def _call(self, claimed: Claimed) -> Recorder:
        """Ask the platform, and answer what is to be recorded."""
        try:
            publisher = self.connectors.publisher(claimed.connector)
            if publisher is None:
                raise errors.Permanent(errors.NOT_SUPPORTED, f"{claimed.connector} takes no posts")
            secret = self.box.open(claimed.sealed_secret) if claimed.sealed_secret else None
            access = Access(claimed.url, claimed.settings, secret, act_before=claimed.lease_until)
            ask = self._look_up if claimed.look_up else self._send
            return ask(publisher, access, claimed)
        except errors.ConnectorError as error:
            return _failure(claimed, error)
        except Exception as error:
            log.exception("publication_crashed", publication=claimed.id)
            name = type(error).__name__
            return lambda session, now: delivering.record_unknown(session, claimed, "internal", name, now)

    def _send(self, publisher: Publisher, access: Access, claimed: Claimed) -> Recorder:
        sent = publisher.publish(access, claimed.post, key=claimed.key, since=claimed.first_sent_at)
        log.info("post_published", publication=claimed.id, page=claimed.page_id)
        return lambda session, now: delivering.record_sent(session, claimed, sent, now)

    def _look_up(self, publisher: Publisher, access: Access, claimed: Claimed) -> Recorder:
        sent = publisher.look_up_post(access, claimed.post, key=claimed.key, since=claimed.first_sent_at)
        log.info("post_looked_up", publication=claimed.id, found=sent is not None)
        if sent is None:
            return lambda session, now: delivering.record_not_there(session, claimed, now)
        return lambda session, now: delivering.record_sent(session, claimed, sent, now)


def _failure(claimed: Claimed, error: errors.ConnectorError) -> Recorder:
    log.warning("publication_failed", publication=claimed.id, code=error.code, look_up=claimed.look_up)
    code, detail = error.code, error.detail
    if isinstance(error, errors.AuthExpired):
        return lambda session, now: delivering.record_stopped(session, claimed, code, detail, now)
    if claimed.look_up and isinstance(error, errors.Permanent) and code == errors.NOT_SUPPORTED:
        return lambda session, now: delivering.record_unknowable(session, claimed, code, detail, now)
    if claimed.look_up or isinstance(error, errors.OutcomeUnknown):
        return lambda session, now: delivering.record_unknown(session, claimed, code, detail, now)
    again = isinstance(error, errors.Transient | errors.RateLimited)
    named = error.retry_at if isinstance(error, errors.RateLimited) else None
    return lambda session, now: delivering.record_not_sent(
        session, claimed, code, detail, now, again=again, named=named
    )
