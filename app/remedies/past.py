"""What was given before, as the policy counts it; and the queue of what is to be carried out."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.core.ids import new_id
from app.core.jobs import JobName, defer_wake
from app.inbox.models import Conversation
from app.remedies import rules
from app.remedies.models import Remedy, RemedyDecision, RemedyExecution, Shop
from app.remedies.types import ExecutionState, Past, Per, Policy, Request, State, Verdict

REFUSAL_STICKS = timedelta(days=30)


def around(session: Session, policy: Policy, request: Request, now: datetime, *, without: int) -> list[Past]:
    """Other remedies that lines and limits may count with this request; asked for within the longest window."""
    days = max([policy.together_days, *(cap.days for cap in policy.caps)]) + 2
    related = [
        Contact.head_id == request.contact_id,
        Remedy.requester_id == request.requester_id,
    ]
    if request.order[1]:
        related.append(and_(Remedy.shop_id == request.order[0], Remedy.order_number == request.order[1]))
    if any(cap.per is Per.PAGE for cap in policy.caps):
        related.append(Remedy.page_id == request.page_id)
    if request.campaign_id is not None and any(cap.per is Per.CAMPAIGN for cap in policy.caps):
        related.append(Remedy.campaign_id == request.campaign_id)
    query = _query().where(Remedy.asked_at > now - timedelta(days=days), Remedy.id != without)
    if not any(cap.per is Per.ALL for cap in policy.caps):
        query = query.where(or_(*related))
    return [_past(remedy, contact_id, frozenset()) for remedy, contact_id in session.execute(query)]


def signed_by(session: Session, user_ids: Collection[int], since: datetime) -> list[Past]:
    """What these people have signed since then."""
    found: dict[int, set[int]] = defaultdict(set)
    signatures = select(RemedyDecision.remedy_id, RemedyDecision.user_id).where(
        RemedyDecision.user_id.in_(list(user_ids)),
        RemedyDecision.verdict == Verdict.APPROVE,
        RemedyDecision.at > since,
    )
    for remedy_id, user_id in session.execute(signatures):
        found[remedy_id].add(user_id)
    query = _query().where(Remedy.id.in_(list(found)))
    return [_past(remedy, contact_id, frozenset(found[remedy.id])) for remedy, contact_id in session.execute(query)]


def refused_before(session: Session, request: Request, now: datetime, *, without: Collection[int]) -> bool:
    """Whether as much or less was refused for the same person, or the same order, in the last thirty days."""
    same = [Contact.head_id == request.contact_id]
    if request.order[1]:
        same.append(and_(Remedy.shop_id == request.order[0], Remedy.order_number == request.order[1]))
    query = (
        select(Remedy.id)
        .join(Conversation, Conversation.id == Remedy.conversation_id)
        .join(Contact, Contact.id == Conversation.contact_id)
        .where(
            Remedy.state == State.REFUSED,
            Remedy.since > now - REFUSAL_STICKS,
            Remedy.id.not_in(list(without)),
            or_(*same),
            or_(Remedy.currency != request.currency, Remedy.amount <= request.amount),
        )
    )
    return session.scalar(query.limit(1)) is not None


def queue(session: Session, remedy: Remedy, now: datetime) -> None:
    """Put an approved remedy among those to be carried out; by a worker at once, or by a person."""
    shop = session.get_one(Shop, remedy.shop_id)
    session.add(
        RemedyExecution(
            id=new_id(),
            remedy_id=remedy.id,
            version=remedy.version,
            key=rules.key(remedy.id, remedy.version),
            content_hash=remedy.content_hash,
            shop_id=shop.id,
            by_hand=shop.by_hand,
            state=ExecutionState.QUEUED,
            due_at=None if shop.by_hand else now,
        )
    )
    session.flush()
    if not shop.by_hand:
        defer_wake(session, JobName.REMEDY)


def _query() -> Select[Remedy, int]:
    """Remedies, and whose they are: people may have been joined since."""
    return (
        select(Remedy, Contact.head_id)
        .join(Conversation, Conversation.id == Remedy.conversation_id)
        .join(Contact, Contact.id == Conversation.contact_id)
    )


def _past(remedy: Remedy, contact_id: int, signers: frozenset[int]) -> Past:
    return Past(
        remedy_id=remedy.id,
        contact_id=contact_id,
        requester_id=remedy.requester_id,
        page_id=remedy.page_id,
        order=(remedy.shop_id, remedy.order_number, remedy.order_line),
        kind=remedy.kind,
        amount=remedy.amount,
        currency=remedy.currency,
        asked_at=remedy.asked_at,
        state=remedy.state,
        approver_ids=signers,
        campaign_id=remedy.campaign_id,
    )
