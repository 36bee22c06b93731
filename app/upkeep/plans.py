"""Keep-alive plans: what a page is held to, campaign or not. Services flush; the edge commits."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.types import Actor
from app.audit import service as audit
from app.audit.types import Action
from app.campaigns.service import may_manage
from app.core import hours
from app.core.db import run_in_bulk
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.ids import new_id
from app.core.jobs import JobName, defer_wake
from app.pages.models import Page
from app.pages.types import PageState
from app.upkeep import rules
from app.upkeep.models import KeepAlivePlan, NotedPost, PageSteward, UpkeepTask
from app.upkeep.types import PlanTyped, PlanView, TaskKind, Terms

_WEEK, _TOLD = timedelta(days=7), timedelta(hours=1)
"""So much of a week at least is not quiet: or nobody would ever hear that a page falls behind."""


def of_pages(session: Session, page_ids: Collection[int]) -> dict[int, PlanView]:
    """The plans of these pages; each page has its entry. One statement."""
    found = {page_id: PlanView(rules.DEFAULT, "", kept=False) for page_id in page_ids}
    query = select(KeepAlivePlan).where(KeepAlivePlan.page_id.in_(list(page_ids)))
    found.update({one.page_id: view(one) for one in session.scalars(query)})
    return found


def view(one: KeepAlivePlan) -> PlanView:
    """A stored plan."""
    terms = Terms(one.post_every_days, one.answer_within_hours, one.quieting_days, one.at_risk_days, one.ghost_days)
    return PlanView(terms, one.quiet, kept=True)


def keep(session: Session, actor: Actor, page_id: int, typed: PlanTyped, now: datetime) -> None:
    """Say what a page is held to. Raises Forbidden, NotFound, InvalidInput naming the field, and Conflict while nobody
    looks after the page: a plan without somebody who keeps it is none."""
    may_manage(actor)
    page = session.get(Page, page_id)
    if page is None or page.state is PageState.REMOVED:
        raise NotFound(_("There is no such page, or it was removed."))
    if session.get(PageSteward, page_id) is None:
        raise Conflict(_("First name a steward: somebody has to keep the plan."), code="no_steward")
    terms = _terms(typed)
    quiet = typed.quiet.strip()
    try:
        week = hours.read_week(quiet)
    except hours.HoursError as error:
        message = _("“%(part)s” are no hours. Write them like: mo-fr 09:00-17:30 Europe/Berlin", part=str(error))
        raise InvalidInput(message, field="quiet") from None
    if quiet and hours.worked(week, now, now + _WEEK) > _WEEK - _TOLD:
        raise InvalidInput(_("Leave some hours of the week in which somebody can be told."), field="quiet")
    one = session.get(KeepAlivePlan, page_id, with_for_update=True)
    if one is None:
        one = KeepAlivePlan(page_id=page_id, since=now)
        session.add(one)
    one.post_every_days, one.answer_within_hours = terms.post_every_days, terms.answer_within_hours
    one.quieting_days, one.at_risk_days, one.ghost_days = terms.quieting_days, terms.at_risk_days, terms.ghost_days
    one.quiet = quiet
    session.flush()
    audit.note(session, Action.PLAN_SET, f"page/{page_id}", now, by=actor.id, **asdict(terms))
    defer_wake(session, JobName.UPKEEP)


def note_post(session: Session, actor: Actor, page_id: int, now: datetime) -> None:
    """Somebody says that they posted there: what asked for a post is done. Raises NotFound."""
    page = session.get(Page, page_id)
    if page is None or page.state is PageState.REMOVED:
        raise NotFound(_("There is no such page, or it was removed."))
    session.add(NotedPost(id=new_id(), page_id=page_id, by_id=actor.id, at=now))
    done = (UpkeepTask.page_id == page_id) & (UpkeepTask.kind == TaskKind.POST) & UpkeepTask.done_at.is_(None)
    run_in_bulk(session, update(UpkeepTask).where(done).values(done_at=now))
    session.flush()
    defer_wake(session, JobName.UPKEEP)


def _terms(typed: PlanTyped) -> Terms:
    found = Terms(
        _number(typed.post_every_days, 365, "post_every_days") if typed.post_every_days.strip() else None,
        _number(typed.answer_within_hours, 24 * 60, "answer_within_hours"),
        _number(typed.quieting_days, 1_000, "quieting_days"),
        _number(typed.at_risk_days, 1_000, "at_risk_days"),
        _number(typed.ghost_days, 1_000, "ghost_days"),
    )
    if not found.quieting_days < found.at_risk_days < found.ghost_days:
        raise InvalidInput(_("Each has to take longer than the one before it."), field="ghost_days")
    return found


def _number(text: str, most: int, field: str) -> int:
    digits = text.strip()
    if not digits.isascii() or not digits.isdecimal() or not 1 <= int(digits[:9]) <= most:
        raise InvalidInput(_("Write a whole number from %(least)s to %(most)s.", least=1, most=most), field=field)
    return int(digits)
