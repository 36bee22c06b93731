"""Reading remedies."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, and_, bindparam, func, literal, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from app.accounts.models import User
from app.accounts.types import Actor
from app.contacts import queries as contacts
from app.contacts.models import Contact, Identity
from app.executors import errors
from app.inbox.models import Comment, Conversation
from app.pages.models import Page
from app.remedies import access, proofs, quotes
from app.remedies.models import Remedy, RemedyDecision, RemedyEvent, RemedyExecution, RemedyOrder, Shop
from app.remedies.types import HOLDS_MONEY, Barred, State, Verdict
from app.remedies.views import (
    STATES,
    CarriedView,
    DecisionView,
    OrderView,
    Queue,
    RemedyRow,
    RemedyView,
    Said,
    StepView,
    Total,
)

PAGE_LENGTH = 50
SAID = 5
COUNTED_TO = 100


def rows(
    session: Session, queue: Queue, *, after: tuple[datetime, int] | None = None, limit: int = PAGE_LENGTH
) -> list[RemedyRow]:
    """A queue, whoever waits longest first; everything, newest first. Goes on behind ``after`` (asked at, id)."""
    newest = queue is Queue.ALL
    query = _rows().where(Remedy.state.in_(STATES[queue]))
    if after is not None:
        at, key = after
        behind = (
            or_(Remedy.asked_at < at, and_(Remedy.asked_at == at, Remedy.id < key))
            if newest
            else or_(Remedy.asked_at > at, and_(Remedy.asked_at == at, Remedy.id > key))
        )
        query = query.where(behind)
    order = (Remedy.asked_at.desc(), Remedy.id.desc()) if newest else (Remedy.asked_at, Remedy.id)
    return [_row(one) for one in session.execute(query.order_by(*order).limit(limit))]


def lengths(session: Session) -> Mapping[Queue, int]:
    """How many wait in each queue, counted to a hundred at most."""
    wanted = [queue for queue in Queue if queue is not Queue.ALL]
    parts = []
    for queue in wanted:
        some = select(Remedy.id).where(Remedy.state.in_(STATES[queue])).limit(COUNTED_TO).subquery()
        parts.append(select(literal(queue.value), func.count()).select_from(some))
    return {Queue(name): count for name, count in session.execute(union_all(*parts))}


def of_person(session: Session, conversation_id: int, limit: int = 10) -> list[RemedyRow]:
    """Remedies of the person of a conversation, newest first; one statement."""
    asked = {"conversation_id": conversation_id, "most": limit}
    return [_row(one) for one in session.execute(_OF_PERSON, asked)]


def emails(session: Session, conversation_id: int, limit: int) -> list[str]:
    """E-mail addresses of the person of a conversation, under all their identities, the newest first."""
    contact_id = session.scalar(select(Conversation.contact_id).where(Conversation.id == conversation_id))
    query = (
        select(Identity.email)
        .where(Identity.contact_id.in_(contacts.together_with(contact_id or 0)), Identity.email.is_not(None))
        .order_by(Identity.id.desc())
    )
    found = (email.strip().lower() for email in session.scalars(query.limit(50)) if email and email.strip())
    return list(dict.fromkeys(found))[:limit]


def remedy(session: Session, actor: Actor, remedy_id: int, now: datetime, *, barred: Barred | None) -> RemedyView:
    """One remedy with all that who decides about it should see; ``barred`` as ``signing`` says. Raises NotFound."""
    one = access.remedy(session, actor, remedy_id)
    row = _row(session.execute(_rows().where(Remedy.id == remedy_id)).one())
    shop = session.get_one(Shop, one.shop_id)
    head = select(Contact.head_id).where(Contact.id == one.contact_id).scalar_subquery()
    return RemedyView(
        row=row,
        explanation=one.explanation,
        target=one.target,
        target_account=one.target_account,
        order_line=one.order_line,
        shop=shop.name,
        promised_on=one.promised_on,
        links=proofs.links(one.evidence),
        pictures=proofs.pictures(one.evidence),
        quotes=quotes.shown(session, one.id, one.evidence),
        lines=one.policy_lines,
        approvals_needed=one.approvals_needed,
        decisions=_decisions(session, RemedyDecision.remedy_id == one.id),
        steps=_steps(session, one.id),
        refusals=_refusals(session, one, head),
        person_30=_totals(session, Contact.head_id == head, now - timedelta(days=30)),
        person_365=_totals(session, Contact.head_id == head, now - timedelta(days=365)),
        agent_30=_totals(session, Remedy.requester_id == one.requester_id, now - timedelta(days=30)),
        order=_order(session, one),
        said=_said(session, one.conversation_id),
        by_hand=shop.by_hand,
        carried=_carried(session, one),
        barred=barred,
    )


def _rows() -> Any:
    person = aliased(Contact)
    return (
        select(
            Remedy.id,
            Remedy.version,
            Remedy.state,
            Remedy.kind,
            Remedy.amount,
            Remedy.currency,
            Remedy.reason,
            person.name.label("person"),
            Remedy.conversation_id,
            Page.name.label("page_name"),
            Remedy.requester_id,
            User.name.label("requester"),
            Remedy.asked_at,
            Remedy.due_at,
            Remedy.order_number,
            or_(Remedy.told_reply_id.is_not(None), Remedy.told_proposal_id.is_not(None)).label("being_told"),
        )
        .join(Conversation, Conversation.id == Remedy.conversation_id)
        .join(Contact, Contact.id == Conversation.contact_id)
        .join(person, person.id == Contact.head_id)
        .join(Page, Page.id == Remedy.page_id)
        .join(User, User.id == Remedy.requester_id)
    )


_MINE = aliased(Contact)
_OF_PERSON = (
    _rows()
    .where(
        Contact.head_id
        == select(_MINE.head_id)
        .join(Conversation, Conversation.contact_id == _MINE.id)
        .where(Conversation.id == bindparam("conversation_id"))
        .scalar_subquery()
    )
    .order_by(Remedy.asked_at.desc(), Remedy.id.desc())
    .limit(bindparam("most", type_=Integer()))
)
"""Put together once, as every conversation asks it."""


def _row(one: Any) -> RemedyRow:
    return RemedyRow(**one._mapping)


def _order(session: Session, one: Remedy) -> OrderView | None:
    if not one.order_number:
        return None
    query = select(RemedyOrder.paid, RemedyOrder.taken, RemedyOrder.elsewhere, RemedyOrder.by_shop).where(
        RemedyOrder.shop_id == one.shop_id, RemedyOrder.number == one.order_number, RemedyOrder.line == ""
    )
    found = session.execute(query).one_or_none()
    return OrderView(*found) if found else None


def _carried(session: Session, one: Remedy) -> CarriedView | None:
    query = (
        select(RemedyExecution, User.name)
        .outerjoin(User, User.id == RemedyExecution.doer_id)
        .where(RemedyExecution.remedy_id == one.id, RemedyExecution.version == one.version)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        return None
    execution, doer = found
    return CarriedView(
        state=execution.state,
        error_code=execution.error_code,
        error_detail=execution.error_detail,
        external_id=execution.external_id,
        doer_id=execution.doer_id,
        doer=doer,
        retried_at=execution.due_at,
        may_try_again=one.state is State.FAILED
        and execution.external_id is None
        and execution.error_code not in errors.NEVER_AGAIN,
    )


def _decisions(session: Session, where: Any, limit: int = 20) -> list[DecisionView]:
    absent = aliased(User)
    query = (
        select(RemedyDecision, User.name, absent.name)
        .join(User, User.id == RemedyDecision.user_id)
        .outerjoin(absent, absent.id == RemedyDecision.acting_for_id)
        .where(where)
        .order_by(RemedyDecision.id.desc())
        .limit(limit)
    )
    return [
        DecisionView(name, acting_for, one.verdict, one.reason, one.version, one.at)
        for one, name, acting_for in session.execute(query)
    ]


def _refusals(session: Session, one: Remedy, head: Any) -> list[DecisionView]:
    related = [Contact.head_id == head]
    if one.order_number:
        related.append(and_(Remedy.shop_id == one.shop_id, Remedy.order_number == one.order_number))
    ids = (
        select(Remedy.id)
        .join(Conversation, Conversation.id == Remedy.conversation_id)
        .join(Contact, Contact.id == Conversation.contact_id)
        .where(Remedy.state == State.REFUSED, Remedy.id != one.id, or_(*related))
    )
    refused = and_(RemedyDecision.remedy_id.in_(ids), RemedyDecision.verdict == Verdict.REFUSE)
    return _decisions(session, refused, limit=5)


def _steps(session: Session, remedy_id: int) -> list[StepView]:
    query = (
        select(RemedyEvent, User.name)
        .outerjoin(User, User.id == RemedyEvent.actor_id)
        .where(RemedyEvent.remedy_id == remedy_id)
        .order_by(RemedyEvent.id)
    )
    return [StepView(one.act, name, one.at, one.text) for one, name in session.execute(query)]


def _totals(session: Session, where: Any, since: datetime) -> list[Total]:
    query = (
        select(Remedy.currency, func.sum(Remedy.amount), func.count())
        .join(Conversation, Conversation.id == Remedy.conversation_id)
        .join(Contact, Contact.id == Conversation.contact_id)
        .where(where, Remedy.asked_at > since, Remedy.state.in_(HOLDS_MONEY))
        .group_by(Remedy.currency)
        .order_by(Remedy.currency)
    )
    return [Total(currency, int(amount), count) for currency, amount, count in session.execute(query)]


def _said(session: Session, conversation_id: int) -> Sequence[Said]:
    query = (
        select(Comment.author_name, Comment.is_us, Comment.text, Comment.published_at)
        .where(Comment.conversation_id == conversation_id)
        .order_by(Comment.published_at.desc())
        .limit(SAID)
    )
    return [Said(*one) for one in session.execute(query)][::-1]
