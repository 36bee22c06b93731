"""Judging pages: once an hour all of them, each by the same few statements however many there are."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import UserSession
from app.campaigns import queries as campaigns
from app.core import days as calendar
from app.duty.models import Duty
from app.duty.types import Availability
from app.inbox.models import Conversation
from app.inbox.types import ConversationState
from app.library import queries as library
from app.pages.models import Connection, Page
from app.pages.types import ConnectionState, PageState
from app.upkeep import plans, rolling, rules
from app.upkeep.models import NotedPost, PageDay, PagePulse, PageSteward, PostBeginning, UpkeepMark
from app.upkeep.types import Facts, Life

EVERY = timedelta(hours=1)
PRESENT = timedelta(days=7)
"""A steward of whom nothing was heard for so long is away."""
_MARK = "pulse"
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)


def is_due(session: Session, now: datetime) -> bool:
    """Whether the hour for judging has come."""
    mark = session.get(UpkeepMark, _MARK)
    return mark is None or now.timestamp() - mark.value >= EVERY.total_seconds()


def take(session: Session, now: datetime) -> int:
    """Judge all pages; answer how many."""
    mark = session.get(UpkeepMark, _MARK, with_for_update=True)
    if mark is None:
        mark = UpkeepMark(name=_MARK, value=0)
        session.add(mark)
    mark.value = int(now.timestamp())
    pages = session.execute(
        select(Page.id, Page.created_at, Connection.state)
        .join(Connection, Connection.page_id == Page.id)
        .where(Page.state == PageState.ACTIVE)
        .order_by(Page.id)
    ).all()
    ids = [page_id for page_id, _since, _state in pages]
    terms = plans.of_pages(session, ids)
    gathered = _Gathered(session, ids, now)
    suggested = library.suggestions(session, ids, now)
    for page_id, since, state in pages:
        facts = gathered.facts(page_id, since, connected=state is not ConnectionState.STOPPED)
        verdict = rules.judge(facts, terms[page_id].terms)
        pulse = _keep(session, page_id, facts, verdict.life, now)
        pulse.suggested_id = suggested[page_id].id if page_id in suggested else None
    session.flush()
    return len(pages)


def last_posts(session: Session, page_ids: Collection[int]) -> dict[int, datetime]:
    """When we last posted there, as far as is known: from here, by the first word under our newest post, or because
    somebody said so. Three statements."""
    found = library.last_published(session, page_ids)
    for model in (PostBeginning, NotedPost):
        query = select(model.page_id, func.max(model.at)).where(model.page_id.in_(list(page_ids)))
        for page_id, at in session.execute(query.group_by(model.page_id)):
            found[page_id] = max(at, found.get(page_id, at))
    return found


def oldest(session: Session, page_ids: Collection[int]) -> dict[int, tuple[datetime, int]]:
    """Since when the comment has waited that waits longest, and how many wait. One statement."""
    query = (
        select(Conversation.page_id, func.min(Conversation.waiting_since), func.count())
        .where(
            Conversation.state == ConversationState.NEW,
            Conversation.waiting_since.is_not(None),
            Conversation.page_id.in_(list(page_ids)),
        )
        .group_by(Conversation.page_id)
    )
    rows = session.execute(query)
    return {page_id: (since, count) for page_id, since, count in rows if since is not None}


def present(session: Session, user_ids: Collection[int], now: datetime) -> set[int]:
    """Who of these people is there: heard of within the week, and not saying that they are away. Two statements."""
    ids = list(user_ids)
    signed_in = select(UserSession.user_id, func.max(UserSession.created_at)).where(UserSession.user_id.in_(ids))
    heard: dict[int, datetime] = dict(session.execute(signed_in.group_by(UserSession.user_id)).all())
    away = set()
    for duty in session.scalars(select(Duty).where(Duty.user_id.in_(ids))):
        heard[duty.user_id] = max(duty.seen_at, heard.get(duty.user_id, duty.seen_at))
        if duty.availability in (Availability.AWAY, Availability.AWAY_RETURNING) and now - duty.since > _DAY:
            away.add(duty.user_id)
    return {user_id for user_id, at in heard.items() if now - at < PRESENT} - away


class _Gathered:
    """What is known of all pages at one moment."""

    def __init__(self, session: Session, page_ids: Collection[int], now: datetime) -> None:
        self._now = now
        self._posts = last_posts(session, page_ids)
        self._oldest = oldest(session, page_ids)
        self._around = campaigns.around(session, page_ids, now)
        pulses = select(PagePulse.page_id, PagePulse.last_reply_at).where(PagePulse.page_id.in_(list(page_ids)))
        self._replies: dict[int, datetime | None] = dict(session.execute(pulses).all())
        stewards = select(PageSteward.page_id, PageSteward.steward_id).where(PageSteward.page_id.in_(list(page_ids)))
        self._stewards: dict[int, int] = dict(session.execute(stewards).all())
        self._present = present(session, set(self._stewards.values()), now)
        self._days: dict[int, list[Any]] = defaultdict(list)
        since = calendar.of(now) - 91 * _DAY
        days = select(PageDay).where(PageDay.page_id.in_(list(page_ids)), PageDay.day > since)
        for day in session.scalars(days):
            self._days[day.page_id].append(day)

    def facts(self, page_id: int, since: datetime, *, connected: bool) -> Facts:
        """Those of one page."""
        waiting_since, waiting = self._oldest.get(page_id, (None, 0))
        in_time_14, answered_14 = self._answers(page_id, 14)
        in_time_90, answered_90 = self._answers(page_id, 90)
        before, until = self._around[page_id]
        steward = self._stewards.get(page_id)
        week = self._comments(page_id, 0, 7)
        return Facts(
            age_days=max(0.0, (self._now - since) / _DAY),
            last_post_days=self._ago(self._posts.get(page_id), _DAY),
            last_reply_days=self._ago(self._replies.get(page_id), _DAY),
            in_time_14=in_time_14,
            answered_14=answered_14,
            in_time_90=in_time_90,
            answered_90=answered_90,
            oldest_hours=self._ago(waiting_since, _HOUR),
            waiting=waiting,
            week=week,
            usual=self._comments(page_id, 7, 91) / 12,
            campaign_since=before,
            campaign_until=until,
            has_steward=steward is not None,
            steward_present=steward in self._present,
            connected=connected,
        )

    def _ago(self, at: datetime | None, unit: timedelta) -> float | None:
        return None if at is None else max(0.0, (self._now - at) / unit)

    def _answers(self, page_id: int, days: int) -> tuple[int, int]:
        since = calendar.of(self._now) - days * _DAY
        there = [day for day in self._days[page_id] if day.day > since]
        return sum(day.in_time for day in there), sum(day.answered for day in there)

    def _comments(self, page_id: int, newest: int, oldest_day: int) -> int:
        today = calendar.of(self._now)
        first, last = today - oldest_day * _DAY, today - newest * _DAY
        return sum(day.comments for day in self._days[page_id] if first < day.day <= last)


def _keep(session: Session, page_id: int, facts: Facts, life: Life, now: datetime) -> PagePulse:
    pulse = session.get(PagePulse, page_id)
    if pulse is None:
        pulse = PagePulse(page_id=page_id, at=now, since=now, life=life, facts={})
        session.add(pulse)
    if pulse.life is not life:
        pulse.since = now
    pulse.at, pulse.life, pulse.facts = now, life, asdict(facts)
    session.flush()
    rolling.keep_life(session, page_id, now, life)
    return pulse
