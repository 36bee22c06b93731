"""Closing a campaign: who inherits its pages, conversations, promises and questions, signed. Nothing else closes one.

What comes in later under its posts is given to who inherited the conversations, so that nobody writes into the void.
"""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.types import Actor
from app.audit import service as audit
from app.audit.types import Action, Entry
from app.campaigns import queries as campaigns
from app.campaigns import rules, service
from app.campaigns.models import (
    Campaign,
    CampaignLineage,
    CampaignPage,
    CampaignPost,
    HandOver,
    HandOverHeir,
    HandOverPage,
)
from app.campaigns.types import HandOverTyped
from app.core import text as texts
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.jobs import JobName, defer_wake
from app.inbox import service as inbox
from app.inbox.models import Conversation
from app.inbox.types import ConversationState, EventKind
from app.signals.service import tell
from app.signals.types import SignalKind
from app.upkeep import stewards
from app.upkeep.types import Legacy

AT_ONCE = 200
_OPEN = (ConversationState.NEW, ConversationState.WAITING)


def legacy(session: Session, campaign_id: int) -> Legacy:
    """What a campaign leaves behind, right now. Four statements."""
    of_it = select(CampaignPost.post_id).where(CampaignPost.campaign_id == campaign_id)
    posts = session.scalar(select(func.count()).select_from(of_it.subquery())) or 0
    left = select(func.count(), func.coalesce(func.sum(Conversation.remedies_open), 0)).where(
        Conversation.state.in_(_OPEN), Conversation.post_id.in_(of_it)
    )
    talks, owed = session.execute(left).one()
    on_it = select(CampaignPage.page_id).where(CampaignPage.campaign_id == campaign_id)
    looked_after = stewards.of_pages(session, list(session.scalars(on_it)))
    return Legacy(posts, talks, int(owed), {key: one.steward for key, one in looked_after.items() if one.steward})


def sign(session: Session, actor: Actor, campaign_id: int, typed: HandOverTyped, now: datetime) -> None:
    """Close a campaign by signing who inherits what.

    Raises Forbidden, NotFound, InvalidInput naming the field, and Conflict when it is closed, or not over yet.
    """
    service.may_manage(actor)
    one = service.open_campaign(session, campaign_id)
    if now < rules.ends(campaigns.period(one)):
        raise Conflict(_("It is not over yet. To end it now, change its last day first."), code="running")
    page_ids = sorted(session.scalars(select(CampaignPage.page_id).where(CampaignPage.campaign_id == one.id)))
    heirs = {page_id: service.employed(session, typed.heirs.get(page_id), f"heir-{page_id}") for page_id in page_ids}
    plan = _text(typed.plan, "plan")
    successor_id = _successor(session, one.id, typed.successor_id)
    if successor_id is None and not plan:
        raise InvalidInput(
            _("Name the next campaign, or say what keeps the pages alive until there is one."), field="plan"
        )
    left = legacy(session, one.id)
    session.add(
        HandOver(
            campaign_id=one.id,
            signed_by_id=actor.id,
            signed_at=now,
            conversations_heir_id=service.employed(session, typed.conversations_heir_id, "conversations"),
            remedies_heir_id=service.employed(session, typed.remedies_heir_id, "remedies"),
            questions_heir_id=service.employed(session, typed.questions_heir_id, "asked"),
            questions=_text(typed.questions, "questions"),
            plan=plan,
            successor_id=successor_id,
            open_conversations=left.open_conversations,
            owed_remedies=left.owed_remedies,
        )
    )
    session.flush()
    for page_id, heir_id in heirs.items():
        session.add(HandOverPage(campaign_id=one.id, page_id=page_id, heir_id=heir_id))
        stewards.give(session, page_id, heir_id, now, actor_id=actor.id)
    _tell_heirs(session, actor, one, heirs, now)
    facts = {"open": left.open_conversations, "owed": left.owed_remedies, "successor": successor_id}
    audit.record(session, Entry(Action.CAMPAIGN_CLOSED, f"campaign/{one.id}", now, actor.id, facts=facts))
    session.flush()
    defer_wake(session, JobName.UPKEEP)


def give_heirs(session: Session, now: datetime) -> int:
    """Give what waits under the posts of closed campaigns, and belongs to nobody, to who inherited it; answer how many,
    at most AT_ONCE. One statement when there is nothing."""
    query = (
        select(Conversation, HandOver.conversations_heir_id, User.name, HandOver.signed_at)
        .join(CampaignPost, CampaignPost.post_id == Conversation.post_id)
        .join(HandOver, HandOver.campaign_id == CampaignPost.campaign_id)
        .join(User, User.id == HandOver.conversations_heir_id)
        .where(
            Conversation.state == ConversationState.NEW,
            Conversation.assignee_id.is_(None),
            Conversation.routed_at.is_not(None),
            User.active,
        )
        .order_by(Conversation.id)
        .limit(AT_ONCE)
        .with_for_update(of=Conversation)
    )
    given = session.execute(query).all()
    for talk, heir_id, name, signed_at in given:
        talk.assignee_id = heir_id
        inbox.record(session, talk, EventKind.INHERITED, None, now, {"to": name})
        if talk.news_at > signed_at:  # of what was open before they were told once, when it was signed
            tell(session, SignalKind.ASSIGNED, now, people=[heir_id], conversation_id=talk.id)
    return len(given)


def take_up(session: Session, actor: Actor, campaign_id: int, now: datetime) -> None:
    """An heir says that they have what they inherited; nobody reminds them any more. Raises NotFound."""
    one = session.get(HandOverHeir, (campaign_id, actor.id), with_for_update=True)
    if one is None:
        raise NotFound(_("You inherited nothing of this campaign."))
    one.taken_up_at = one.taken_up_at or now
    session.flush()


def _tell_heirs(session: Session, actor: Actor, one: Campaign, pages: dict[int, int], now: datetime) -> None:
    """Everybody who inherits something is told now, and again until they take it up; who signed has it in hand."""
    done = session.get_one(HandOver, one.id)
    everybody = {done.conversations_heir_id, done.remedies_heir_id, done.questions_heir_id, *pages.values()}
    for heir_id in sorted(everybody):
        taken_up_at = now if heir_id == actor.id else None
        session.add(
            HandOverHeir(campaign_id=one.id, user_id=heir_id, reminders=1, reminded_at=now, taken_up_at=taken_up_at)
        )
    tell(
        session,
        SignalKind.HANDED_OVER,
        now,
        actor_id=actor.id,
        people=everybody,
        page_id=min(pages, default=None),
        campaign=one.id,
        name=one.name,
    )


def _successor(session: Session, campaign_id: int, successor_id: int | None) -> int | None:
    """The campaign that follows; from now on it has grown out of this one."""
    if successor_id is None:
        return None
    if successor_id == campaign_id or session.get(Campaign, successor_id) is None:
        raise InvalidInput(_("Choose a campaign from the list."), field="successor")
    known = campaigns.edges(session)
    if (campaign_id, successor_id) not in known:
        if rules.would_circle(known, campaign_id, successor_id):
            raise InvalidInput(_("A campaign can’t grow out of one that grew out of it."), field="successor")
        session.add(CampaignLineage(from_id=campaign_id, to_id=successor_id))
        session.flush()
    return successor_id


def _text(text: str, field: str) -> str:
    found = texts.plain(text).strip()
    if len(found) > rules.TEXT_MAXIMUM:
        raise InvalidInput(_("At most %(n)s characters.", n=rules.TEXT_MAXIMUM), field=field)
    return found
