"""Reading how campaigns end: what was signed, and what nobody has signed yet."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.accounts.models import User
from app.campaigns import rules
from app.campaigns.models import Campaign, HandOver, HandOverHeir, HandOverPage
from app.campaigns.types import HandOverView, Heir, Named, Period
from app.pages.models import Page


def over_unsigned(session: Session, now: datetime, owner_id: int | None = None) -> list[Campaign]:
    """Campaigns whose last day is over and that nobody has signed the hand-over of, the oldest first; of one owner, or
    all. One statement."""
    query = (
        select(Campaign)
        .where(Campaign.ends_on <= now.date() + timedelta(days=1), Campaign.id.not_in(select(HandOver.campaign_id)))
        .order_by(Campaign.ends_on, Campaign.id)
    )
    if owner_id is not None:
        query = query.where(Campaign.owner_id == owner_id)
    return [one for one in session.scalars(query) if rules.ends(Period(one.starts_on, one.ends_on, one.zone)) <= now]


def hand_over(session: Session, campaign_id: int) -> HandOverView | None:
    """What was signed when a campaign was closed; None while it is not. Three statements."""
    signer, talks, owed, asked = aliased(User), aliased(User), aliased(User), aliased(User)
    query = (
        select(HandOver, signer.name, talks.name, owed.name, asked.name, Campaign.name)
        .join(signer, signer.id == HandOver.signed_by_id)
        .join(talks, talks.id == HandOver.conversations_heir_id)
        .join(owed, owed.id == HandOver.remedies_heir_id)
        .join(asked, asked.id == HandOver.questions_heir_id)
        .outerjoin(Campaign, Campaign.id == HandOver.successor_id)
        .where(HandOver.campaign_id == campaign_id)
    )
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    one, signed_by, conversations_heir, remedies_heir, questions_heir, successor = row
    heirs = (
        select(Page.name, User.name)
        .join(HandOverPage, HandOverPage.page_id == Page.id)
        .join(User, User.id == HandOverPage.heir_id)
        .where(HandOverPage.campaign_id == campaign_id)
        .order_by(func.lower(Page.name), Page.id)
    )
    told = (
        select(User.id, User.name, HandOverHeir.taken_up_at)
        .join(User, User.id == HandOverHeir.user_id)
        .where(HandOverHeir.campaign_id == campaign_id)
        .order_by(func.lower(User.name), User.id)
    )
    return HandOverView(
        signed_by=signed_by,
        signed_at=one.signed_at,
        pages=tuple((page, heir) for page, heir in session.execute(heirs)),
        conversations_heir=conversations_heir,
        remedies_heir=remedies_heir,
        questions_heir=questions_heir,
        questions=one.questions,
        plan=one.plan,
        successor=Named(one.successor_id, successor) if one.successor_id and successor else None,
        open_conversations=one.open_conversations,
        owed_remedies=one.owed_remedies,
        heirs=tuple(Heir(Named(user_id, name), at) for user_id, name, at in session.execute(told)),
    )
