"""Reading pages: claim, fetch, store, record. No transaction is open while a platform is being read.

Pages are fetched by several threads at a time, so that one slow site does not keep the others waiting.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import IntegrityError

from app.collecting import service
from app.collecting.types import Outcome
from app.connectors import errors
from app.connectors.ports import FASTEST, Access, Batch, Connector, Item, Payload
from app.connectors.registry import Registry
from app.core.clock import utc_now
from app.core.db import Database
from app.core.security import SecretBox
from app.inbox.types import Stored
from app.pages import queries as page_queries
from app.pages import service as pages
from app.pages.types import Claim

log = structlog.get_logger()
_AT_ONCE = 200
_STORE_TRIES = 5


class _LeaseLostError(Exception):
    """Somebody else reads this page now."""


@dataclass(frozen=True, slots=True)
class Runner:
    """Reads pages that are due, or the ones it is told to."""

    db: Database
    connectors: Registry
    box: SecretBox
    threads: int
    fastest_seconds: int

    def run_due(self) -> int:
        """Read everything that is due; answer how many pages were read."""
        done = 0
        while True:
            with self.db.read() as session:
                ids = page_queries.due(session, utc_now(), _AT_ONCE)
            outcomes = self.run(ids, force=False)
            done += len(outcomes)
            if not outcomes:
                return done

    def run(self, page_ids: Sequence[int], *, force: bool) -> list[Outcome]:
        """Read these pages, with ``force`` even when they are not due or stopped; pages others hold are left out."""
        if not page_ids:
            return []
        with ThreadPoolExecutor(min(self.threads, len(page_ids)), thread_name_prefix="collect") as pool:
            return [one for one in pool.map(lambda page_id: self._read(page_id, force), page_ids) if one is not None]

    def reconcile_due(self) -> int:
        """Look again at known comments of all pages where that is due; answer how many pages."""
        with self.db.read() as session:
            ids = page_queries.verify_due(session, utc_now(), _AT_ONCE)
        return len(self.reconcile(ids, force=False))

    def reconcile(self, page_ids: Sequence[int], *, force: bool) -> list[Outcome]:
        """Look again at known comments of these pages."""
        if not page_ids:
            return []
        with ThreadPoolExecutor(min(self.threads, len(page_ids)), thread_name_prefix="verify") as pool:
            return [one for one in pool.map(lambda page_id: self._verify(page_id, force), page_ids) if one is not None]

    def _read(self, page_id: int, force: bool) -> Outcome | None:
        with self.db.write() as session:
            claim = pages.claim_read(session, page_id, utc_now(), force=force)
        if claim is None:
            return None
        seen = new = changed = 0
        complete = False
        try:
            connector, access = self._connect(claim)
            for batch in connector.collect(access, claim.cursor, since=claim.since, now=utc_now()):
                stored = self._store(claim, batch)
                seen += len(batch.items)
                new += stored.new_comments
                changed += stored.changed_comments
                complete = batch.complete
            if not complete:
                raise errors.Transient(errors.BAD_ANSWER, "the walk ended before its end")
        except _LeaseLostError:
            return None
        except Exception as error:  # noqa: BLE001 (every failure ends on the page's health line)
            return self._failed(claim, error, seen, new, changed)
        with self.db.write() as session:
            pages.record_read(session, claim, utc_now(), self._fastest(claim))
        log.info("page_read", page=page_id, seen=seen, new=new, changed=changed)
        return Outcome(page_id, seen, new, changed, None, "")

    def _fastest(self, claim: Claim) -> timedelta:
        return timedelta(seconds=min(self.fastest_seconds, claim.settings.get(FASTEST, self.fastest_seconds)))

    def _store(self, claim: Claim, batch: Batch) -> Stored:
        attempt = 1
        while True:
            try:
                with self.db.write() as session:
                    stored = service.store_batch(session, claim, batch, utc_now())
                break
            except IntegrityError:  # another process stored the same person or comment a moment ago
                if attempt == _STORE_TRIES:
                    raise
                attempt += 1
        if stored is None:
            raise _LeaseLostError
        if stored.conversations:
            self._route(stored.conversations)
        return stored

    def _route(self, conversations: Sequence[int]) -> None:
        """Routing is a transaction of its own: a fault in a rule must never hold up what was said to us."""
        try:
            with self.db.write() as session:
                service.route(session, conversations, utc_now())
        except Exception:  # they stay unrouted, and the sweep routes them
            log.exception("routing_failed", conversations=len(conversations))

    def _verify(self, page_id: int, force: bool) -> Outcome | None:
        with self.db.write() as session:
            claim = pages.claim_verify(session, page_id, utc_now(), force=force)
        if claim is None:
            return None
        seen = changed = 0
        try:
            connector, access = self._connect(claim)
            if connector.capabilities(access).verify:
                for known in self._known(claim, utc_now(), everything=force):
                    verdicts = list(connector.verify(access, known, now=utc_now()))
                    with self.db.write() as session:
                        if not pages.renew(session, claim, utc_now()):
                            raise _LeaseLostError
                        changed += service.apply_verdicts(session, claim.page_id, known, verdicts, utc_now())
                    seen += len(verdicts)
        except _LeaseLostError:
            return None
        except Exception as error:  # noqa: BLE001 (every failure ends on the page's health line)
            return self._failed(claim, error, seen, 0, changed, verifying=True)
        with self.db.write() as session:
            pages.record_verified(session, claim, utc_now() + timedelta(minutes=5))
        return Outcome(page_id, seen, 0, changed, None, "")

    def _known(self, claim: Claim, now: datetime, *, everything: bool) -> list[list[str]]:
        with self.db.read() as session:
            return service.to_verify(session, claim.page_id, now, everything=everything)

    def _connect(self, claim: Claim) -> tuple[Connector, Access]:
        secret = self.box.open(claim.sealed_secret) if claim.sealed_secret else None
        return self.connectors.get(claim.connector), Access(claim.url, claim.settings, secret)

    def _failed(
        self, claim: Claim, error: Exception, seen: int, new: int, changed: int, *, verifying: bool = False
    ) -> Outcome:
        now = utc_now()
        if isinstance(error, errors.ConnectorError):
            code, detail = error.code, error.detail
        else:
            code, detail = "internal", type(error).__name__
            log.error("page_read_crashed", page=claim.page_id, exc_info=error)
        with self.db.write() as session:
            if isinstance(error, errors.AuthExpired):
                pages.stop(session, claim.page_id, now, code, detail)
            else:
                retry_at = error.retry_at if isinstance(error, errors.RateLimited) else None
                pages.record_failure(session, claim, now, code, detail, retry_at=retry_at, verifying=verifying)
        log.warning("page_not_read", page=claim.page_id, code=code)
        return Outcome(claim.page_id, seen, new, changed, code, detail)

    def replay(self, page_id: int) -> Outcome:
        """Read the kept answers of a page again with today's code: what was missed or misread is put right."""
        seen = new = changed = 0
        after = 0
        with self.db.write() as session:
            claim = pages.claim_read(session, page_id, utc_now(), force=True)
        if claim is None:
            return Outcome(page_id, 0, 0, 0, "busy", "")
        connector, access = self._connect(claim)
        while True:
            with self.db.read() as session:
                kept = service.next_payload(session, page_id, after)
            if kept is None:
                break
            after, payload, read_at = kept
            items = _parsed(connector, access, payload, read_at)
            with self.db.write() as session:
                stored = service.store_replayed(session, claim, items, utc_now(), read_at)
            if stored.conversations:
                self._route(stored.conversations)
            seen, new, changed = seen + len(items), new + stored.new_comments, changed + stored.changed_comments
        with self.db.write() as session:
            pages.release(session, claim)
        return Outcome(page_id, seen, new, changed, None, "")


def _parsed(connector: Connector, access: Access, payload: Payload, read_at: datetime) -> Sequence[Item]:
    try:
        return connector.parse(access, payload, now=read_at)
    except errors.ConnectorError as error:
        log.warning("payload_not_read", code=error.code)
        return ()
