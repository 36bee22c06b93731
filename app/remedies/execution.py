"""Carrying out what was approved: claimed, called, recorded. Each step is a short transaction; none spans the network.

Whatever may have taken effect is looked up before anything is sent again; where nobody can know, a person decides.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CompoundSelect, Select, and_, literal, or_, select, update
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core.db import changed_rows
from app.core.jobs import JobName, defer_wake
from app.executors import errors
from app.executors.ports import Kind, Task
from app.inbox import consequences
from app.remedies import policies, rules, steps
from app.remedies.models import Remedy, RemedyBar, RemedyDecision, RemedyExecution, Shop
from app.remedies.types import Act, ExecutionState, State, Verdict


@dataclass(frozen=True, slots=True)
class Claimed:
    """One execution that this process may work on until ``lease_until``."""

    id: int
    remedy_id: int
    kind: str
    shop_settings: dict[str, object]
    sealed_secret: bytes | None
    task: Task
    look_up: bool
    lease: str
    lease_until: datetime


def due(session: Session, now: datetime, limit: int = 100) -> list[int]:
    """Ids of executions that can be worked on now, the longest due first; none that people do by hand."""
    free = or_(RemedyExecution.lease_until.is_(None), RemedyExecution.lease_until <= now)
    ready = or_(
        and_(RemedyExecution.state == ExecutionState.RUNNING, RemedyExecution.lease_until <= now),
        and_(
            RemedyExecution.state.in_(
                [ExecutionState.QUEUED, ExecutionState.UNKNOWN, ExecutionState.PENDING, ExecutionState.DONE]
            ),
            RemedyExecution.due_at <= now,
            free,
        ),
    )
    query = select(RemedyExecution.id).where(ready, RemedyExecution.by_hand.is_(False))
    return list(session.scalars(query.order_by(RemedyExecution.due_at, RemedyExecution.id).limit(limit)))


def has_due(session: Session, now: datetime) -> bool:
    """Whether a worker would find something to do."""
    return bool(due(session, now, limit=1))


def claim(session: Session, execution_id: int, now: datetime, lease_seconds: float) -> Claimed | None:
    """Claim an execution for this process; None when somebody else has it, or it must not be carried out after all.

    What was sent before and not answered is claimed to be looked up, never to be sent. Before anything is sent the
    content is held against what was signed once more.
    """
    known = session.get(RemedyExecution, execution_id)
    if known is None:
        return None
    remedy, talk = steps.locked(session, known.remedy_id)
    one = session.get(RemedyExecution, execution_id, with_for_update=True, populate_existing=True)
    if one is None or not _is_due(one, now):
        return None
    look_up = one.state is not ExecutionState.QUEUED
    if not look_up:
        if remedy.state is not State.APPROVED or remedy.version != one.version:
            one.state, one.due_at = ExecutionState.VOID, None
            session.flush()
            return None
        if (why := in_the_way(session, remedy, one)) is not None:
            one.error_code, one.finished_at, one.due_at = why, now, None
            one.state = ExecutionState.FAILED
            steps.move(session, remedy, talk, Act.FAIL, now, text=why)
            return None
        policy = policies.version(session, remedy.policy_id).policy
        if rules.asked_too_long(policy, remedy.approved_at or remedy.since, now):
            steps.move(session, remedy, talk, Act.EXPIRE, now)
            consequences.waits_again(session, talk, now)
            return None
        steps.move(session, remedy, talk, Act.BEGIN, now, facts={"key": one.key, "try": one.attempts + 1})
        one.attempts += 1
        one.first_sent_at = one.first_sent_at or now
    elif one.state is ExecutionState.RUNNING:  # whoever sent it is gone
        one.state = ExecutionState.UNKNOWN
        steps.move(session, remedy, talk, Act.LOSE, now)
    if not look_up:
        one.state = ExecutionState.RUNNING
    one.lease, one.lease_until = secrets.token_hex(8), now + timedelta(seconds=lease_seconds)
    session.flush()
    return _claimed(session, remedy, one, look_up)


def _is_due(one: RemedyExecution, now: datetime) -> bool:
    if one.by_hand:
        return False
    over = one.lease_until is None or one.lease_until <= now
    if one.state is ExecutionState.RUNNING:
        return one.lease_until is not None and over
    working = (ExecutionState.QUEUED, ExecutionState.UNKNOWN, ExecutionState.PENDING, ExecutionState.DONE)
    return one.state in working and one.due_at is not None and one.due_at <= now and over


def in_the_way(session: Session, remedy: Remedy, one: RemedyExecution) -> str | None:
    """Why it must not be carried out, as an error's code; None when it is, to the letter, what enough people signed.

    Who they are is asked again: two accounts may have turned out to be one human being's since.
    """
    now_hash = rules.content_hash(steps.content_of(remedy))
    if not now_hash == remedy.content_hash == one.content_hash or one.key != rules.key(remedy.id, remedy.version):
        return errors.CONTENT_CHANGED
    signed = _people(
        session,
        select(RemedyDecision.user_id).where(
            RemedyDecision.remedy_id == remedy.id,
            RemedyDecision.version == remedy.version,
            RemedyDecision.content_hash == now_hash,
            RemedyDecision.policy_id == remedy.policy_id,
            RemedyDecision.verdict == Verdict.APPROVE,
        ),
    )
    others = select(RemedyBar.user_id).where(RemedyBar.remedy_id == remedy.id)
    barred = _people(session, others.union(select(literal(remedy.requester_id))))
    return errors.NOT_SIGNED if signed & barred or len(signed) < remedy.approvals_needed else None


def _people(session: Session, user_ids: Select[int] | CompoundSelect[int]) -> set[int]:
    """The human beings whose accounts these are."""
    rows = session.execute(select(User.id, User.same_as_id).where(User.id.in_(user_ids)))
    return {same or own for own, same in rows}


def _claimed(session: Session, remedy: Remedy, one: RemedyExecution, look_up: bool) -> Claimed:
    shop = session.get_one(Shop, one.shop_id)
    task = Task(
        key=one.key,
        kind=Kind(remedy.kind),
        amount=remedy.amount,
        currency=remedy.currency,
        order_number=remedy.order_number,
        order_line=remedy.order_line,
        reason=remedy.reason,
        external_id=one.external_id,
        first_sent_at=one.first_sent_at,
    )
    if one.lease is None or one.lease_until is None:
        raise RuntimeError("claimed without a lease")
    return Claimed(
        one.id, remedy.id, shop.kind, dict(shop.settings), shop.sealed_secret, task, look_up, one.lease, one.lease_until
    )


def look_again(
    session: Session, shop_id: int, keys: Sequence[str], external_ids: Sequence[str], now: datetime, *, order: str = ""
) -> int:
    """The provider says that something changed about these: they are asked about again at once; answer how many.

    ``order`` names all of that order which are not done yet.
    """
    of_it = select(Remedy.id).where(Remedy.shop_id == shop_id, Remedy.order_number == order)
    not_done = (ExecutionState.UNKNOWN, ExecutionState.PENDING)
    statement = (
        update(RemedyExecution)
        .where(
            RemedyExecution.shop_id == shop_id,
            or_(
                RemedyExecution.key.in_(list(keys)),
                RemedyExecution.external_id.in_(list(external_ids)),
                and_(literal(bool(order)), RemedyExecution.remedy_id.in_(of_it), RemedyExecution.state.in_(not_done)),
            ),
            RemedyExecution.state.in_([ExecutionState.UNKNOWN, ExecutionState.PENDING, ExecutionState.DONE]),
        )
        .values(due_at=now)
    )
    count = changed_rows(session, statement)
    if count:
        defer_wake(session, JobName.REMEDY)
    return count
