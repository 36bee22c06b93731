"""Reading what platforms told us."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.hooks import rules
from app.hooks.models import Hook, HookCall, HookChange
from app.hooks.types import CallState, Candidate, ChangeState, Place, Standing, Tally, Trouble
from app.pages.models import Connection, Page
from app.pages.types import ConnectionState, PageState

MOST_COUNTED = 1_000
FAIR_SHARE = 16
"""So many changes of one page are taken at a time."""
T = TypeVar("T")


def place(session: Session, kind: str, place: str) -> Place | None:
    """The page's own address for calls, unless it is closed."""
    return _place(session, Hook.place == place, Page.connector == kind)


def of_page(session: Session, page_id: int) -> Place | None:
    """A page's own address for calls; None when it has none, or it is closed."""
    return _place(session, Hook.page_id == page_id)


def _place(session: Session, *which: "ColumnElement[bool]") -> Place | None:
    query = (
        select(Hook, Page, Connection.sealed_secret)
        .join(Page, Page.id == Hook.page_id)
        .join(Connection, Connection.page_id == Hook.page_id)
    )
    row = session.execute(query.where(*which)).one_or_none()
    if row is None:
        return None
    hook, page, of_page = row
    sealed = hook.sealed_secret or of_page
    if not sealed:
        return None
    leaving = page.state is PageState.REMOVED
    return Place(page.id, page.url, page.connector, hook.place, sealed, dict(hook.settings), leaving)


def to_subscribe(session: Session, kinds: Sequence[str], now: datetime, limit: int) -> list[Candidate]:
    """Pages of kinds that have to be asked to call us: those never asked, and those whose time comes."""
    query = (
        select(Page, Connection, Hook)
        .join(Connection, Connection.page_id == Page.id)
        .join(Hook, Hook.page_id == Page.id, isouter=True)
        .where(
            Page.connector.in_(kinds),
            Page.state == PageState.ACTIVE,
            Hook.page_id.is_(None) | (Hook.renew_at <= now),
        )
        .order_by(Page.id)
        .limit(limit)
    )
    return [
        Candidate(
            page_id=page.id,
            kind=page.connector,
            url=page.url,
            settings=dict(connection.settings),
            sealed_secret=hook.sealed_secret if hook is not None else None,
            before=dict(hook.settings) if hook is not None else {},
            sealed_access=connection.sealed_secret,
        )
        for page, connection, hook in session.execute(query)
    ]


def standing(session: Session, page_id: int) -> Standing | None:
    """How it stands with a platform that was asked to call us about a page; None where it never was."""
    hook = session.get(Hook, page_id)
    if hook is None or rules.ASKED not in hook.settings:
        return None
    code, detail = hook.settings.get(rules.REFUSED) or (None, "")
    return Standing(hook.settings[rules.ASKED] == 0, code, detail)


def to_leave(session: Session, kinds: Sequence[str], limit: int, state: PageState = PageState.REMOVED) -> list[Place]:
    """Addresses of pages in a state, usually removed, whose platforms may still call there."""
    query = select(Hook.page_id).join(Page, Page.id == Hook.page_id)
    left = query.where(Page.state == state, Page.connector.in_(kinds)).order_by(Hook.page_id)
    places = [of_page(session, page_id) for page_id in session.scalars(left.limit(limit)).all()]
    return [one for one in places if one is not None]


def has_due(session: Session, now: datetime) -> bool:
    """Whether a worker would find something to do."""
    calls = select(HookCall.id).where(HookCall.state == CallState.WAITING).limit(1)
    return session.scalar(calls) is not None or session.scalar(_waiting(HookChange.id, now).limit(1)) is not None


def due(session: Session, now: datetime, limit: int) -> list[int]:
    """Ids of changes that can be taken now, longest due first, a few of each page: neither a burst nor a platform that
    does not answer keeps the others waiting. None of pages that are paused or stopped."""
    turn = func.row_number().over(partition_by=HookChange.page_id, order_by=(HookChange.due_at, HookChange.id))
    each = _waiting(HookChange.id, now).add_columns(HookChange.due_at, turn.label("turn")).subquery()
    query = select(each.c.id).where(each.c.turn <= FAIR_SHARE).order_by(each.c.due_at, each.c.id).limit(limit)
    return list(session.scalars(query))


def _waiting(what: "InstrumentedAttribute[T]", now: datetime) -> "Select[T]":
    return (
        select(what)
        .join(Page, Page.id == HookChange.page_id)
        .join(Connection, Connection.page_id == HookChange.page_id)
        .where(
            HookChange.state == ChangeState.WAITING,
            HookChange.due_at <= now,
            HookChange.lease_until.is_(None) | (HookChange.lease_until <= now),
            Page.state == PageState.ACTIVE,
            Connection.state != ConnectionState.STOPPED,
        )
    )


def tally(session: Session, now: datetime) -> Tally:
    """How things stand."""
    calls = select(HookCall.id).where(HookCall.state == CallState.FAILED).limit(MOST_COUNTED).subquery()
    changes = select(HookChange.id).where(HookChange.state == ChangeState.FAILED).limit(MOST_COUNTED).subquery()
    failed = sum(session.scalar(select(func.count()).select_from(one)) or 0 for one in (calls, changes))
    since = session.scalar(_waiting(HookChange.due_at, now).order_by(HookChange.due_at).limit(1))
    unsplit = session.scalar(select(func.min(HookCall.received_at)).where(HookCall.state == CallState.WAITING))
    return Tally(
        failed=min(failed, MOST_COUNTED),
        waiting_since=min((at for at in (since, unsplit) if at is not None), default=None),
        last_at=session.scalar(select(func.max(HookCall.received_at))),
    )


def troubles(session: Session, limit: int = 200) -> list[Trouble]:
    """What could not be taken, newest first."""
    changes = (
        select(HookChange, Page.name)
        .join(Page, Page.id == HookChange.page_id, isouter=True)
        .where(HookChange.state == ChangeState.FAILED)
        .order_by(HookChange.id.desc())
        .limit(limit)
    )
    calls = (
        select(HookCall, Page.name)
        .join(Page, Page.id == HookCall.page_id, isouter=True)
        .where(HookCall.state == CallState.FAILED)
        .order_by(HookCall.id.desc())
        .limit(limit)
    )
    found = [
        Trouble(one.id, True, one.kind, name, one.told_at, one.error_code or "", one.error_detail or "")
        for one, name in session.execute(changes)
    ]
    found += [
        Trouble(one.id, False, one.kind, name, one.received_at, one.error_code or "", one.error_detail or "")
        for one, name in session.execute(calls)
    ]
    return sorted(found, key=lambda one: one.told_at, reverse=True)[:limit]
