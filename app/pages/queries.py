"""Reading pages and their health."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select, func, inspect, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.accounts.models import Team
from app.connectors.ports import GAP_AT, Account
from app.core.db import fixed
from app.pages.models import Connection, Page
from app.pages.types import ConnectionState, PageState, PageView, Reach


def pages(session: Session, *, include_removed: bool = False) -> list[PageView]:
    """All pages with their health: those in trouble first, then by name."""
    query = _query().order_by(Connection.error_code.is_(None), func.lower(Page.name), Page.id)
    if not include_removed:
        query = query.where(Page.state != PageState.REMOVED)
    return [view(*row) for row in session.execute(query)]


def concerns(session: Session) -> list[PageView]:
    """Pages of which something may be missing: in trouble, or never read; those in trouble first. Few, however many
    pages there are."""
    return [view(*row) for row in session.execute(_CONCERNS)]


def any_connected(session: Session) -> bool:
    """Whether there is any page that was not removed."""
    return session.scalar(select(Page.id).where(Page.state != PageState.REMOVED).limit(1)) is not None


def page(session: Session, page_id: int) -> PageView | None:
    row = session.execute(_query().where(Page.id == page_id)).one_or_none()
    return view(*row) if row else None


def page_at(session: Session, connector: str, url: str, account: Account | None = None) -> PageView | None:
    """The page of this kind at this canonical address; else that of ``account`` where the account is the page, for
    some have several addresses. One that is connected goes before one that was removed."""
    which = Page.url == url
    if account is not None and account.is_the_page:
        which |= Connection.account_key == account.key
    query = _query().where(Page.connector == connector, which)
    row = session.execute(query.order_by(Page.state == PageState.REMOVED, Page.url != url, Page.id).limit(1)).first()
    return view(*row) if row else None


def holds_secrets(session: Session) -> bool:
    """Whether any page's login is stored; a database without our tables holds none."""
    if not inspect(session.connection()).has_table(Connection.__tablename__):
        return False
    return session.scalar(select(Connection.page_id).where(Connection.sealed_secret.is_not(None)).limit(1)) is not None


def reach(session: Session, page_id: int) -> Reach | None:
    """How a page is reached."""
    query = select(Page, Connection).join(Connection, Connection.page_id == Page.id).where(Page.id == page_id)
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    return reached(*row)


def pages_in_reach(session: Session, page_ids: Collection[int]) -> dict[int, tuple[PageView, Reach]]:
    """These pages and how they are reached, in one statement."""
    rows = session.execute(_query().where(Page.id.in_(list(page_ids))))
    return {row[0].id: (view(*row), reached(row[0], row[1])) for row in rows}


def reached(page: Page, connection: Connection) -> Reach:
    """How a page is reached that has been read already."""
    return Reach(page.connector, page.url, dict(connection.settings), connection.sealed_secret)


def demo_ids(session: Session) -> list[int]:
    """Ids of the demonstration's pages, whatever their state."""
    return list(session.scalars(select(Page.id).where(Page.demo).order_by(Page.id)))


def troubled(session: Session) -> list[PageView]:
    """Pages that can't be read completely right now."""
    query = _query().where(
        Page.state == PageState.ACTIVE, Connection.state.in_([ConnectionState.FAILING, ConnectionState.STOPPED])
    )
    return [view(*row) for row in session.execute(query.order_by(Page.id))]


def due(session: Session, now: datetime, limit: int) -> list[int]:
    """Ids of active pages whose next read has come and that nobody is reading, longest due first."""
    return _due(session, now, limit, Connection.next_read_at)


def verify_due(session: Session, now: datetime, limit: int) -> list[int]:
    """Ids of active pages whose known comments are to be looked at again."""
    return _due(session, now, limit, Connection.next_verify_at)


def _due(session: Session, now: datetime, limit: int, column: InstrumentedAttribute[datetime]) -> list[int]:
    query = (
        select(Connection.page_id)
        .join(Page, Page.id == Connection.page_id)
        .where(
            column <= now,
            Page.state == PageState.ACTIVE,
            Connection.state != ConnectionState.STOPPED,
            Connection.lease_until.is_(None) | (Connection.lease_until <= now),
        )
        .order_by(column)
        .limit(limit)
    )
    return list(session.scalars(query))


def _query() -> "Select[Page, Connection, str]":
    return (
        select(Page, Connection, Team.name)
        .join(Connection, Connection.page_id == Page.id)
        .join(Team, Team.id == Page.team_id)
    )


_MISSING = (ConnectionState.FAILING, ConnectionState.STOPPED, ConnectionState.NEW)
_CONCERNS = (
    _query()
    .where(Page.state != fixed(PageState.REMOVED), Connection.state.in_([fixed(one) for one in _MISSING]))
    .order_by(Connection.error_code.is_(None), func.lower(Page.name), Page.id)
)
"""Put together once, as every list asks it."""


def view(page: Page, connection: Connection, team_name: str) -> PageView:
    """A page with its health, from what has been read already."""
    return PageView(
        id=page.id,
        connector=page.connector,
        name=page.name,
        url=page.url,
        state=page.state,
        team_id=page.team_id,
        team_name=team_name,
        demo=page.demo,
        connection_state=connection.state,
        error_code=connection.error_code,
        error_detail=connection.error_detail,
        failing_since=connection.failing_since,
        last_try_at=connection.last_try_at,
        last_read_at=connection.last_read_at,
        next_read_at=connection.next_read_at,
        gap_at=datetime.fromisoformat(gap) if (gap := (connection.cursor or {}).get(GAP_AT)) else None,
        account_name=connection.account_name,
        can_log_in=connection.can_log_in,
    )
