"""Who reads a page: claimed with a lease, kept while it lasts, given back with what came of it.

Services flush; the edge commits.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, bindparam, cast, literal, select, update
from sqlalchemy.orm import Session

from app.core.chance import draw
from app.core.db import changed_rows
from app.core.events import Changed, announce
from app.pages import rules
from app.pages.models import Connection, Page
from app.pages.types import Claim, ConnectionState, PageState, Progress

LEASE = timedelta(seconds=30)
"""A reader renews its lease every few seconds; one that died is taken over after this."""


def claim_read(session: Session, page_id: int, now: datetime, *, force: bool = False) -> Claim | None:
    """Claim a page for reading. None when others have it, or it is paused, or (unless ``force``) not due or stopped."""
    return next(iter(claim_reads(session, [page_id], now, force=force)), None)


def claim_reads(session: Session, page_ids: Sequence[int], now: datetime, *, force: bool = False) -> list[Claim]:
    """Claim those of the pages for reading that can be."""
    return _claim(session, page_ids, now, Connection.next_read_at <= now, force=force)


def claim_verifies(session: Session, page_ids: Sequence[int], now: datetime, *, force: bool = False) -> list[Claim]:
    """Claim those of the pages that can be, for looking again at their known comments."""
    return _claim(session, page_ids, now, Connection.next_verify_at <= now, force=force)


def _claim(session: Session, page_ids: Sequence[int], now: datetime, is_due: Any, *, force: bool) -> list[Claim]:
    batch = secrets.token_hex(8)
    statement = (
        update(Connection)
        .where(
            Connection.page_id.in_(page_ids),
            Connection.lease_until.is_(None) | (Connection.lease_until <= now),
            Connection.page_id.in_(select(Page.id).where(Page.id.in_(page_ids), Page.state == PageState.ACTIVE)),
        )
        # A lease is one page's own: it is looked for by itself when the page is given back.
        .values(lease=literal(f"{batch}.") + cast(Connection.page_id, String), lease_until=now + LEASE, last_try_at=now)
    )
    if not force:
        statement = statement.where(is_due, Connection.state != ConnectionState.STOPPED)
    if not changed_rows(session, statement):
        return []
    query = (
        select(
            Page.id,
            Page.connector,
            Page.url,
            Page.team_id,
            Connection.settings,
            Connection.sealed_secret,
            Connection.cursor,
            Connection.since,
            Connection.lease,
            Connection.state,
            Connection.last_item_at,
        )
        .join(Connection, Connection.page_id == Page.id)
        .where(Connection.lease.in_([f"{batch}.{page_id}" for page_id in page_ids]))
    )
    claims = {row[0]: Claim(*row) for row in session.execute(query)}
    return [claims[page_id] for page_id in page_ids if page_id in claims]


def renew(session: Session, reads: Sequence[tuple[Claim, Progress]], now: datetime) -> set[int]:
    """Keep the leases and move the cursors, in the transaction that stores what was read; answer the ids of the pages.

    A page whose lease somebody else has by now is left out: nothing may be stored for it.
    """
    held = select(Connection.page_id).where(Connection.lease.in_([claim.lease for claim, _progress in reads]))
    kept = set(session.scalars(held.order_by(Connection.page_id).with_for_update()))
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for claim, progress in reads:
        if claim.page_id in kept:
            values = _progress(claim, progress, now)
            alike.setdefault(tuple(values), []).append({"which": claim.page_id, **values})
            if progress.read_with is not None and claim.state is not ConnectionState.OK:
                announce(session, Changed("page", claim.page_id))
    table = Connection.__table__
    for names, rows in alike.items():
        statement = update(table).where(table.c.page_id == bindparam("which"))  # type: ignore[arg-type]
        session.connection().execute(statement.values({name: bindparam(name) for name in names}), rows)
    return kept


def _progress(claim: Claim, progress: Progress, now: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {"lease_until": now + LEASE}
    if progress.cursor is not None:
        values["cursor"] = dict(progress.cursor)
    if progress.settings is not None:
        values["settings"] = {**claim.settings, **progress.settings}
    dates = [at for at in (claim.last_item_at, progress.newest) if at is not None]
    last_item_at = min(max(dates), now) if dates else None
    if progress.newest is not None:
        values["last_item_at"] = last_item_at
    if progress.read_with is not None:
        next_read_at = rules.next_read(now, last_item_at, progress.read_with, draw())
        values |= _healthy(now, next_read_at)
    return values


def _healthy(now: datetime, next_read_at: datetime) -> dict[str, Any]:
    return {
        "state": ConnectionState.OK,
        "error_code": None,
        "error_detail": None,
        "failing_since": None,
        "failures": 0,
        "last_read_at": now,
        "next_read_at": next_read_at,
        "lease": None,
        "lease_until": None,
    }


def keep(session: Session, claims: Sequence[Claim], now: datetime) -> None:
    """Say that these pages are still being read; leases that were lost or given back stay so."""
    leases = [one.lease for one in claims]
    statement = update(Connection).where(Connection.lease.in_(leases)).values(lease_until=now + LEASE)
    session.execute(statement.execution_options(synchronize_session=False))


def record_verified(session: Session, claim: Claim, next_at: datetime) -> None:
    """Known comments were looked at again; the next look is at ``next_at``."""
    connection = _held(session, claim)
    if connection is not None:
        connection.next_verify_at = next_at
        connection.lease = connection.lease_until = None
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
    when = rules.retry(now, connection.failures, draw(), retry_at)
    if verifying:
        connection.next_verify_at = when
    else:
        connection.next_read_at = when
        if retry_at is not None:  # whoever wants to be left alone is not asked about old comments meanwhile
            connection.next_verify_at = max(connection.next_verify_at, when)
    connection.lease = connection.lease_until = None
    session.flush()
    announce(session, Changed("page", claim.page_id))


def release(session: Session, claim: Claim) -> None:
    """Give a claimed page back without saying anything about its health."""
    connection = _held(session, claim)
    if connection is not None:
        connection.lease = connection.lease_until = None
        session.flush()


def _held(session: Session, claim: Claim) -> Connection | None:
    query = select(Connection).where(Connection.page_id == claim.page_id, Connection.lease == claim.lease)
    return session.scalar(query.execution_options(populate_existing=True))
