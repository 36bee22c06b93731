"""Carrying deliveries out: claim, call, record. No transaction is open while the platform is being asked."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from app.connectors import errors
from app.connectors.ports import Access, Connector, Moderation
from app.connectors.private import PrivateReplier
from app.connectors.registry import Registry
from app.core.clock import utc_now
from app.core.db import Database
from app.core.security import SecretBox
from app.outbox import results, service
from app.outbox.types import Act, Claimed

log = structlog.get_logger()
Recorder = Callable[[Session, datetime], None]


@dataclass(frozen=True, slots=True)
class Runner:
    """Works through what is due, several pages at a time, one act a page at a time."""

    db: Database
    connectors: Registry
    box: SecretBox
    lease_seconds: float
    threads: int = 8

    def run(self) -> int:
        """Work until nothing is due; answer how many acts were tried."""
        done = 0
        with ThreadPoolExecutor(self.threads, thread_name_prefix="deliver") as pool:
            while True:
                with self.db.read() as session:
                    ids = service.due(session, utc_now())
                if not ids:
                    return done
                tried = sum(pool.map(self._one, ids))
                done += tried
                if not tried:  # others were quicker with all of them
                    return done

    def _one(self, delivery_id: int) -> bool:
        with self.db.write() as session:
            claimed = service.claim(session, delivery_id, utc_now(), self.lease_seconds)
        if claimed is None:
            return False
        record = self._call(claimed)
        with self.db.write() as session:
            record(session, utc_now())
        return True

    def _call(self, claimed: Claimed) -> Recorder:
        """Ask the platform, and answer what is to be recorded."""
        try:
            connector = self.connectors.get(claimed.connector)
            secret = self.box.open(claimed.sealed_secret) if claimed.sealed_secret else None
            access = Access(claimed.url, claimed.settings, secret, act_before=claimed.lease_until)
            if claimed.look_up:
                return self._look_up(connector, access, claimed)
            return self._send(connector, access, claimed)
        except errors.ConnectorError as error:
            return self._failure(claimed, error)
        except Exception as error:
            log.exception("delivery_crashed", delivery=claimed.id)
            name = type(error).__name__
            return lambda session, now: results.record_unknown(session, claimed, "internal", name, now)

    def _send(self, connector: Connector, access: Access, claimed: Claimed) -> Recorder:
        if claimed.act.speaks:
            say = _private(connector).reply_privately if claimed.act is Act.PRIVATE_REPLY else connector.reply
            sent = say(access, claimed.target, claimed.text, key=claimed.key)
            log.info("reply_sent", delivery=claimed.id, page=claimed.page_id)
            return lambda session, now: results.record_sent(session, claimed, sent, now)
        status = connector.moderate(access, claimed.target, Moderation(claimed.act.value))
        return lambda session, now: results.record_moderated(session, claimed, status, now)

    def _look_up(self, connector: Connector, access: Access, claimed: Claimed) -> Recorder:
        if not claimed.act.speaks:  # changing a state twice is harmless
            return self._send(connector, access, claimed)
        find = _private(connector).look_up_private if claimed.act is Act.PRIVATE_REPLY else connector.look_up
        sent = find(access, claimed.target, claimed.text, key=claimed.key, since=claimed.first_sent_at)
        log.info("reply_looked_up", delivery=claimed.id, found=sent is not None)
        if sent is None:
            return lambda session, now: results.record_not_there(session, claimed, now)
        return lambda session, now: results.record_sent(session, claimed, sent, now)

    def _failure(self, claimed: Claimed, error: errors.ConnectorError) -> Recorder:
        log.warning(
            "delivery_failed", delivery=claimed.id, page=claimed.page_id, code=error.code, look_up=claimed.look_up
        )
        code, detail = error.code, error.detail
        if isinstance(error, errors.AuthExpired):
            unknown = claimed.look_up
            return lambda session, now: results.record_stopped(session, claimed, code, detail, now, unknown=unknown)
        if (
            claimed.look_up
            and isinstance(error, errors.Permanent)
            and code in (errors.NOT_SUPPORTED, errors.TARGET_GONE)
        ):
            return lambda session, now: results.record_unknowable(session, claimed, code, detail, now)
        if claimed.look_up or isinstance(error, errors.OutcomeUnknown):
            return lambda session, now: results.record_unknown(session, claimed, code, detail, now)
        again = isinstance(error, errors.Transient | errors.RateLimited)
        named = error.retry_at if isinstance(error, errors.RateLimited) else None
        return lambda session, now: results.record_not_sent(
            session, claimed, code, detail, now, again=again, named=named
        )


def _private(connector: Connector) -> PrivateReplier:
    """The connector as one that answers in private. Raises Permanent when it is none (any more)."""
    if not isinstance(connector, PrivateReplier):
        raise errors.Permanent(errors.NOT_SUPPORTED, "no private replies here")
    return connector
