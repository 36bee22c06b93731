"""Reading goals and how they stand."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from app.accounts.models import Team, TeamMember, User
from app.accounts.types import Actor
from app.campaigns.models import Campaign
from app.core import days
from app.goals import rules
from app.goals.models import GoalReading, GoalRow
from app.goals.types import Goal, GoalView, Reading, Scope, Standing
from app.pages.models import Page
from app.upkeep.models import PageSteward

_HISTORY = timedelta(days=400)


def goal(row: GoalRow) -> Goal:
    """The goal as others see it."""
    known = ((Scope.TEAM, row.team_id), (Scope.PAGE, row.page_id), (Scope.CAMPAIGN, row.campaign_id))
    scope, of = next(((scope, of) for scope, of in known if of is not None), (Scope.ALL, 0))
    return Goal(row.id, row.measure, scope, of, row.percent, row.within, row.period, row.owner_id)


def goals(session: Session, now: datetime) -> list[GoalView]:
    """All goals, those that are behind first. Two statements."""
    return _views(session, _named(), now)


def mine(session: Session, actor: Actor, now: datetime) -> list[GoalView]:
    """The goals that concern somebody: their own, those of all and of their teams, of pages they look after or their
    team does, of their campaigns; those that are behind first. Two statements."""
    teams = select(TeamMember.team_id).where(TeamMember.user_id == actor.id)
    stewarded = select(PageSteward.page_id).where(
        or_(PageSteward.steward_id == actor.id, PageSteward.deputy_id == actor.id)
    )
    nobodys = GoalRow.team_id.is_(None), GoalRow.page_id.is_(None), GoalRow.campaign_id.is_(None)
    everybodys = nobodys[0] & nobodys[1] & nobodys[2]
    concerned = or_(
        everybodys,
        GoalRow.owner_id == actor.id,
        GoalRow.team_id.in_(teams),
        Page.team_id.in_(teams),
        GoalRow.page_id.in_(stewarded),
        Campaign.owner_id == actor.id,
    )
    return _views(session, _named().where(concerned), now)


def one(session: Session, goal_id: int) -> Goal | None:
    """A goal, to be changed. One statement."""
    row = session.get(GoalRow, goal_id)
    return goal(row) if row else None


def standing(view: GoalView) -> Standing:
    """How a goal stands in the period that runs."""
    return rules.standing(view.goal, view.readings[0] if view.readings else None)


def _named() -> "Select[*tuple[Any, ...]]":
    return (
        select(GoalRow, Team.name, Page.name, Campaign.name, User.name, User.active)
        .outerjoin(Team, Team.id == GoalRow.team_id)
        .outerjoin(Page, Page.id == GoalRow.page_id)
        .outerjoin(Campaign, Campaign.id == GoalRow.campaign_id)
        .outerjoin(User, User.id == GoalRow.owner_id)
        .order_by(GoalRow.id)
    )


def _views(session: Session, query: "Select[*tuple[Any, ...]]", now: datetime) -> list[GoalView]:
    rows = session.execute(query).all()
    readings: dict[int, list[Reading]] = defaultdict(list)
    kept = (
        select(GoalReading)
        .where(GoalReading.goal_id.in_([row[0].id for row in rows]), GoalReading.first >= (now - _HISTORY).date())
        .order_by(GoalReading.first.desc())
    )
    for it in session.scalars(kept):
        readings[it.goal_id].append(Reading(it.first, it.last, it.good, it.total))
    found = [
        GoalView(goal(row), team or page or campaign or "", owner if active else None, _newest(row, readings, now))
        for row, team, page, campaign, owner, active in rows
    ]
    order = (Standing.BEHIND, Standing.KEPT, Standing.NOTHING)
    return sorted(found, key=lambda view: (order.index(standing(view)), view.of_name.casefold(), view.goal.id))


def _newest(row: GoalRow, readings: dict[int, list[Reading]], now: datetime) -> list[Reading]:
    """What was measured, the period that runs first, also when nothing was in it yet."""
    first, last = rules.period(row.period, days.of(now))
    found = readings[row.id]
    return found if found and found[0].first == first else [Reading(first, last, 0, 0), *found]
