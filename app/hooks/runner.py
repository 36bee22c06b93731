"""Working through what platforms told us: claim, ask, store, record. No transaction is open while one is asked.

Each change stands for itself: one that can't be taken holds up no other.
"""

import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from time import monotonic

import structlog
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
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
from app.core.text import plain
from app.hooks import queries, service
from app.hooks.models import HookCall
from app.hooks.types import Claimed, Place
from app.pages import service as pages
from app.pages.words import INTERNAL

log = structlog.get_logger()
LEASE_SECONDS = 180.0
_SHIFT_SECONDS = 60.0
"""How long one job takes on new changes, so that others of its queue have their turn. The sweep sends the next one."""
_LEFT_ALONE = timedelta(seconds=10)
"""How long a platform that does not answer is not asked about a page's other changes."""
_AT_ONCE = 32
"""So many changes are claimed at a time: well within a lease, also where each waits for its platform."""
_STORE_TRIES = 5
Recorder = Callable[[Session, datetime], None]
Taken = News | Exception
"""What a change comes to, or why it could not be taken."""


def hook_of(receiver: Receiver, box: SecretBox, place: Place | None) -> Hook | None:
    """The address as its connector sees it: a page's own, or the one all pages share. None: closed."""
    if place is None:
        shared = receiver.shared_hook()
        return shared if shared is not None and all(shared.secret.values()) and shared.secret else None
    return Hook(box.open(place.sealed_secret), place.place, place.page_url, place.settings, place.leaving)


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
                    ids = queries.due(session, utc_now(), _AT_ONCE)
                if not ids:
                    break
                with self.db.write() as session:
                    claims = service.claim(session, ids, utc_now(), LEASE_SECONDS)
                if not claims:  # others were quicker with all of them
                    break
                news = pool.map(partial(self._take, silent=set()), claims)
                self._settle(list(zip(claims, news, strict=True)))
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
        """A call that can't be cut up, or whose changes can't be stored, holds up no other."""
        try:
            changes = self._changes(call)
            with self.db.write() as session:
                fresh = service.record_split(session, call, changes, utc_now())
        except (OperationalError, PoolTimeout):  # that says nothing about the call
            raise
        except Exception as error:  # noqa: BLE001 (a call that makes no sense is shown with its reason)
            code, detail = _said(error)
            log.warning("call_senseless", call=call.id, kind=call.kind, code=code)
            with self.db.write() as session:
                service.record_senseless(session, call.id, code, detail)
            return
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

    def _take(self, claimed: Claimed, silent: set[int]) -> Taken:
        """What a change comes to, or why it can't be taken. ``silent``: pages whose platform did not answer just now;
        it is not asked about their other changes."""
        try:
            if claimed.page_id in silent:
                raise errors.Transient(errors.TIMED_OUT, "not asked: there was no answer about another one just now")
            return self._ask(claimed)
        except Exception as error:  # noqa: BLE001 (every failure ends beside the change, with its reason)
            if isinstance(error, errors.ConnectorError) and error.code in errors.SILENCE:
                silent.add(claimed.page_id)
            return error

    def _settle(self, taken: Sequence[tuple[Claimed, Taken]]) -> None:
        """Store what came, that of one page together where nothing speaks against it."""
        alike: dict[int, list[tuple[Claimed, News]]] = {}
        for claimed, what in taken:
            if isinstance(what, News) and _is_plain(what):
                alike.setdefault(claimed.page_id, []).append((claimed, what))
            else:
                self._settle_one(claimed, what)
        for group in alike.values():
            try:
                with self.db.write() as session:
                    _record_together(session, group, utc_now())
            except Exception as error:  # noqa: BLE001 (then each by itself, so that only the one at fault is held up)
                log.info("changes_stored_singly", page=group[0][0].page_id, error=type(error).__name__)
                for claimed, news in group:
                    self._settle_one(claimed, news)

    def _settle_one(self, claimed: Claimed, what: Taken) -> None:
        try:
            if isinstance(what, Exception):
                raise what
            self._store(claimed, what)
        except Exception as error:  # noqa: BLE001 (every failure ends beside the change, with its reason)
            record = self._failure(claimed, error)
            with self.db.write() as session:
                record(session, utc_now())

    def _ask(self, claimed: Claimed) -> News:
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
            if isinstance(error, errors.RateLimited) or code in errors.SILENCE:
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


def _is_plain(news: News) -> bool:
    """Whether it is no more than comments as they are now: then it can be stored with others of its page."""
    return bool(news.items) and not news.gone and not news.only_new and not news.look and news.learned_at is None


def _record_together(session: Session, group: Sequence[tuple[Claimed, News]], now: datetime) -> None:
    held = [(claimed, news) for claimed, news in group if service.is_held(session, claimed)]
    if not held:
        return
    page = held[0][0]
    items = [item for _claimed, news in held for item in news.items]
    collecting.store_told(session, page.page_id, page.team_id, News(items), now)
    for claimed, _news in held:
        service.record_taken(session, claimed)


def _said(error: Exception) -> tuple[str, str]:
    if isinstance(error, errors.ConnectorError):
        return error.code, plain(error.detail)
    log.error("hook_crashed", exc_info=error)
    return INTERNAL, type(error).__name__
