"""Reading how pages are: the board of all of them, and one."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.campaigns.types import Named
from app.core import days as calendar
from app.core import ordering
from app.library import crises
from app.library.models import LibraryPost
from app.pages.models import Page
from app.pages.types import PageState
from app.upkeep import plans, rules, stewards
from app.upkeep.models import PageDay, PagePulse, PageSteward, UpkeepTask
from app.upkeep.types import BoardRow, DayView, Facts, Life, TaskView, Week

WEEKS = 26
_SUGGESTED = case((LibraryPost.retired_at.is_(None), LibraryPost.name))
_WORST_FIRST = (Life.GHOST_TOWN, Life.AT_RISK, Life.QUIETING, Life.ALIVE)


def board(session: Session, now: datetime, page_id: int | None = None) -> list[BoardRow]:
    """All active pages, the worst first, then those that are so for longest; or one. Four statements."""
    query = (
        select(Page.id, Page.name, Page.demo, PagePulse, _SUGGESTED, crises.holds(now))
        .outerjoin(PagePulse, PagePulse.page_id == Page.id)
        .outerjoin(LibraryPost, PagePulse.suggested_id == LibraryPost.id)
        .where(Page.state == PageState.ACTIVE)
    )
    found = session.execute(query if page_id is None else query.where(Page.id == page_id)).all()
    ids = [row[0] for row in found]
    terms, people, weeks = plans.of_pages(session, ids), stewards.of_pages(session, ids), _weeks(session, ids, now)
    rows = []
    for one_id, name, demo, pulse, suggested, in_crisis in found:
        judged = pulse is not None and bool(pulse.facts)
        facts = Facts(**pulse.facts) if judged else None
        rows.append(
            BoardRow(
                page=Named(one_id, name),
                demo=demo,
                verdict=rules.judge(facts, terms[one_id].terms) if facts else None,
                facts=facts,
                since=pulse.since if judged else None,
                steward=people[one_id].steward,
                suggested=Named(pulse.suggested_id, suggested) if suggested else None,
                in_crisis=in_crisis,
                weeks=weeks[one_id],
            )
        )
    return sorted(rows, key=lambda row: _place(row, now))


def _place(row: BoardRow, now: datetime) -> tuple[int, datetime, ordering.Place, int]:
    worst = _WORST_FIRST.index(row.verdict.life) if row.verdict else len(_WORST_FIRST)
    return worst, row.since or now, ordering.by_name(row.page.name), row.page.id


def days(session: Session, page_id: int, now: datetime) -> list[DayView]:
    """The last half year of a page, each day from a Monday on. One statement."""
    first = _first(now)
    query = select(PageDay).where(PageDay.page_id == page_id, PageDay.day >= first)
    known = {one.day: one for one in session.scalars(query)}
    found = []
    for step in range((calendar.of(now) - first).days + 1):
        day = first + timedelta(days=step)
        one = known.get(day)
        found.append(DayView(day, one.comments, one.ours, one.life) if one else DayView(day, 0, 0, None))
    return found


def tasks(
    session: Session, *, user_id: int | None = None, page_id: int | None = None, leads: bool = False
) -> list[TaskView]:
    """What is to be done for pages, soonest first: of one person's pages, of one page, or all. Whoever ``leads`` sees
    besides their own what was taken further. One statement."""
    query = (
        select(UpkeepTask, Page.name, User.id, User.name, PagePulse.suggested_id, _SUGGESTED)
        .join(Page, Page.id == UpkeepTask.page_id)
        .outerjoin(PagePulse, PagePulse.page_id == Page.id)
        .outerjoin(LibraryPost, PagePulse.suggested_id == LibraryPost.id)
        .outerjoin(PageSteward, PageSteward.page_id == Page.id)
        .outerjoin(User, User.id == PageSteward.steward_id)
        .where(UpkeepTask.done_at.is_(None), Page.state == PageState.ACTIVE)
        .order_by(UpkeepTask.due_at, UpkeepTask.id)
    )
    if user_id is not None:
        theirs = (PageSteward.steward_id == user_id) | (PageSteward.deputy_id == user_id)
        query = query.where(theirs | UpkeepTask.escalated_at.is_not(None) if leads else theirs)
    if page_id is not None:
        query = query.where(UpkeepTask.page_id == page_id)
    return [
        TaskView(
            id=one.id,
            page=Named(one.page_id, name),
            kind=one.kind,
            due_at=one.due_at,
            open=one.opened_at is not None,
            escalated=one.escalated_at is not None,
            steward=Named(user, user_name) if user is not None and user_name else None,
            suggested=Named(post_id, post) if post_id is not None and post else None,
        )
        for one, name, user, user_name, post_id, post in session.execute(query)
    ]


def _first(now: datetime) -> date:
    today = calendar.of(now)
    return today - timedelta(days=today.weekday() + 7 * (WEEKS - 1))


def _weeks(session: Session, page_ids: Collection[int], now: datetime) -> dict[int, tuple[Week, ...]]:
    first = _first(now)
    query = (
        select(PageDay.page_id, PageDay.day, func.sum(PageDay.comments), func.sum(PageDay.ours))
        .where(PageDay.page_id.in_(list(page_ids)), PageDay.day >= first)
        .group_by(PageDay.page_id, PageDay.day)
    )
    sums: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for page_id, day, comments, ours in session.execute(query):
        week = sums[page_id][(day - first).days // 7]
        week[0] += int(comments)
        week[1] += int(ours)
    return {page_id: _filled(first, sums[page_id]) for page_id in page_ids}


def _filled(first: date, found: Any) -> tuple[Week, ...]:
    weeks: Sequence[Week] = [Week(first + timedelta(weeks=step), *found[step]) for step in range(WEEKS)]
    return tuple(weeks)
