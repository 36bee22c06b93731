"""Tokens that end: when each is renewed, by one process at a time, and when people hear that a sign-in ends.

A refresh token that is good for one use must never be used twice. So it is noted as used, in the database, before it
leaves; a process that dies with it in its hands leaves a note that nobody sends it again past.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from app.connectors.oauth import Tokens
from app.core.db import changed_rows
from app.core.events import Changed, announce
from app.core.security import token_hash
from app.pages import rules
from app.pages.models import Connection, Page, TokenLife
from app.pages.types import ConnectionState, PageState
from app.signals.service import tell
from app.signals.types import SignalKind

LEASE = timedelta(minutes=10)
"""Longer than a request may take: one that may still arrive is not repeated."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A page whose tokens this process may renew."""

    page_id: int
    connector: str
    url: str
    sealed_secret: bytes
    spent: str | None
    """Digest of the refresh token that was sent last without an answer to show for it."""
    lease: str


def note(session: Session, page_id: int, tokens: Tokens | None, now: datetime) -> None:
    """Note when a page's tokens are to be renewed and when they end; None: it has none that end."""
    session.execute(delete(TokenLife).where(TokenLife.page_id == page_id))
    if tokens is not None and (tokens.refresh or tokens.ends_at):
        session.add(TokenLife(page_id=page_id, failures=0, refresh_at=_refresh_at(tokens, now), ends_at=tokens.ends_at))
    session.flush()


def note_end(session: Session, page_id: int, ends_at: datetime | None) -> None:
    """Note when credentials that nobody renews end, in place of what was known of others; None: they don't."""
    session.execute(delete(TokenLife).where(TokenLife.page_id == page_id))
    if ends_at is not None:
        session.add(TokenLife(page_id=page_id, failures=0, ends_at=ends_at))
    session.flush()


def due(session: Session, now: datetime, limit: int = 50) -> list[int]:
    """Ids of pages whose tokens are to be renewed now."""
    query = (
        select(TokenLife.page_id)
        .join(Page, Page.id == TokenLife.page_id)
        .join(Connection, Connection.page_id == TokenLife.page_id)
        .where(TokenLife.refresh_at <= now, _free(now), Page.state != PageState.REMOVED)
        .where(Connection.state != ConnectionState.STOPPED)
        .order_by(TokenLife.refresh_at)
        .limit(limit)
    )
    return list(session.scalars(query))


def renewal_is_late(session: Session, page_id: int, now: datetime) -> bool:
    """Whether a page's tokens should have been renewed by now: nobody ran, or the platform could not be asked."""
    late = select(TokenLife.page_id).where(TokenLife.page_id == page_id, TokenLife.refresh_at <= now)
    return session.scalar(late) is not None


def has_due(session: Session, now: datetime) -> bool:
    """Whether any tokens are to be renewed, or an end to be told of."""
    return bool(due(session, now, limit=1)) or bool(_ending(session, now))


def claim(session: Session, page_id: int, now: datetime) -> Turn | None:
    """The right to renew a page's tokens; None when somebody else has it."""
    lease = secrets.token_hex(8)
    mine = update(TokenLife).where(TokenLife.page_id == page_id, TokenLife.refresh_at <= now, _free(now))
    if changed_rows(session, mine.values(lease=lease, lease_until=now + LEASE)) != 1:
        return None
    query = (
        select(Page.connector, Page.url, Connection.sealed_secret, TokenLife.spent)
        .join(Connection, Connection.page_id == Page.id)
        .join(TokenLife, TokenLife.page_id == Page.id)
        .where(Page.id == page_id)
    )
    connector, url, sealed, spent = session.execute(query).one()
    return Turn(page_id, connector, url, sealed, spent, lease) if sealed is not None else None


def spend(session: Session, turn: Turn, refresh_token: str) -> None:
    """Note that a refresh token good for one use leaves us now."""
    mine = TokenLife.page_id == turn.page_id, TokenLife.lease == turn.lease
    session.execute(update(TokenLife).where(*mine).values(spent=token_hash(refresh_token)))


def record_renewed(session: Session, turn: Turn, sealed: bytes, tokens: Tokens, now: datetime) -> None:
    """Keep new tokens, unless somebody signed in anew meanwhile."""
    life = _held(session, turn)
    connection = session.get(Connection, turn.page_id)
    if life is None or connection is None or connection.sealed_secret != turn.sealed_secret:
        return
    connection.sealed_secret = sealed
    if tokens.ends_at != life.ends_at:
        life.announced_at = None
    life.ends_at, life.refresh_at = tokens.ends_at, _refresh_at(tokens, now)
    life.failures, life.spent, life.lease, life.lease_until = 0, None, None, None
    session.flush()


def record_not_renewed(session: Session, turn: Turn, jitter: float, now: datetime) -> None:
    """It certainly was not used: try again soon, ever more slowly."""
    life = _held(session, turn)
    if life is None:
        return
    life.failures += 1
    life.refresh_at = rules.retry(now, life.failures, jitter, None)
    life.spent = life.lease = life.lease_until = None
    session.flush()


def record_lost(session: Session, turn: Turn) -> bool:
    """The tokens can't be renewed any more; whether that is so still, and nobody signed in anew meanwhile."""
    life = _held(session, turn)
    if life is None:
        return False
    life.refresh_at = life.lease = life.lease_until = None
    session.flush()
    return True


def announce_ends(session: Session, now: datetime) -> int:
    """Tell whoever supervises of sign-ins that end within two weeks, once each; answer of how many."""
    rows = _ending(session, now)
    for life in rows:
        life.announced_at = now
        ends = life.ends_at.isoformat() if life.ends_at else ""
        tell(session, SignalKind.SIGN_IN_ENDS, now, page_id=life.page_id, ends=ends)
        announce(session, Changed("page", life.page_id))
    session.flush()
    return len(rows)


def ends_at(session: Session, page_id: int) -> datetime | None:
    """When a page's sign-in ends; None where it does not, or nobody knows."""
    return session.scalar(select(TokenLife.ends_at).where(TokenLife.page_id == page_id))


def ending_soon(session: Session, now: datetime) -> list[tuple[str, datetime]]:
    """Names of pages whose sign-ins end within two weeks, and when."""
    query = (
        select(Page.name, TokenLife.ends_at)
        .join(Page, Page.id == TokenLife.page_id)
        .where(TokenLife.ends_at <= now + rules.ANNOUNCED, Page.state != PageState.REMOVED)
        .order_by(TokenLife.ends_at)
    )
    return [(name, at) for name, at in session.execute(query) if at is not None]


def _ending(session: Session, now: datetime) -> list[TokenLife]:
    query = (
        select(TokenLife)
        .join(Page, Page.id == TokenLife.page_id)
        .join(Connection, Connection.page_id == TokenLife.page_id)
        .where(TokenLife.ends_at <= now + rules.ANNOUNCED, TokenLife.announced_at.is_(None))
        .where(Page.state != PageState.REMOVED)
        .where(Connection.state != ConnectionState.STOPPED)  # a sign-in that died was told of
        .limit(50)
    )
    return list(session.scalars(query))


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(TokenLife.lease_until.is_(None), TokenLife.lease_until <= now)


def _refresh_at(tokens: Tokens, now: datetime) -> datetime | None:
    return rules.refresh_at(now, tokens.expires_at) if tokens.refresh else None


def _held(session: Session, turn: Turn) -> TokenLife | None:
    query = select(TokenLife).where(TokenLife.page_id == turn.page_id, TokenLife.lease == turn.lease)
    return session.scalar(query.with_for_update().execution_options(populate_existing=True))
