"""Pages whose platforms can tell of news over an open line: which they are, and what such a word does."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.core.db import changed_rows
from app.core.jobs import JobName, defer_wake
from app.pages.models import Connection, Page
from app.pages.queries import reached
from app.pages.types import ConnectionState, PageState, Reach

BREATH = timedelta(seconds=5)
"""A page where many speak at once is read no more often than this, however often its platform tells of it."""


def within(session: Session, kinds: Collection[str], limit: int) -> dict[int, Reach]:
    """How those active pages of these kinds are reached whose credentials work, by id: the first connected of them."""
    query = (
        select(Page, Connection)
        .join(Connection, Connection.page_id == Page.id)
        .where(Page.connector.in_(list(kinds)), Page.state == PageState.ACTIVE)
        .where(Connection.sealed_secret.is_not(None), Connection.state != ConnectionState.STOPPED)
        .order_by(Page.id)
        .limit(limit)
    )
    return {page.id: reached(page, connection) for page, connection in session.execute(query)}


def told(session: Session, page_ids: Collection[int], now: datetime) -> set[int]:
    """Have these pages read now, as there is something new; answer those to be told again, which are being read, or
    were a moment ago.

    A page in trouble keeps to the time of its next try, which its platform may have named.
    """
    busy = or_(Connection.lease_until > now, Connection.last_try_at > now - BREATH)
    later = set(session.scalars(select(Connection.page_id).where(Connection.page_id.in_(page_ids), busy)))
    due = update(Connection).where(
        Connection.page_id.in_(set(page_ids) - later),
        Connection.state == ConnectionState.OK,
        Connection.next_read_at > now,
    )
    if changed_rows(session, due.values(next_read_at=now)):
        defer_wake(session, JobName.COLLECT)
    return later
