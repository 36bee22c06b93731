"""Reading reviews."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.accounts.models import User
from app.accounts.types import Role
from app.campaigns.models import Campaign
from app.campaigns.types import Named
from app.core.db import table_of
from app.core.errors import NotFound
from app.core.i18n import gettext as _
from app.goals import queries as goals
from app.goals import rules as goal_rules
from app.goals.types import GoalView, Standing
from app.pages.models import Page
from app.pages.types import PageState
from app.reports import queries as reports
from app.reports.models import ReportDay, ReportTimes
from app.reports.queries import EVERYBODY
from app.reports.types import By, Report
from app.reviews import rules
from app.reviews.models import Review, ReviewDecision, ReviewPlan
from app.reviews.types import (
    Changes,
    Decision,
    GoalLine,
    Plan,
    ReviewRow,
    ReviewState,
    ReviewView,
    Rhythm,
    Turned,
)
from app.upkeep.models import PageDay

LISTED = 52
_LEADING = (Role.SUPERVISOR, Role.ADMIN)
_CLOSEST = 12
"""Among so many reviews before one are those that were skipped."""


def plan(session: Session) -> Plan:
    """How often, and who; weekly until somebody says otherwise. One statement."""
    kept = session.get(ReviewPlan, 1)
    return Plan(kept.every, kept.owner_id) if kept else Plan(Rhythm.WEEK, None)


def owner(session: Session) -> int | None:
    """Who sees to the next review: whoever was named, as long as they are here; else the supervisor, or else the admin,
    who has been here for longest. Two statements."""
    named = plan(session).owner_id
    here = User.active & User.demo.is_(False)
    first = case((User.id == named, 0), (User.role == Role.SUPERVISOR, 1), else_=2)
    found = select(User.id).where(here, or_(User.role.in_(_LEADING), User.id == named)).order_by(first, User.id)
    return session.scalar(found.limit(1))


def busy(session: Session, first: date, last: date) -> list[int]:
    """Who of us did something in a period. One statement."""
    times = table_of(ReportTimes).c
    query = select(User.id).join(table_of(ReportTimes), (times.by == By.AGENT) & (times.of == User.id))
    query = query.where(times.day >= first, times.day <= last)
    return list(session.scalars(query.where(User.active, User.demo.is_(False)).distinct().order_by(User.id)))


def anything(session: Session, first: date, last: date) -> bool:
    """Whether anything was said in a period."""
    said = select(ReportDay.day).where(ReportDay.by == By.ALL, ReportDay.day >= first, ReportDay.day <= last)
    return session.scalar(said.limit(1)) is not None


def reviews(session: Session) -> list[ReviewRow]:
    """The latest reviews, the newest first. One statement."""
    return [_row(found) for found in session.execute(_rows().order_by(Review.last.desc()).limit(LISTED))]


def review(session: Session, review_id: int, now: datetime) -> tuple[ReviewView, Report]:
    """One review with the report of its period. Raises NotFound. Ten statements."""
    found = session.execute(_rows().add_columns(Review).where(Review.id == review_id)).one_or_none()
    if found is None:
        raise NotFound(_("There is no such review."))
    row, kept = _row(found[:-1]), found[-1]
    report = reports.report(session, EVERYBODY, row.first, row.last)
    live = goals.goals(session, now)
    before, following = _around(session, row)
    taken = decisions(session, row, kept.prepared_at)
    closed = row.state is ReviewState.CLOSED
    view = ReviewView(
        row=row,
        words=kept.words,
        figures=rules.unpacked_figures(kept.facts["figures"]) if closed else rules.figures(report),
        goals=rules.unpacked_goals(kept.facts["goals"]) if closed else goal_lines(live, row.last),
        changes=_changes(session, row, live),
        carried=[one for one in taken if one.review_id != review_id],
        taken=[one for one in taken if one.review_id == review_id],
        skipped_before=_skipped(before),
        previous_id=before[0].id if before else None,
        next_id=following,
    )
    return view, report


def goal_lines(live: Sequence[GoalView], last: date) -> list[GoalLine]:
    """Goals as they stood, or stand, in the period that the last day of a review falls into."""
    return [
        GoalLine(view.goal, view.of_name, one)
        for view in live
        for one in view.readings
        if one.first <= last <= one.last
    ]


def decisions(session: Session, row: ReviewRow, prepared_at: datetime) -> list[Decision]:
    """What was decided in a review, and before it what was not done when it was prepared; what is due first. One
    statement."""
    of_then = or_(
        ReviewDecision.review_id == row.id, ReviewDecision.done_at.is_(None), ReviewDecision.done_at >= prepared_at
    )
    return _decisions(session, Review.last <= row.last, of_then)


def of_person(session: Session, user_id: int) -> list[Decision]:
    """What somebody still has to see to, what is due first. One statement."""
    return _decisions(session, ReviewDecision.owner_id == user_id, ReviewDecision.done_at.is_(None))


def _decisions(session: Session, *which: Any) -> list[Decision]:
    by = aliased(User)
    query = (
        select(ReviewDecision, Review.last, User.name, User.active, by.name)
        .join(Review, Review.id == ReviewDecision.review_id)
        .outerjoin(User, User.id == ReviewDecision.owner_id)
        .outerjoin(by, by.id == ReviewDecision.done_by_id)
        .where(*which)
        .order_by(ReviewDecision.done_at.is_not(None), ReviewDecision.due_on, ReviewDecision.id)
    )
    return [
        Decision(
            id=one.id,
            review_id=one.review_id,
            taken_on=last,
            text=one.text,
            owner_id=one.owner_id,
            owner=name if active else None,
            due_on=one.due_on,
            done_at=one.done_at,
            done_by=done_by,
        )
        for one, last, name, active, done_by in session.execute(query)
    ]


def _rows() -> Any:
    count = select(func.count()).where(ReviewDecision.review_id == Review.id).correlate(Review).scalar_subquery()
    leader = case((User.active | (Review.state == ReviewState.CLOSED), User.name))
    columns = Review.id, Review.first, Review.last, Review.state, Review.owner_id, leader, Review.closed_at, count
    return select(*columns).outerjoin(User, User.id == Review.owner_id)


def _row(found: Sequence[Any]) -> ReviewRow:
    return ReviewRow(*found)


def _around(session: Session, row: ReviewRow) -> tuple[list[ReviewRow], int | None]:
    earlier = _rows().where(Review.last < row.last).order_by(Review.last.desc()).limit(_CLOSEST)
    later = select(Review.id).where(Review.last > row.last).order_by(Review.last).limit(1)
    return [_row(found) for found in session.execute(earlier)], session.scalar(later)


def _skipped(before: Sequence[ReviewRow]) -> list[ReviewRow]:
    found = []
    for one in before:
        if one.state is not ReviewState.SKIPPED:
            break
        found.append(one)
    return found


def _changes(session: Session, row: ReviewRow, live: Sequence[GoalView]) -> Changes:
    then, day_before = row.last, row.first - timedelta(days=1)
    lives = (
        select(Page.id, Page.name, PageDay.day, PageDay.life)
        .join(Page, Page.id == PageDay.page_id)
        .where(PageDay.day.in_([day_before, then]), PageDay.life.is_not(None), Page.state == PageState.ACTIVE)
        .order_by(Page.name)
    )
    known: dict[Named, dict[date, Any]] = {}
    for page_id, name, day, life in session.execute(lives):
        known.setdefault(Named(page_id, name), {})[day] = life
    turned = [
        Turned(page, days[day_before], days[then])
        for page, days in known.items()
        if len(days) == 2 and days[day_before] is not days[then]
    ]
    within = Campaign.starts_on.between(row.first, row.last), Campaign.ends_on.between(row.first, row.last)
    campaigns = session.execute(select(Campaign.id, Campaign.name, *within).where(or_(*within))).all()
    return Changes(
        pages=turned,
        begun=[Named(number, name) for number, name, begun, _ended in campaigns if begun],
        ended=[Named(number, name) for number, name, _begun, ended in campaigns if ended],
        reached=[view for view in live if _turn(view, then) == (Standing.BEHIND, Standing.KEPT)],
        lost=[view for view in live if _turn(view, then) == (Standing.KEPT, Standing.BEHIND)],
    )


def _turn(view: GoalView, day: date) -> tuple[Standing, Standing] | None:
    """How a goal stood in the period before the one that a day falls into, and in that."""
    for now, before in zip(view.readings, view.readings[1:], strict=False):
        if now.first <= day <= now.last:
            return goal_rules.standing(view.goal, before), goal_rules.standing(view.goal, now)
    return None
