"""A page in a crisis: until it is over nothing of ours is published there. Services flush; the edge commits."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from app.accounts import rules as account_rules
from app.accounts.models import User
from app.accounts.types import Actor, Permission
from app.audit import service as audit
from app.audit.types import Action
from app.campaigns.types import Named
from app.core import text as texts
from app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.ids import new_id
from app.core.jobs import JobName, defer_wake
from app.library import rules
from app.library.models import PageCrisis
from app.library.types import CrisisView
from app.pages.models import Page
from app.pages.types import PageState


def of_pages(session: Session, page_ids: Collection[int], at: datetime) -> dict[int, CrisisView]:
    """The crises that hold at a moment, by page. One statement."""
    query = (
        select(PageCrisis, User.name)
        .join(User, User.id == PageCrisis.declared_by_id)
        .where(
            PageCrisis.page_id.in_(list(page_ids)),
            PageCrisis.since <= at,
            or_(PageCrisis.until.is_(None), PageCrisis.until > at),
        )
        .order_by(PageCrisis.id)
    )
    return {
        one.page_id: CrisisView(one.page_id, one.reason, one.since, one.until, Named(one.declared_by_id, name))
        for one, name in session.execute(query)
    }


def holds(at: datetime) -> ColumnElement[bool]:
    """The condition that a page is in a crisis at a moment, for a query that reads pages."""
    return exists().where(
        PageCrisis.page_id == Page.id,
        PageCrisis.since <= at,
        or_(PageCrisis.until.is_(None), PageCrisis.until > at),
    )


def declare(
    session: Session, actor: Actor, page_id: int, reason: str, until: datetime | None, typed: str, now: datetime
) -> None:
    """Let nothing go out on a page, from now on. ``until`` is what ``typed``, the moment as typed, was read as.

    Raises Forbidden, NotFound, InvalidInput naming the field, and Conflict while there is one already.
    """
    _may(actor)
    reason = texts.plain(reason).strip()
    if not reason or len(reason) > rules.REASON_MAXIMUM:
        message = _("Say what is the matter, in at most %(n)s characters.", n=rules.REASON_MAXIMUM)
        raise InvalidInput(message, field="reason")
    if typed.strip() and (until is None or until <= now):
        raise InvalidInput(_("Choose a moment that is still to come."), field="until")
    page = session.get(Page, page_id, with_for_update=True)
    if page is None or page.state is PageState.REMOVED:
        raise NotFound(_("There is no such page, or it was removed."))
    if of_pages(session, [page_id], now):
        raise Conflict(_("This page is in a crisis already."), code="crisis")
    one = PageCrisis(id=new_id(), page_id=page_id, reason=reason, declared_by_id=actor.id, since=now, until=until)
    session.add(one)
    session.flush()
    audit.note(session, Action.CRISIS_DECLARED, f"page/{page_id}", now, by=actor.id)


def end(session: Session, actor: Actor, page_id: int, now: datetime) -> None:
    """It is over. What was held for it alone goes on by itself. Raises Forbidden, Conflict."""
    _may(actor)
    query = select(PageCrisis).where(
        PageCrisis.page_id == page_id, or_(PageCrisis.until.is_(None), PageCrisis.until > now)
    )
    found = session.scalars(query.with_for_update()).all()
    if not found:
        raise Conflict(_("This page is in no crisis."), code="no_crisis")
    for one in found:
        one.until = now
    session.flush()
    audit.note(session, Action.CRISIS_ENDED, f"page/{page_id}", now, by=actor.id)
    defer_wake(session, JobName.PUBLISH)


def _may(actor: Actor) -> None:
    if not account_rules.may(actor.role, Permission.CURATE):
        raise Forbidden(_("You may not do this. Ask a supervisor or an admin."))
