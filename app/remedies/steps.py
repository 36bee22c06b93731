"""One step in a remedy's life, with everything that belongs to it: money, the conversation, history, the audit log.

Locks are always taken in this order: the gate, the conversation, the remedy, the order, the audit log's end. Whoever
changes a remedy goes through ``locked``, so sums over several remedies can't change under a decision.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.accounts.types import Actor
from app.audit import service as audit
from app.audit.types import Action, Entry
from app.core.db import one_at_a_time
from app.core.errors import NotFound
from app.core.events import Changed, announce
from app.core.i18n import gettext as _
from app.core.ids import new_id
from app.inbox import consequences
from app.inbox import service as inbox
from app.inbox.models import Conversation
from app.inbox.types import EventKind
from app.remedies import late, orders, policies, rules
from app.remedies.models import Remedy, RemedyEvent, RemedyExecution
from app.remedies.types import HOLDS_MONEY, OPEN, Act, Content, ExecutionState, Policy, State
from app.routing import anew
from app.signals import service as signals
from app.signals.types import SignalKind

_GATE = 0x72656D65  # any number, as long as every Porchlight takes the same
_LOGGED = {
    Act.EDIT: Action.REMEDY_EDITED,
    Act.SIGN: Action.REMEDY_APPROVED,
    Act.APPROVE: Action.REMEDY_APPROVED,
    Act.REFUSE: Action.REMEDY_REFUSED,
    Act.WITHDRAW: Action.REMEDY_WITHDRAWN,
    Act.EXPIRE: Action.REMEDY_EXPIRED,
    Act.BEGIN: Action.REMEDY_BEGUN,
    Act.RELEASE: Action.REMEDY_RELEASED,
    Act.SUCCEED: Action.REMEDY_EXECUTED,
    Act.FAIL: Action.REMEDY_FAILED,
    Act.LOSE: Action.REMEDY_UNSURE,
    Act.AGAIN: Action.REMEDY_AGAIN,
    Act.TELL: Action.REMEDY_TOLD,
}
_NOT_SENT = (ExecutionState.QUEUED, ExecutionState.FAILED)
_WAITS_FOR_SIGNATURES = frozenset({Act.EDIT, Act.SIGN})
"""Steps after which somebody has to sign; asking for it is the first."""
_NEWS_FOR_REQUESTER = frozenset({Act.APPROVE, Act.REFUSE, Act.EXPIRE, Act.SUCCEED, Act.FAIL, Act.LOSE})
_QUIET = frozenset({Act.SIGN, Act.BEGIN, Act.RELEASE, Act.EDIT})
"""Steps that the conversation's own history need not tell."""


def gate(session: Session) -> None:
    """From here to the commit nobody else changes any remedy."""
    one_at_a_time(session, _GATE)


def locked(session: Session, remedy_id: int) -> tuple[Remedy, Conversation]:
    """A remedy and its conversation, locked for a change. Raises NotFound."""
    gate(session)
    talk_id = session.scalar(select(Remedy.conversation_id).where(Remedy.id == remedy_id))
    talk = session.get(Conversation, talk_id, with_for_update=True, populate_existing=True) if talk_id else None
    remedy = session.get(Remedy, remedy_id, with_for_update=True, populate_existing=True)
    if remedy is None or talk is None:
        raise NotFound(_("There is no such remedy, or it was removed."))
    return remedy, talk


def content_of(remedy: Remedy) -> Content:
    """What the row holds, as it is signed."""
    return Content(
        remedy_id=remedy.id,
        version=remedy.version,
        conversation_id=remedy.conversation_id,
        contact_id=remedy.contact_id,
        shop_id=remedy.shop_id,
        order_number=remedy.order_number,
        order_line=remedy.order_line,
        kind=remedy.kind,
        amount=remedy.amount,
        currency=remedy.currency,
        reason=remedy.reason,
        explanation=remedy.explanation,
        target=remedy.target,
        target_account=remedy.target_account,
        policy_id=remedy.policy_id,
        evidence=tuple(remedy.evidence),
    )


def move(
    session: Session,
    remedy: Remedy,
    talk: Conversation,
    act: Act,
    now: datetime,
    *,
    actor: Actor | None = None,
    text: str = "",
    acting_for_id: int | None = None,
    facts: Mapping[str, str | int | bool | None] | None = None,
) -> None:
    """Take one step; both are locked. Raises Conflict when it can't be taken now."""
    before = remedy.state
    remedy.state = rules.after(before, act)
    if remedy.state is not before:
        remedy.since = now
        policy = policies.version(session, remedy.policy_id).policy
        remedy.due_at = due_at(policy, remedy.state, now, remedy.promised_on)
        if late.WAITS_FOR.get(before) != late.WAITS_FOR.get(remedy.state):
            remedy.late_at = None
    if act in (Act.EDIT, Act.WITHDRAW, Act.EXPIRE, Act.REFUSE):
        _void(session, remedy.id)
    session.flush()
    if before in HOLDS_MONEY and remedy.state not in HOLDS_MONEY and remedy.order_number:
        orders.give_back(session, remedy.shop_id, remedy.order_number, remedy.order_line, remedy.amount)
    tell(session, remedy, act.value, actor, now, text)
    count_open(session, talk, now)
    if act not in _QUIET:
        show(session, remedy, talk, act.value, actor, now)
    else:
        inbox.changed(session, talk.id)
    log(session, remedy, _LOGGED[act], actor, now, {"from": before.value, **(facts or {})}, acting_for_id)
    if act in _WAITS_FOR_SIGNATURES and remedy.approvals_needed:
        notify(session, remedy, SignalKind.REMEDY_WANTED, actor, now)
    elif act in _NEWS_FOR_REQUESTER:
        notify(session, remedy, SignalKind.REMEDY_DECIDED, actor, now, people=[remedy.requester_id], what=act.value)


def notify(
    session: Session, remedy: Remedy, kind: SignalKind, actor: Actor | None, now: datetime, **about: Any
) -> None:
    """Leave word for those it concerns."""
    signals.tell(
        session,
        kind,
        now,
        actor_id=actor.id if actor else None,
        conversation_id=remedy.conversation_id,
        remedy=remedy.id,
        amount=remedy.amount,
        currency=remedy.currency,
        **about,
    )


def count_open(session: Session, talk: Conversation, now: datetime) -> None:
    """Bring the conversation's count up to date."""
    query = select(func.count()).where(Remedy.conversation_id == talk.id, Remedy.state.in_(OPEN))
    had = bool(talk.remedies_open)
    consequences.set_remedies_open(session, talk, session.scalar(query) or 0, now)
    if bool(talk.remedies_open) is not had:
        anew.note_remedy(session, talk, now)


def show(session: Session, remedy: Remedy, talk: Conversation, act: str, actor: Actor | None, now: datetime) -> None:
    """A line in the conversation's history."""
    data = {"act": act, "kind": remedy.kind.value, "amount": remedy.amount, "currency": remedy.currency}
    inbox.record(session, talk, EventKind.REMEDY, actor, now, data)


def tell(session: Session, remedy: Remedy, act: str, actor: Actor | None, now: datetime, text: str) -> None:
    """A line in the remedy's own history."""
    session.add(
        RemedyEvent(id=new_id(), remedy_id=remedy.id, act=act, actor_id=actor.id if actor else None, at=now, text=text)
    )
    session.flush()
    announce(session, Changed("remedies"))


def log(
    session: Session,
    remedy: Remedy,
    action: Action,
    actor: Actor | None,
    now: datetime,
    facts: Mapping[str, str | int | bool | None],
    acting_for_id: int | None = None,
) -> None:
    """A line in the audit log: numbers and keys, and the hash of the content."""
    about = {
        "state": remedy.state.value,
        "version": remedy.version,
        "amount": remedy.amount,
        "currency": remedy.currency,
        "policy": remedy.policy_id,
        **facts,
    }
    entry = Entry(
        action,
        f"remedy/{remedy.id}",
        now,
        actor.id if actor else None,
        acting_for_id=acting_for_id,
        facts=about,
        content_hash=remedy.content_hash,
    )
    audit.record(session, entry)


def due_at(policy: Policy, state: State, now: datetime, promised_on: date | None = None) -> datetime | None:
    """When what a state waits for should have happened: never later than the end of the day it was promised for."""
    hours = {
        State.ASKED: policy.fallback_hours,
        State.APPROVED: policy.do_within_hours,
        State.EXECUTING: policy.do_within_hours,
        State.EXECUTED: policy.tell_within_hours,
    }.get(state)
    if hours is None:
        return None
    target = now + timedelta(hours=hours)
    if promised_on is None:
        return target
    midnight = datetime.combine(promised_on + timedelta(days=1), time(), ZoneInfo(policy.time_zone))
    return min(target, midnight.astimezone(UTC))


def _void(session: Session, remedy_id: int) -> None:
    session.execute(
        update(RemedyExecution)
        .where(RemedyExecution.remedy_id == remedy_id, RemedyExecution.state.in_(_NOT_SENT))
        .values(state=ExecutionState.VOID, due_at=None)
        .execution_options(synchronize_session=False)
    )
