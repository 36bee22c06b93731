"""What was promised for later, with an owner and a day: found when the day comes, worked through, handed on.

They are the second answer to the question after an apology. A day begins in the time zone of the policy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, func, literal, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from app.accounts.models import User
from app.accounts.types import Actor
from app.audit import service as audit
from app.audit.types import Action, Entry
from app.contacts.models import Contact
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.inbox import access as inbox_access
from app.inbox import consequences
from app.inbox import service as inbox
from app.inbox.models import Conversation
from app.inbox.types import Mark
from app.pages.models import Page
from app.remedies import policies
from app.remedies.models import GuardAnswer
from app.remedies.types import Answer
from app.signals import service as signals
from app.signals.types import SignalKind

PAGE_LENGTH = 50
COUNTED_TO = 100


class Which(StrEnum):
    """Lists of follow-ups."""

    MINE = "mine"
    DUE = "due"
    """Whoever's, their day has come."""
    ALL = "all"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One of them, for a list."""

    id: int
    conversation_id: int
    person: str
    page: str
    why: str
    owner_id: int
    owner: str
    due_on: date
    said_by: str
    done_at: datetime | None


def today(session: Session, now: datetime) -> date:
    """The day it is for the business."""
    return now.astimezone(ZoneInfo(policies.in_force(session).policy.time_zone)).date()


def listed(
    session: Session, which: Which, user_id: int, day: date, *, after: tuple[date, int] | None = None
) -> list[FollowUp]:
    """One page of a list, the earliest day first; done ones, the latest first. Goes on behind ``after`` (day, id)."""
    newest = which is Which.DONE
    query = _query().where(*_within(which, user_id, day))
    if after is not None:
        on, key = after
        beyond = GuardAnswer.due_on < on if newest else GuardAnswer.due_on > on
        tie = GuardAnswer.id < key if newest else GuardAnswer.id > key
        query = query.where(or_(beyond, and_(GuardAnswer.due_on == on, tie)))
    order = (GuardAnswer.due_on, GuardAnswer.id)
    query = query.order_by(*(one.desc() for one in order)) if newest else query.order_by(*order)
    return [FollowUp(*row) for row in session.execute(query.limit(PAGE_LENGTH + 1))]


def lengths(session: Session, user_id: int, day: date) -> dict[Which, int]:
    """How many stand in the lists of what is to be done, counted to a hundred at most."""
    parts = []
    for which in (Which.MINE, Which.DUE, Which.ALL):
        some = select(GuardAnswer.id).where(*_within(which, user_id, day)).limit(COUNTED_TO).subquery()
        parts.append(select(literal(which.value), func.count()).select_from(some))
    return {Which(name): count for name, count in session.execute(union_all(*parts))}


def of_conversation(session: Session, conversation_id: int) -> Sequence[FollowUp]:
    """What is to follow in a conversation, the earliest first; one statement."""
    query = _query().where(GuardAnswer.conversation_id == conversation_id, GuardAnswer.done_at.is_(None))
    return [FollowUp(*row) for row in session.execute(query.order_by(GuardAnswer.due_on, GuardAnswer.id).limit(10))]


def finish(session: Session, actor: Actor, follow_up_id: int, now: datetime) -> None:
    """It was done. Raises NotFound, and Conflict when somebody said so before."""
    one = _locked(session, actor, follow_up_id)
    if one.done_at is not None:
        raise Conflict(_("A colleague has done this already."), code="done")
    one.done_at, one.done_by_id = now, actor.id
    _changed(session, actor, one, Action.FOLLOW_UP_DONE, now)


def reopen(session: Session, actor: Actor, follow_up_id: int, now: datetime) -> None:
    """It was not done after all. Raises NotFound."""
    one = _locked(session, actor, follow_up_id)
    one.done_at = one.done_by_id = None
    _changed(session, actor, one, Action.FOLLOW_UP_REOPENED, now)


def hand_on(
    session: Session, actor: Actor, follow_up_id: int, owner_id: int | None, due_on: date | None, now: datetime
) -> None:
    """Give it to somebody, or another day. Raises NotFound, InvalidInput."""
    one = _locked(session, actor, follow_up_id)
    owner = session.get(User, owner_id) if owner_id else None
    if owner is None or not owner.active:
        raise InvalidInput(_("Choose who sees to it."), field="owner")
    if due_on is None or due_on < today(session, now):
        raise InvalidInput(_("Choose a day that is not over."), field="due_on")
    one.owner_id, one.due_on, one.reminded_on = owner.id, due_on, None
    _changed(session, actor, one, Action.FOLLOW_UP_HANDED_ON, now)


def any_due(session: Session, now: datetime) -> bool:
    """Whether somebody is to be reminded."""
    return session.scalar(select(GuardAnswer.id).where(*_to_remind(today(session, now))).limit(1)) is not None


def remind(session: Session, now: datetime, limit: int = 100) -> int:
    """Bring back what has come due: the conversation waits for us again, and the owner is told. Answers how many."""
    day = today(session, now)
    found = session.scalars(select(GuardAnswer).where(*_to_remind(day)).order_by(GuardAnswer.id).limit(limit)).all()
    for one in found:
        talk = session.get(Conversation, one.conversation_id, with_for_update=True, populate_existing=True)
        one.reminded_on = one.due_on
        if talk is None:
            continue
        consequences.waits_again(session, talk, now)
        inbox.mark(session, talk.id, Mark.FOLLOW_UP, now)
        people = [one.owner_id] if one.owner_id else []
        signals.tell(session, SignalKind.FOLLOW_UP_DUE, now, people=people, conversation_id=talk.id)
    session.flush()
    return len(found)


def _to_remind(day: date) -> tuple[Any, ...]:
    new = or_(GuardAnswer.reminded_on.is_(None), GuardAnswer.reminded_on != GuardAnswer.due_on)
    return (GuardAnswer.due_on <= day, GuardAnswer.done_at.is_(None), new)


def _within(which: Which, user_id: int, day: date) -> tuple[Any, ...]:
    kind = GuardAnswer.answer == Answer.FOLLOW_UP
    if which is Which.DONE:
        return (kind, GuardAnswer.done_at.is_not(None))
    left = (kind, GuardAnswer.done_at.is_(None))
    return {
        Which.MINE: (*left, GuardAnswer.owner_id == user_id),
        Which.DUE: (*left, GuardAnswer.due_on <= day),
        Which.ALL: left,
    }[which]


def _query() -> "Select[*tuple[Any, ...]]":
    owner, sayer, own = aliased(User), aliased(User), aliased(Contact)
    query: Select[*tuple[Any, ...]] = (
        select(
            GuardAnswer.id,
            GuardAnswer.conversation_id,
            Contact.name,
            Page.name,
            GuardAnswer.why,
            GuardAnswer.owner_id,
            owner.name,
            GuardAnswer.due_on,
            sayer.name,
            GuardAnswer.done_at,
        )
        .join(Conversation, Conversation.id == GuardAnswer.conversation_id)
        .join(own, own.id == Conversation.contact_id)
        .join(Contact, Contact.id == own.head_id)
        .join(Page, Page.id == Conversation.page_id)
        .join(owner, owner.id == GuardAnswer.owner_id)
        .join(sayer, sayer.id == GuardAnswer.actor_id)
    )
    return query


def _locked(session: Session, actor: Actor, follow_up_id: int) -> GuardAnswer:
    """The conversation is locked first, as everybody does."""
    known = session.get(GuardAnswer, follow_up_id)
    if known is None or known.answer is not Answer.FOLLOW_UP:
        raise NotFound(_("There is no such follow-up, or it was removed."))
    inbox_access.conversation(session, actor, known.conversation_id, to_write=True)
    return session.get_one(GuardAnswer, follow_up_id, populate_existing=True)


def _changed(session: Session, actor: Actor, one: GuardAnswer, action: Action, now: datetime) -> None:
    session.flush()
    day = today(session, now)
    left = select(GuardAnswer.id).where(
        GuardAnswer.conversation_id == one.conversation_id, GuardAnswer.due_on <= day, GuardAnswer.done_at.is_(None)
    )
    if session.scalar(left.limit(1)) is None:
        inbox.unmark(session, one.conversation_id, Mark.FOLLOW_UP)
    else:
        inbox.mark(session, one.conversation_id, Mark.FOLLOW_UP, now)
    facts = {"owner": one.owner_id, "due_on": one.due_on.isoformat() if one.due_on else None}
    audit.record(session, Entry(action, f"follow_up/{one.id}", now, actor.id, facts=facts))
