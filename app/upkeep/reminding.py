"""Saying again what nobody sees to: campaigns that are over and not handed over, and what was inherited and not taken
up. Services flush; the edge commits."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.campaigns import closing, rules
from app.campaigns.models import Campaign, HandOverHeir
from app.campaigns.types import Named
from app.signals.service import tell
from app.signals.types import SignalKind


def work(session: Session, now: datetime) -> int:
    """Tell owners of campaigns that are over, and heirs; from the third time on those who supervise too. Answer how
    often somebody was told. Two statements while there is nothing to say."""
    due = [one for one in closing.over_unsigned(session, now) if _due(one, now)]
    for one in due:
        _say(session, SignalKind.CAMPAIGN_OVER, one, {one.owner_id}, one, now)
    waiting = (
        select(HandOverHeir, Campaign)
        .join(Campaign, Campaign.id == HandOverHeir.campaign_id)
        .where(HandOverHeir.taken_up_at.is_(None))
        .order_by(HandOverHeir.campaign_id, HandOverHeir.user_id)
    )
    heirs = [(heir, one) for heir, one in session.execute(waiting.with_for_update(of=HandOverHeir)) if _due(heir, now)]
    for heir, one in heirs:
        _say(session, SignalKind.HANDED_OVER, one, {heir.user_id}, heir, now)
    session.flush()
    return len(due) + len(heirs)


def unsigned(session: Session, owner_id: int, now: datetime) -> list[Named]:
    """Campaigns of somebody that are over, and that nobody has signed the hand-over of. One statement."""
    return [Named(one.id, one.name) for one in closing.over_unsigned(session, now, owner_id)]


def inherited(session: Session, user_id: int) -> list[Named]:
    """Closed campaigns that left something to somebody who has not taken it up yet. One statement."""
    query = (
        select(Campaign.id, Campaign.name)
        .join(HandOverHeir, HandOverHeir.campaign_id == Campaign.id)
        .where(HandOverHeir.user_id == user_id, HandOverHeir.taken_up_at.is_(None))
        .order_by(Campaign.ends_on, Campaign.id)
    )
    return [Named(*one) for one in session.execute(query)]


def _due(one: Campaign | HandOverHeir, now: datetime) -> bool:
    return rules.word_is_due(one.reminders, one.reminded_at, now)


def _say(
    session: Session,
    kind: SignalKind,
    about: Campaign,
    people: set[int],
    counted: Campaign | HandOverHeir,
    now: datetime,
) -> None:
    further = accounts.leading(session) if counted.reminders >= rules.FURTHER_FROM else set()
    tell(session, kind, now, people=people | further, campaign=about.id, name=about.name)
    counted.reminders += 1
    counted.reminded_at = now
