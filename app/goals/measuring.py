"""Measuring goals: the period that runs and the one before it, which late changes may still put right."""

from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from app.campaigns.models import CampaignPage
from app.core import days
from app.core.db import insert_or, one_at_a_time, run_in_bulk, table_of
from app.core.ids import lowest_id
from app.goals import queries, rules
from app.goals.models import GoalReading, GoalRow
from app.goals.types import Goal, Measure, Reading, Scope
from app.outreach.models import HeldAct, HeldSide
from app.pages.models import Page
from app.pages.types import PageState
from app.remedies.models import Remedy
from app.remedies.types import State
from app.reports import queries as reports
from app.reports import rules as report_rules
from app.reports.queries import EVERYBODY, Whose
from app.reports.types import By
from app.targets.types import Figure
from app.upkeep.models import PageDay
from app.upkeep.types import Life

EVERY = timedelta(minutes=5)
_KEY = 0x676F616C  # any number, as long as every Porchlight takes the same
_LONGEST_ASKED = timedelta(days=90)
"""A remedy is signed within that time after it was asked for, or expires."""
_BY = {Scope.TEAM: By.TEAM, Scope.PAGE: By.PAGE, Scope.CAMPAIGN: By.CAMPAIGN}
_FIGURES = {Measure.FIRST_REPLY: Figure.FIRST_REPLY, Measure.RESOLUTION: Figure.RESOLUTION}


def work(session: Session, now: datetime) -> int:
    """Measure the goals for which that is due; answer how many."""
    one_at_a_time(session, _KEY)
    due = or_(GoalRow.measured_at.is_(None), GoalRow.measured_at <= now - EVERY)
    rows = session.scalars(select(GoalRow).where(due).order_by(GoalRow.id)).all()
    for row in rows:
        goal = queries.goal(row)
        this = rules.period(goal.period, days.of(now))
        for first, last in (this, rules.before(goal.period, this[0])):
            _keep(session, goal.id, measure(session, goal, first, last, now))
        row.measured_at = now
    session.flush()
    return len(rows)


def forget(session: Session, goal_id: int) -> None:
    """What was measured says nothing about the goal any more: it is measured anew."""
    run_in_bulk(session, delete(GoalReading).where(GoalReading.goal_id == goal_id))


def _keep(session: Session, goal_id: int, one: Reading) -> None:
    values = {"last": one.last, "good": one.good, "total": one.total}
    statement = insert_or(session, table_of(GoalReading)).values(goal_id=goal_id, first=one.first, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["goal_id", "first"], set_=values))


def measure(session: Session, goal: Goal, first: date, last: date, now: datetime) -> Reading:
    """What a goal comes to in a period. Two statements at most."""
    if goal.measure in (Measure.FIRST_REPLY, Measure.RESOLUTION, Measure.ANSWERED):
        good, total = _reported(session, goal, first, last)
    elif goal.measure is Measure.VITALITY:
        good, total = _alive(session, goal, first, last)
    else:
        find = _told if goal.measure is Measure.TOLD else _settled
        begin, end = days.begins(first), days.begins(last + timedelta(days=1))
        within = timedelta(minutes=goal.within or 0)
        good, total = rules.timely(find(session, goal, begin, end), within, now)
    return Reading(first, last, good, total)


def _reported(session: Session, goal: Goal, first: date, last: date) -> tuple[int, int]:
    whose = EVERYBODY if goal.scope is Scope.ALL else Whose(_BY[goal.scope], str(goal.of))
    line = reports.total(session, whose, first, last)
    if goal.measure is Measure.ANSWERED:
        return line.counts.answered, line.counts.opened - line.counts.settled
    times = line.times.get(_FIGURES[goal.measure])
    return (report_rules.within(times, 60 * (goal.within or 0)), times.n) if times else (0, 0)


def _alive(session: Session, goal: Goal, first: date, last: date) -> tuple[int, int]:
    """Days of pages that are looked after."""
    query = (
        select(func.count().filter(PageDay.life == Life.ALIVE), func.count())
        .join(Page, Page.id == PageDay.page_id)
        .where(PageDay.day >= first, PageDay.day <= last, PageDay.life.is_not(None), Page.state == PageState.ACTIVE)
    )
    if goal.scope is Scope.PAGE:
        query = query.where(Page.id == goal.of)
    elif goal.scope is Scope.TEAM:
        query = query.where(Page.team_id == goal.of)
    elif goal.scope is Scope.CAMPAIGN:
        query = query.where(Page.id.in_(select(CampaignPage.page_id).where(CampaignPage.campaign_id == goal.of)))
    good, total = session.execute(query).one()
    return good, total


def _told(session: Session, goal: Goal, begin: datetime, end: datetime) -> list[tuple[datetime, datetime | None]]:
    """Remedies that were signed in the period, and when their people were told."""
    query = select(Remedy.approved_at, Remedy.told_at).where(
        Remedy.asked_at >= begin - _LONGEST_ASKED,
        Remedy.asked_at < end,
        Remedy.approved_at >= begin,
        Remedy.approved_at < end,
        Remedy.state.not_in([State.REFUSED, State.WITHDRAWN]),
    )
    columns = {Scope.TEAM: Remedy.team_id, Scope.PAGE: Remedy.page_id, Scope.CAMPAIGN: Remedy.campaign_id}
    if goal.scope in columns:
        query = query.where(columns[goal.scope] == goal.of)
    return [(signed, told) for signed, told in session.execute(query) if signed is not None]


def _settled(session: Session, goal: Goal, begin: datetime, end: datetime) -> list[tuple[datetime, datetime | None]]:
    """Acts that were held in the period, and when that was settled."""
    query = select(HeldAct.created_at, HeldAct.settled_at).where(
        HeldAct.id >= lowest_id(begin - timedelta(days=1)), HeldAct.created_at >= begin, HeldAct.created_at < end
    )
    if goal.scope is Scope.TEAM:
        sides = select(HeldSide.held_id).where(HeldSide.team_id == goal.of)
        query = query.where(or_(HeldAct.team_id == goal.of, HeldAct.id.in_(sides)))
    return [(began, ended) for began, ended in session.execute(query)]
