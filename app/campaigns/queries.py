"""Reading campaigns: lists, one of them, the calendar, gaps, and what belongs to them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.campaigns import closing, rules
from app.campaigns.models import (
    Campaign,
    CampaignEntry,
    CampaignLineage,
    CampaignPage,
    CampaignPost,
    HandOver,
)
from app.campaigns.types import (
    CampaignRow,
    CampaignView,
    Discipline,
    EntryView,
    Kin,
    Named,
    PageGap,
    Period,
    Run,
)
from app.core import ordering
from app.pages.models import Page
from app.pages.types import PageState

SHOWN = 200
"""So many campaigns stand in a list, the latest first."""


def campaigns(session: Session, now: datetime) -> list[CampaignRow]:
    """Campaigns, those that end last first; at most SHOWN. Two statements."""
    query = _query().order_by(Campaign.ends_on.desc(), Campaign.id.desc()).limit(SHOWN)
    found = session.execute(query).all()
    return _rows(session, found, now)


def campaign(session: Session, campaign_id: int, now: datetime) -> CampaignView | None:
    """One campaign with all that is known about it. At most eight statements."""
    found = session.execute(_query().where(Campaign.id == campaign_id)).one_or_none()
    if found is None:
        return None
    one = found[0]
    before, after = _kin(session, campaign_id)
    return CampaignView(
        row=_rows(session, [found], now)[0],
        version=one.version,
        goal=one.goal,
        owner_id=one.owner_id,
        before=before,
        after=after,
        entries=tuple(_entries(session, CampaignEntry.campaign_id == campaign_id)),
        hand_over=closing.hand_over(session, campaign_id),
    )


def names(session: Session) -> list[Named]:
    """Campaigns to choose from, the latest first; at most SHOWN. One statement."""
    query = select(Campaign.id, Campaign.name).order_by(Campaign.ends_on.desc(), Campaign.id.desc()).limit(SHOWN)
    return [Named(*one) for one in session.execute(query)]


def name_of(session: Session, campaign_id: int) -> str | None:
    return session.scalar(select(Campaign.name).where(Campaign.id == campaign_id))


def calendar(session: Session, first: date, last: date) -> list[EntryView]:
    """What all disciplines plan on these days, both included, in order. One statement."""
    return _entries(session, CampaignEntry.day.between(first, last))


def between(session: Session, first: date, last: date, now: datetime) -> list[CampaignRow]:
    """Campaigns that have a day in common with these. Two statements."""
    query = _query().where(Campaign.starts_on <= last, Campaign.ends_on >= first).order_by(Campaign.starts_on)
    return _rows(session, session.execute(query).all(), now)


def runs(session: Session, page_ids: Collection[int]) -> list[Run]:
    """All campaigns there ever were on these pages. One statement."""
    query = (
        select(Campaign, CampaignPage.page_id)
        .join(CampaignPage, CampaignPage.campaign_id == Campaign.id)
        .where(CampaignPage.page_id.in_(list(page_ids)))
    )
    return [
        Run(one.id, page_id, rules.begins(period(one)), rules.ends(period(one)))
        for one, page_id in session.execute(query)
    ]


def of_posts(session: Session, posts: Mapping[int, int], now: datetime) -> dict[int, Named]:
    """Which campaign posts belong to: ``posts`` are their ids, each with its page's. Two statements.

    A post that was not looked at yet (it is a few minutes old at most) belongs to what is running on its page now.
    Made for routing, which has to know while a comment is stored.
    """
    if not posts:
        return {}
    query = (
        select(CampaignPost.post_id, Campaign.id, Campaign.name)
        .join(Campaign, Campaign.id == CampaignPost.campaign_id)
        .where(CampaignPost.post_id.in_(list(posts)))
    )
    found = {post_id: Named(campaign_id, name) for post_id, campaign_id, name in session.execute(query)}
    left = {post_id: page_id for post_id, page_id in posts.items() if post_id not in found}
    if not left:
        return found
    there = runs(session, set(left.values()))
    meant = {post_id: rules.belongs(there, page_id, now) for post_id, page_id in left.items()}
    called = _names(session, {one for one in meant.values() if one is not None})
    return found | {post_id: called[one] for post_id, one in meant.items() if one is not None}


def gaps(session: Session, today: date) -> list[PageGap]:
    """Where nothing is planned within the next three months, the nearest first. Two statements.

    Pages of the demonstration, and those that are not looked after, are left out.
    """
    until = today + rules.AHEAD
    planned: dict[int, list[tuple[date, date]]] = defaultdict(list)
    query = (
        select(CampaignPage.page_id, Campaign.starts_on, Campaign.ends_on)
        .join(Campaign, Campaign.id == CampaignPage.campaign_id)
        .where(Campaign.ends_on >= today, Campaign.starts_on <= until)
    )
    for page_id, first, last in session.execute(query):
        planned[page_id].append((first, last))
    pages = select(Page.id, Page.name).where(Page.state != PageState.REMOVED, Page.demo.is_(False))
    found = [
        PageGap(page_id, name, gap)
        for page_id, name in session.execute(pages)
        for gap in rules.gaps(planned[page_id], today, until)
    ]
    return sorted(found, key=lambda one: (one.gap.first, ordering.by_name(one.page_name), one.page_id))


def around(session: Session, page_ids: Collection[int], now: datetime) -> dict[int, tuple[int | None, int | None]]:
    """For each page how many days ago its last campaign ended (0 while one runs; None: there was none), and in how many
    the next begins (0 while one runs; None: nothing is planned). One statement."""
    found: dict[int, tuple[int | None, int | None]] = {}
    by_page: dict[int, list[Run]] = defaultdict(list)
    for one in runs(session, page_ids):
        by_page[one.page_id].append(one)
    day = timedelta(days=1)
    for page_id in page_ids:
        there = by_page[page_id]
        if any(one.begins <= now < one.ends for one in there):
            found[page_id] = (0, 0)
            continue
        since = [(now - one.ends) // day for one in there if one.ends <= now]
        until = [(one.begins - now) // day for one in there if one.begins > now]
        found[page_id] = (min(since, default=None), min(until, default=None))
    return found


def staff(session: Session) -> list[Named]:
    """Who can own or inherit something: people who can sign in, by name. One statement."""
    query = select(User.id, User.name).where(User.active, User.demo.is_(False)).order_by(func.lower(User.name), User.id)
    return [Named(*one) for one in session.execute(query)]


def period(one: Campaign) -> Period:
    """The days of a stored campaign."""
    return Period(one.starts_on, one.ends_on, one.zone)


def edges(session: Session) -> list[tuple[int, int]]:
    """Which campaign came out of which, all of them."""
    return [(one, other) for one, other in session.execute(select(CampaignLineage.from_id, CampaignLineage.to_id))]


def _query() -> Any:
    return (
        select(Campaign, User.name, HandOver.signed_at)
        .join(User, User.id == Campaign.owner_id)
        .outerjoin(HandOver, HandOver.campaign_id == Campaign.id)
    )


def _rows(session: Session, found: Sequence[Any], now: datetime) -> list[CampaignRow]:
    pages: dict[int, list[Named]] = defaultdict(list)
    query = (
        select(CampaignPage.campaign_id, Page.id, Page.name)
        .join(Page, Page.id == CampaignPage.page_id)
        .where(CampaignPage.campaign_id.in_([one.id for one, _owner, _signed in found]))
        .order_by(func.lower(Page.name), Page.id)
    )
    for campaign_id, page_id, name in session.execute(query):
        pages[campaign_id].append(Named(page_id, name))
    return [
        CampaignRow(
            id=one.id,
            name=one.name,
            owner=owner,
            period=period(one),
            stage=rules.stage(period(one), signed=signed is not None, now=now),
            pages=tuple(pages[one.id]),
            disciplines=tuple(kind for kind in Discipline if kind.value in one.disciplines),
        )
        for one, owner, signed in found
    ]


def _kin(session: Session, campaign_id: int) -> tuple[tuple[Kin, ...], tuple[Kin, ...]]:
    known = edges(session)
    near = {one for edge in known if campaign_id in edge for one in edge}
    called = _names(session, near)

    def kin(one: int, before: int, after: int) -> Kin:
        return Kin(one, called[one].name, rules.descent(known, before, after))

    before = [kin(one, one, other) for one, other in known if other == campaign_id]
    after = [kin(other, one, other) for one, other in known if one == campaign_id]
    return tuple(before), tuple(after)


def _names(session: Session, ids: Collection[int]) -> dict[int, Named]:
    if not ids:
        return {}
    query = select(Campaign.id, Campaign.name).where(Campaign.id.in_(list(ids)))
    return {campaign_id: Named(campaign_id, name) for campaign_id, name in session.execute(query)}


def _entries(session: Session, where: Any) -> list[EntryView]:
    query = (
        select(CampaignEntry, Campaign.name, Page.name)
        .join(Campaign, Campaign.id == CampaignEntry.campaign_id)
        .outerjoin(Page, Page.id == CampaignEntry.page_id)
        .where(where)
        .order_by(CampaignEntry.day, CampaignEntry.id)
    )
    return [
        EntryView(
            id=one.id,
            day=one.day,
            title=one.title,
            discipline=one.discipline,
            campaign=Named(one.campaign_id, campaign_name),
            page=Named(one.page_id, page_name) if one.page_id and page_name else None,
        )
        for one, campaign_name, page_name in session.execute(query)
    ]
