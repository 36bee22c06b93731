"""Reading pages: claim, fetch, store, record. No transaction is open while a platform is being read.

Pages are fetched by several threads at a time, and one that keeps us waiting gives its turn to another, so that slow
sites do not keep the others waiting; what they bring is stored by one writer.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from time import monotonic

import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.collecting import service
from app.collecting.due import Due, for_a_while, just
from app.collecting.turns import SLOW_SECONDS, WAITING, Turn, Turns
from app.collecting.types import Load, Outcome
from app.collecting.writer import Writer
from app.connectors import errors
from app.connectors.connector import Connector
from app.connectors.ports import FASTEST, UNHURRIED, Access, Batch, Item, Payload, Verdict
from app.connectors.registry import Registry
from app.core.clock import utc_now
from app.core.db import Database
from app.core.patience import patience, patiently
from app.core.security import SecretBox
from app.inbox.arrivals import Stored
from app.pages import leases
from app.pages import queries as page_queries
from app.pages import service as pages
from app.pages.types import Claim

log = structlog.get_logger()
_STORE_TRIES = 5
_BEAT_SECONDS = 8.0
"""How often a reader says that it lives, however long a page takes; well within a lease."""
_VERIFY_EVERY = timedelta(minutes=5)
_LONGEST_WALK_SECONDS = 240.0
"""After this long a walk through one page lets others have a turn, and goes on from its cursor."""
Claimer = Callable[[Session, Sequence[int], datetime], list[Claim]]
Reader = Callable[[Writer, Claim, Turn], Outcome | None]
Tell = Callable[[Outcome], None]


class _LeaseLostError(Exception):
    """Somebody else reads this page now."""


def _say_nothing(_outcome: Outcome) -> None:
    """For callers who wait for the end."""


@dataclass(slots=True)
class _Tally:
    """What a walk has brought so far."""

    page_id: int
    seen: int = 0
    new: int = 0
    changed: int = 0
    newest: datetime | None = None

    def count(self, batch: Batch, stored: Stored) -> None:
        self.seen += len(batch.items)
        self.new += stored.new_comments
        self.changed += stored.changed_comments

    def outcome(self, code: str | None = None, detail: str = "") -> Outcome:
        return Outcome(self.page_id, self.seen, self.new, self.changed, code, detail)


@dataclass(frozen=True, slots=True)
class Runner:
    """Reads pages that are due, or the ones it is told to."""

    db: Database
    connectors: Registry
    box: SecretBox
    threads: int
    fastest_seconds: int
    patience_seconds: float = 20.0
    """How long all requests for a page's next comments may keep us waiting."""

    def run_due(self) -> int:
        """Read everything that is due; answer how many pages were read."""
        read = partial(self._read, longest=_LONGEST_WALK_SECONDS)
        return len(self._work_through(for_a_while(page_queries.due), leases.claim_reads, read))

    def reconcile_due(self) -> int:
        """Look again at known comments of all pages where that is due; answer how many pages."""
        return len(self._work_through(for_a_while(page_queries.verify_due), leases.claim_verifies, self._verify))

    def run(self, page_ids: Sequence[int], *, force: bool, tell: Tell = _say_nothing) -> list[Outcome]:
        """Read these pages, with ``force`` even when they are not due or stopped; pages others hold are left out.

        ``tell`` hears of each page as soon as it is done.
        """
        return self._work_through(
            just(page_ids),
            partial(leases.claim_reads, force=force),
            self._read,
            tell,
        )

    def reconcile(self, page_ids: Sequence[int], *, tell: Tell = _say_nothing) -> list[Outcome]:
        """Look again at all known comments of these pages now; those others hold are left out."""
        return self._work_through(
            just(page_ids),
            partial(leases.claim_verifies, force=True),
            partial(self._verify, everything=True),
            tell,
        )

    def _work_through(self, due: Due, claim: Claimer, read: Reader, tell: Tell = _say_nothing) -> list[Outcome]:
        """Keep all turns busy until nothing is due; a page is claimed only shortly before its turn, and one that keeps
        us waiting is waited for besides."""
        outcomes: list[Outcome] = []
        running: dict[Future[Outcome | None], tuple[Claim, Turn]] = {}
        kept_at, turns, most = monotonic(), Turns(self.threads), self.threads * (1 + WAITING)
        with (
            Writer(self.db, service.store_loads) as writer,
            ThreadPoolExecutor(most + self.threads, thread_name_prefix="collect") as pool,
        ):
            while True:
                slow = sum(turn.slow() for _claim, turn in running.values())
                room = min(4 * self.threads + slow, most) - len(running)
                offered, claims = self._claim(due, claim, room) if room >= self.threads else (0, [])
                for one, turn in [(one, turns.turn()) for one in claims]:
                    running[pool.submit(_in_turn, turn, read, writer, one)] = one, turn
                if not running:
                    if offered:  # others were quicker with all of these
                        continue
                    return outcomes
                done, _others = wait(running, timeout=SLOW_SECONDS / 2, return_when=FIRST_COMPLETED)
                for ended in done:
                    del running[ended]
                    if (outcome := ended.result()) is not None:
                        outcomes.append(outcome)
                        tell(outcome)
                if running and monotonic() - kept_at >= _BEAT_SECONDS:
                    writer.do(partial(_keep, [one for one, _turn in running.values()]))
                    kept_at = monotonic()

    def _claim(self, due: Due, claim: Claimer, limit: int) -> tuple[int, list[Claim]]:
        """How many pages there were, and those of them that are ours now."""
        now = utc_now()
        with self.db.read() as session:
            ids = due(session, now, limit)
        if not ids:
            return 0, []
        with self.db.write() as session:
            return len(ids), claim(session, ids, now)

    def _read(self, writer: Writer, claim: Claim, turn: Turn, *, longest: float | None = None) -> Outcome | None:
        tally = _Tally(claim.page_id)
        try:
            connector, access = self._connect(claim)
            complete = False
            begun = monotonic()
            batches = connector.collect(access, claim.cursor, since=claim.since, now=utc_now())
            for batch in patiently(batches, self.patience_seconds):
                known = [tally.newest] if tally.newest else []
                tally.newest = max((*known, *(item.published_at for item in batch.items)), default=None)
                if batch.complete:  # the platform is done with: others may read while this waits to be stored
                    turn.give_back()
                tally.count(batch, self._store(writer, claim, batch, tally.newest))
                complete = batch.complete
                if not complete and longest is not None and monotonic() - begun > longest:
                    writer.do(partial(_release, claim))  # it is still due, and goes on from its cursor
                    return tally.outcome()
            if not complete:
                raise errors.Transient(errors.BAD_ANSWER, "the walk ended before its end")
        except _LeaseLostError:
            return None
        except Exception as error:  # noqa: BLE001 (every failure ends on the page's health line)
            return self._failed(writer, claim, error, tally)
        say = log.info if tally.new or tally.changed else log.debug
        say("page_read", page=claim.page_id, seen=tally.seen, new=tally.new, changed=tally.changed)
        return tally.outcome()

    def _store(self, writer: Writer, claim: Claim, batch: Batch, newest: datetime | None) -> Stored:
        seconds = min(self.fastest_seconds, claim.settings.get(FASTEST, self.fastest_seconds))
        fastest = timedelta(seconds=max(seconds, claim.settings.get(UNHURRIED, 0)))
        load = Load(claim, batch, newest, fastest if batch.complete else None)
        for _attempt in range(_STORE_TRIES - 1):
            try:
                stored = writer.store(load)
                break
            except IntegrityError:  # another process stored the same person or comment a moment ago
                log.info("batch_stored_again", page=claim.page_id)
        else:
            stored = writer.store(load)
        if stored is None:
            raise _LeaseLostError
        return stored

    def _verify(self, writer: Writer, claim: Claim, _turn: Turn, *, everything: bool = False) -> Outcome | None:
        tally = _Tally(claim.page_id)
        try:
            connector, access = self._connect(claim)
            if connector.capabilities(access).verify:
                with self.db.read() as session:
                    portions = service.to_verify(session, claim.page_id, utc_now(), everything=everything)
                for known in portions:
                    with patience(self.patience_seconds):
                        verdicts = list(connector.verify(access, known, now=utc_now()))
                    changed = writer.do(partial(_store_verdicts, claim, known, verdicts))
                    if changed is None:
                        raise _LeaseLostError
                    tally.seen += len(verdicts)
                    tally.changed += changed
        except _LeaseLostError:
            return None
        except Exception as error:  # noqa: BLE001 (every failure ends on the page's health line)
            return self._failed(writer, claim, error, tally, verifying=True)
        writer.do(partial(_record_verified, claim))
        return tally.outcome()

    def _connect(self, claim: Claim) -> tuple[Connector, Access]:
        secret = self.box.open(claim.sealed_secret) if claim.sealed_secret else None
        return self.connectors.get(claim.connector), Access(claim.url, claim.settings, secret)

    def _failed(
        self, writer: Writer, claim: Claim, error: Exception, tally: _Tally, *, verifying: bool = False
    ) -> Outcome:
        if isinstance(error, errors.ConnectorError):
            code, detail = error.code, error.detail
        else:
            code, detail = "internal", type(error).__name__
            log.error("page_read_crashed", page=claim.page_id, exc_info=error)

        def piece(session: Session) -> None:
            if isinstance(error, errors.AuthExpired):
                pages.stop(session, claim.page_id, utc_now(), code, detail, used=claim.sealed_secret)
            else:
                retry_at = error.retry_at if isinstance(error, errors.RateLimited) else None
                leases.record_failure(session, claim, utc_now(), code, detail, retry_at=retry_at, verifying=verifying)

        writer.do(piece)
        log.warning("page_not_read", page=claim.page_id, code=code)
        return tally.outcome(code, detail)

    def replay(self, page_id: int) -> Outcome:
        """Read the kept answers of a page again with today's code: what was missed or misread is put right."""
        tally = _Tally(page_id)
        with self.db.write() as session:
            claim = leases.claim_read(session, page_id, utc_now(), force=True)
        if claim is None:
            return tally.outcome("busy")
        connector, access = self._connect(claim)
        after = 0
        with Writer(self.db, service.store_loads) as writer:
            while True:
                with self.db.read() as session:
                    kept = service.next_payload(session, page_id, after)
                if kept is None:
                    break
                after, payload, read_at = kept
                items = _parsed(connector, access, payload, read_at)
                stored = writer.do(partial(_store_replayed, claim, items, read_at))
                tally.seen += len(items)
                tally.new += stored.new_comments
                tally.changed += stored.changed_comments
            writer.do(partial(_release, claim))
        return tally.outcome()


def _in_turn(turn: Turn, read: Reader, writer: Writer, claim: Claim) -> Outcome | None:
    with turn:
        return read(writer, claim, turn)


def _keep(claims: Sequence[Claim], session: Session) -> None:
    leases.keep(session, claims, utc_now())


def _record_verified(claim: Claim, session: Session) -> None:
    leases.record_verified(session, claim, utc_now() + _VERIFY_EVERY)


def _store_verdicts(claim: Claim, known: list[str], verdicts: list[Verdict], session: Session) -> int | None:
    return service.store_verdicts(session, claim, known, verdicts, utc_now())


def _store_replayed(claim: Claim, items: Sequence[Item], read_at: datetime, session: Session) -> Stored:
    return service.store_replayed(session, claim, items, utc_now(), read_at)


def _release(claim: Claim, session: Session) -> None:
    leases.release(session, claim)


def _parsed(connector: Connector, access: Access, payload: Payload, read_at: datetime) -> Sequence[Item]:
    try:
        return connector.parse(access, payload, now=read_at)
    except errors.ConnectorError as error:
        log.warning("payload_not_read", code=error.code)
        return ()
