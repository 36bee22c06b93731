"""Changing pages: adding, claiming for a read, recording what came of it. Services flush; the edge commits."""

import random
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.accounts.models import Team
from app.connectors.ports import Account, Found
from app.core.db import run_in_bulk
from app.core.errors import Conflict, NotFound
from app.core.events import Changed, announce
from app.core.i18n import gettext as _
from app.core.jobs import JobName, defer_wake
from app.pages import queries, rules
from app.pages.models import Connection, Page
from app.pages.types import Claim, ConnectionState, PageState

LEASE = timedelta(seconds=30)
"""A reader renews its lease every few seconds; one that died is taken over after this."""


def add_page(
    session: Session,
    found: Found,
    *,
    team_id: int,
    sealed_secret: bytes | None,
    account: Account | None,
    since: datetime | None,
    now: datetime,
    demo: bool = False,
) -> int:
    """Add a page and have it read at once; answer its id. A removed page comes back with its history.

    Raises Conflict when the page is there already, or when the team is the demonstration's and the page is real.
    """
    if not demo and session.get_one(Team, team_id).demo:
        raise Conflict(_("This team belongs to the demonstration. Choose another for a real page."), code="demo")
    settings = {**found.settings, **(account.settings if account else {})}
    known = queries.page_at(session, found.kind, found.url)
    if known is not None and known.state is not PageState.REMOVED:
        raise Conflict(_("This page is connected already as “%(name)s”.", name=known.name), code="page_exists")
    if known is None:
        page = Page(
            connector=found.kind, name=found.name[:200], url=found.url, team_id=team_id, demo=demo, created_at=now
        )
        session.add(page)
        session.flush()
        connection = Connection(page_id=page.id, next_read_at=now, next_verify_at=now + timedelta(minutes=10))
        session.add(connection)
    else:
        page = session.get_one(Page, known.id)
        connection = session.get_one(Connection, known.id)
        page.state, page.name, page.team_id = PageState.ACTIVE, found.name[:200], team_id
    connection.settings = settings
    connection.sealed_secret = sealed_secret
    connection.account_name = account.name if account else None
    connection.can_log_in = found.can_log_in
    connection.since = since
    _forget_trouble(connection, now)
    session.flush()
    defer_wake(session, JobName.COLLECT)
    announce(session, Changed("page", page.id))
    return page.id


def set_credentials(
    session: Session, page_id: int, sealed_secret: bytes | None, account: Account | None, now: datetime
) -> None:
    """Exchange the credentials; a stopped connection starts again and what waited to be sent goes out."""
    connection = _connection(session, page_id)
    connection.sealed_secret = sealed_secret
    connection.account_name = account.name if account else None
    if account:
        connection.settings = {**connection.settings, **account.settings}
    # What the old credentials could see decided the cursor: with new ones everything recent is looked at again.
    connection.cursor = None
    _forget_trouble(connection, now)
    session.flush()
    defer_wake(session, JobName.COLLECT)
    defer_wake(session, JobName.DELIVER)
    announce(session, Changed("page", page_id))


def set_state(session: Session, page_id: int, state: PageState, now: datetime) -> None:
    """Pause, take up again or remove a page. What was collected stays."""
    page = session.get(Page, page_id)
    if page is None:
        raise NotFound(_("There is no page %(id)s.", id=page_id))
    page.state = state
    if state is PageState.REMOVED:
        _connection(session, page_id).sealed_secret = None
    if state is PageState.ACTIVE:
        _connection(session, page_id).next_read_at = now
        defer_wake(session, JobName.COLLECT)
    session.flush()
    announce(session, Changed("page", page_id))


def hold(session: Session, page_ids: Sequence[int]) -> None:
    """Lock these pages until the transaction ends: what others are storing is finished, and nothing new begins."""
    session.scalars(select(Connection.page_id).where(Connection.page_id.in_(page_ids)).with_for_update()).all()
    session.scalars(select(Page.id).where(Page.id.in_(page_ids)).with_for_update()).all()


def remove_pages(session: Session, page_ids: Sequence[int]) -> None:
    """Remove the pages themselves, once nothing of theirs is left."""
    run_in_bulk(
        session,
        delete(Connection).where(Connection.page_id.in_(page_ids)),
        delete(Page).where(Page.id.in_(page_ids)),
    )
    announce(session, *(Changed("page", page_id) for page_id in page_ids))


def claim_read(session: Session, page_id: int, now: datetime, *, force: bool = False) -> Claim | None:
    """Claim a page for reading. None when others have it, or it is paused, or (unless ``force``) not due or stopped."""
    return _claim(session, page_id, now, Connection.next_read_at <= now, force=force)


def claim_verify(session: Session, page_id: int, now: datetime, *, force: bool = False) -> Claim | None:
    """Claim a page for looking again at its known comments."""
    return _claim(session, page_id, now, Connection.next_verify_at <= now, force=force)


def _claim(session: Session, page_id: int, now: datetime, is_due: Any, *, force: bool) -> Claim | None:
    lease = secrets.token_hex(8)
    statement = (
        update(Connection)
        .where(Connection.page_id == page_id, Connection.lease_until.is_(None) | (Connection.lease_until <= now))
        .values(lease=lease, lease_until=now + LEASE, last_try_at=now)
    )
    if not force:
        statement = statement.where(is_due, Connection.state != ConnectionState.STOPPED)
    active = select(Page.id).where(Page.state == PageState.ACTIVE).scalar_subquery()
    statement = statement.where(Connection.page_id.in_(active))
    if session.execute(statement.execution_options(synchronize_session=False)).rowcount != 1:  # type: ignore[attr-defined]
        return None
    connector, url, connection = session.execute(
        select(Page.connector, Page.url, Connection)
        .join(Connection, Connection.page_id == Page.id)
        .where(Page.id == page_id)
    ).one()
    return Claim(
        page_id=page_id,
        connector=connector,
        url=url,
        settings=dict(connection.settings),
        sealed_secret=connection.sealed_secret,
        cursor=connection.cursor,
        since=connection.since,
        lease=lease,
    )


def renew(
    session: Session,
    claim: Claim,
    now: datetime,
    *,
    cursor: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
    newest: datetime | None = None,
) -> bool:
    """Keep the lease and move the cursor, in the transaction that stores the batch.

    False means the lease was lost to somebody else: the caller rolls back and stops.
    """
    values: dict[str, Any] = {"lease_until": now + LEASE}
    if cursor is not None:
        values["cursor"] = dict(cursor)
    if settings is not None:
        values["settings"] = {**claim.settings, **settings}
    statement = update(Connection).where(Connection.page_id == claim.page_id, Connection.lease == claim.lease)
    kept = session.execute(statement.values(**values).execution_options(synchronize_session=False))
    if newest is not None:
        newer = Connection.last_item_at.is_(None) | (Connection.last_item_at < newest)
        bump = (
            update(Connection).where(Connection.page_id == claim.page_id, newer).values(last_item_at=min(newest, now))
        )
        session.execute(bump.execution_options(synchronize_session=False))
    return bool(kept.rowcount == 1)  # type: ignore[attr-defined]


def keep(session: Session, claims: Sequence[Claim], now: datetime) -> None:
    """Say that these pages are still being read; leases that were lost or given back stay so."""
    leases = [one.lease for one in claims]
    statement = update(Connection).where(Connection.lease.in_(leases)).values(lease_until=now + LEASE)
    session.execute(statement.execution_options(synchronize_session=False))


def record_read(session: Session, claim: Claim, now: datetime, fastest: timedelta) -> None:
    """The page was read completely."""
    connection = _held(session, claim)
    if connection is None:
        return
    recovered = connection.state is not ConnectionState.OK
    connection.state = ConnectionState.OK
    connection.error_code = connection.error_detail = connection.failing_since = None
    connection.failures = 0
    connection.last_read_at = now
    connection.next_read_at = rules.next_read(now, connection.last_item_at, fastest, random.random())  # noqa: S311
    _release(connection)
    session.flush()
    if recovered:
        announce(session, Changed("page", claim.page_id))


def record_verified(session: Session, claim: Claim, next_at: datetime) -> None:
    """Known comments were looked at again; the next look is at ``next_at``."""
    connection = _held(session, claim)
    if connection is not None:
        connection.next_verify_at = next_at
        _release(connection)
        session.flush()


def record_failure(
    session: Session,
    claim: Claim,
    now: datetime,
    code: str,
    detail: str,
    *,
    retry_at: datetime | None = None,
    verifying: bool = False,
) -> None:
    """The page could not be read completely: say since when and why, and when it is tried again."""
    connection = _held(session, claim)
    if connection is None:
        return
    connection.failures += 1
    connection.state = ConnectionState.FAILING
    connection.failing_since = connection.failing_since or now
    connection.error_code, connection.error_detail = code, detail
    when = rules.retry(now, connection.failures, random.random(), retry_at)  # noqa: S311
    if verifying:
        connection.next_verify_at = when
    else:
        connection.next_read_at = when
    _release(connection)
    session.flush()
    announce(session, Changed("page", claim.page_id))


def stop(session: Session, page_id: int, now: datetime, code: str, detail: str) -> None:
    """The credentials no longer work: nothing is read or sent for this page until a person mends it."""
    connection = _connection(session, page_id)
    connection.failing_since = connection.failing_since or now
    connection.state = ConnectionState.STOPPED
    connection.error_code, connection.error_detail = code, detail
    _release(connection)
    session.flush()
    announce(session, Changed("page", page_id))


def release(session: Session, claim: Claim) -> None:
    """Give a claimed page back without saying anything about its health."""
    connection = _held(session, claim)
    if connection is not None:
        _release(connection)
        session.flush()


def read_soon(session: Session, page_id: int, now: datetime) -> None:
    """Have a page read now: somebody asked for it."""
    connection = _connection(session, page_id)
    connection.next_read_at = now
    if connection.state is ConnectionState.STOPPED:
        connection.state = ConnectionState.FAILING
    session.flush()
    defer_wake(session, JobName.COLLECT)


def _held(session: Session, claim: Claim) -> Connection | None:
    query = select(Connection).where(Connection.page_id == claim.page_id, Connection.lease == claim.lease)
    return session.scalar(query.execution_options(populate_existing=True))


def _connection(session: Session, page_id: int) -> Connection:
    connection = session.get(Connection, page_id)
    if connection is None:
        raise NotFound(_("There is no page %(id)s.", id=page_id))
    return connection


def _release(connection: Connection) -> None:
    connection.lease = connection.lease_until = None


def _forget_trouble(connection: Connection, now: datetime) -> None:
    connection.state = ConnectionState.NEW
    connection.error_code = connection.error_detail = connection.failing_since = None
    connection.failures = 0
    connection.next_read_at = now
