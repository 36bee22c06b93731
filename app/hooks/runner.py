"""Working through what platforms told us: claim, ask, store, record. No transaction is open while one is asked.

Each change stands for itself: one that can't be taken holds up no other.
"""

import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.collecting import service as collecting
from app.connectors import errors
from app.connectors.hooks import Call as Told
from app.connectors.hooks import Change, Hook, News, Receiver
from app.connectors.ports import Access
from app.connectors.registry import Registry
from app.core.clock import utc_now
from app.core.db import Database
from app.core.security import SecretBox
from app.hooks import queries, service
from app.hooks.models import HookCall
from app.hooks.types import Claimed, Place
from app.pages import service as pages
from app.pages.words import INTERNAL

log = structlog.get_logger()
LEASE_SECONDS = 120.0
_SHIFT_SECONDS = 60.0
"""How long one job takes on new changes, so that others of its queue have their turn. The sweep sends the next one."""
_LEFT_ALONE = timedelta(seconds=10)
"""How long a platform that does not answer is not asked about a page's other changes."""
_STORE_TRIES = 5
Recorder = Callable[[Session, datetime], None]


def hook_of(receiver: Receiver, box: SecretBox, place: Place | None) -> Hook | None:
    """The address as its connector sees it: a page's own, or the one all pages share. None: closed."""
    if place is None:
        shared = receiver.shared_hook()
        return shared if shared is not None and all(shared.secret.values()) and shared.secret else None
    return Hook(box.open(place.sealed_secret), place.place, place.page_url, place.settings)


@dataclass(frozen=True, slots=True)
class Runner:
    """Works through what is due."""

    db: Database
    connectors: Registry
    box: SecretBox
    threads: int = 8

    def run(self) -> int:
        """Work until nothing is due; answer how many changes were tried."""
        end, done = monotonic() + _SHIFT_SECONDS, 0
        self._split_waiting()
        with ThreadPoolExecutor(self.threads, thread_name_prefix="hooks") as pool:
            while monotonic() < end:
                with self.db.read() as session:
                    ids = queries.due(session, utc_now(), 4 * self.threads)
                if not ids:
                    break
                with self.db.write() as session:
                    claims = service.claim(session, ids, utc_now(), LEASE_SECONDS)
                if not claims:  # others were quicker with all of them
                    break
                list(pool.map(self._one, claims))
                done += len(claims)
                self._split_waiting()
        return done

    def _split_waiting(self) -> None:
        """Cut calls into their changes. Two processes may do the same one: its changes are unique."""
        while True:
            with self.db.read() as session:
                calls = service.waiting_calls(session)
            for call in calls:
                self._split(call)
            if not calls:
                return

    def _split(self, call: HookCall) -> None:
        try:
            changes = self._changes(call)
        except Exception as error:  # noqa: BLE001 (a call that makes no sense is shown with its reason)
            code, detail = _said(error)
            log.warning("call_senseless", call=call.id, kind=call.kind, code=code)
            with self.db.write() as session:
                service.record_senseless(session, call.id, code, detail)
            return
        with self.db.write() as session:
            fresh = service.record_split(session, call, changes, utc_now())
        log.info("call_split", call=call.id, kind=call.kind, changes=len(changes), fresh=fresh)

    def _changes(self, call: HookCall) -> Sequence[Change]:
        receiver = self.connectors.receiver(call.kind)
        if receiver is None or call.body is None:
            raise errors.Permanent(errors.NOT_SUPPORTED, f"nothing here takes calls of {call.kind}")
        with self.db.read() as session:
            place = queries.of_page(session, call.page_id) if call.page_id is not None else None
        hook = hook_of(receiver, self.box, place)
        if hook is None:
            raise errors.Permanent(errors.WRONG_CREDENTIALS, "its secret was taken away since")
        return receiver.split(hook, Told({"content-type": call.media_type}, zlib.decompress(call.body)))

    def _one(self, claimed: Claimed) -> None:
        try:
            news = self._take(claimed)
            self._store(claimed, news)
        except Exception as error:  # noqa: BLE001 (every failure ends beside the change, with its reason)
            record = self._failure(claimed, error)
            with self.db.write() as session:
                record(session, utc_now())

    def _take(self, claimed: Claimed) -> News:
        receiver = self.connectors.receiver(claimed.connector)
        if receiver is None:
            raise errors.Permanent(errors.NOT_SUPPORTED, f"nothing here takes calls of {claimed.connector}")
        secret = self.box.open(claimed.sealed_secret) if claimed.sealed_secret else None
        access = Access(claimed.url, claimed.settings, secret)
        return receiver.take(access, Change(claimed.key, claimed.body, claimed.url), now=utc_now())

    def _store(self, claimed: Claimed, news: News) -> None:
        for attempt in range(_STORE_TRIES):
            try:
                with self.db.write() as session:
                    _record_news(session, claimed, news, utc_now())
                return
            except IntegrityError:  # another process stored the same person or comment a moment ago
                log.info("change_stored_again", change=claimed.id)
                if attempt == _STORE_TRIES - 1:
                    raise

    def _failure(self, claimed: Claimed, error: Exception) -> Recorder:
        code, detail = _said(error)
        log.warning("change_not_taken", change=claimed.id, page=claimed.page_id, code=code)
        if isinstance(error, errors.AuthExpired):
            return lambda session, now: service.record_stopped(session, claimed, now, code, detail)
        again = not isinstance(error, errors.Permanent)
        named = error.retry_at if isinstance(error, errors.RateLimited) else None

        def record(session: Session, now: datetime) -> None:
            if isinstance(error, errors.RateLimited) or code in (errors.TIMED_OUT, errors.UNREACHABLE):
                service.put_off_page(session, claimed.page_id, named or now + _LEFT_ALONE)
            service.record_failure(session, claimed, now, code, detail, again=again, named=named)

        return record


def _record_news(session: Session, claimed: Claimed, news: News, now: datetime) -> None:
    if not service.is_held(session, claimed):
        return
    missing = collecting.store_told(session, claimed.page_id, claimed.team_id, news, now)
    if missing and news.wait:
        service.record_early(session, claimed, now)
    else:
        service.record_taken(session, claimed)
    if news.look:
        pages.read_soon(session, claimed.page_id, now)


def _said(error: Exception) -> tuple[str, str]:
    if isinstance(error, errors.ConnectorError):
        return error.code, error.detail
    log.error("hook_crashed", exc_info=error)
    return INTERNAL, type(error).__name__
