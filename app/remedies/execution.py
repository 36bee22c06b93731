"""Carrying out what was approved: claimed, called, recorded. Each step is a short transaction; none spans the network.

Whatever may have taken effect is looked up before anything is sent again; where nobody can know, a person decides.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, literal, or_, select, update
from sqlalchemy.orm import Session

from app.core.chance import draw, spread
from app.core.db import changed_rows
from app.core.jobs import JobName, defer_wake
from app.executors import errors
from app.executors.ports import Kind, Outcome, Progress, Task
from app.inbox import service as inbox
from app.inbox.models import Conversation
from app.remedies import policies, rules, steps
from app.remedies.models import Remedy, RemedyDecision, RemedyExecution, Shop
from app.remedies.types import Act, ExecutionState, State, Verdict

TRIES = 12
UNKNOWN_FOR = timedelta(hours=24)
PENDING_FOR = timedelta(days=30)


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
        if not as_signed(session, remedy, one):
            one.error_code, one.finished_at, one.due_at = errors.CONTENT_CHANGED, now, None
            one.state = ExecutionState.FAILED
            steps.move(session, remedy, talk, Act.FAIL, now, text=errors.CONTENT_CHANGED)
            return None
        policy = policies.version(session, remedy.policy_id).policy
        if rules.asked_too_long(policy, remedy.approved_at or remedy.since, now):
            steps.move(session, remedy, talk, Act.EXPIRE, now)
            inbox.waits_again(session, talk, now)
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


def as_signed(session: Session, remedy: Remedy, one: RemedyExecution) -> bool:
    """Whether what would be carried out is, to the letter, what enough people signed."""
    now_hash = rules.content_hash(steps.content_of(remedy))
    signed = set(
        session.scalars(
            select(RemedyDecision.user_id).where(
                RemedyDecision.remedy_id == remedy.id,
                RemedyDecision.version == remedy.version,
                RemedyDecision.content_hash == now_hash,
                RemedyDecision.policy_id == remedy.policy_id,
                RemedyDecision.verdict == Verdict.APPROVE,
            )
        )
    )
    same = now_hash == remedy.content_hash == one.content_hash and one.key == rules.key(remedy.id, remedy.version)
    return same and remedy.requester_id not in signed and len(signed) >= remedy.approvals_needed


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


def record_outcome(session: Session, claimed: Claimed, outcome: Outcome, now: datetime) -> None:
    """The provider said how far it is."""
    held = _held(session, claimed)
    if held is None:
        return
    remedy, talk, one = held
    one.external_id = outcome.external_id[:200]
    one.error_code = one.error_detail = None
    if outcome.progress is Progress.FAILED:
        one.state, one.due_at, one.finished_at = ExecutionState.FAILED, None, now
        one.error_code, one.error_detail = errors.REFUSED, outcome.detail[:500]
        if rules.may_happen(remedy.state, Act.FAIL):
            steps.move(session, remedy, talk, Act.FAIL, now, text=outcome.detail)
            inbox.waits_again(session, talk, now)
    elif outcome.progress is Progress.PENDING:
        age = now - (one.first_sent_at or now)
        one.state = ExecutionState.PENDING
        one.due_at = now + max(timedelta(seconds=15), age / 4) if age < PENDING_FOR else None
        if remedy.state is State.UNSURE:  # known again: it will be done or fail
            _known_again(session, remedy, talk, now)
    else:
        one.state, one.due_at, one.finished_at = ExecutionState.DONE, None, one.finished_at or now
        if rules.may_happen(remedy.state, Act.SUCCEED):
            remedy.executed_at = now
            steps.move(session, remedy, talk, Act.SUCCEED, now, facts={"external_id": one.external_id})
    session.flush()


def _known_again(session: Session, remedy: Remedy, talk: Conversation, now: datetime) -> None:
    steps.move(session, remedy, talk, Act.RELEASE, now)
    steps.move(session, remedy, talk, Act.BEGIN, now)


def record_refused(session: Session, claimed: Claimed, code: str, detail: str, now: datetime) -> None:
    """It certainly was not done, and trying again as it is will not help."""
    held = _held(session, claimed)
    if held is None:
        return
    remedy, talk, one = held
    one.state, one.due_at, one.finished_at = ExecutionState.FAILED, None, now
    one.error_code, one.error_detail = code, detail
    if rules.may_happen(remedy.state, Act.FAIL):
        steps.move(session, remedy, talk, Act.FAIL, now, text=detail, facts={"code": code})
        inbox.waits_again(session, talk, now)
    session.flush()


def record_not_now(
    session: Session, claimed: Claimed, code: str, detail: str, now: datetime, *, named: datetime | None
) -> None:
    """It certainly was not done: done later, after many tries given up."""
    held = _held(session, claimed)
    if held is None:
        return
    remedy, talk, one = held
    if one.attempts >= TRIES:
        one.state, one.due_at, one.finished_at = ExecutionState.FAILED, None, now
        one.error_code, one.error_detail = code, detail
        steps.move(session, remedy, talk, Act.FAIL, now, text=detail, facts={"code": code})
        inbox.waits_again(session, talk, now)
    else:
        wait = min(timedelta(seconds=5) * 2.0**one.attempts, timedelta(minutes=30))
        again = now + spread(wait, draw())
        one.state, one.due_at = ExecutionState.QUEUED, max(again, named or again)
        one.error_code, one.error_detail = code, detail
        steps.move(session, remedy, talk, Act.RELEASE, now, facts={"code": code})
    session.flush()


def record_unknown(session: Session, claimed: Claimed, code: str, detail: str, now: datetime) -> None:
    """Nobody knows whether it was done: shown at once, looked up soon, and after a day a person's to decide.

    Not looked up before the lease of its send is over: a slow provider may still act on it.
    """
    held = _held(session, claimed)
    if held is None:
        return
    remedy, talk, one = held
    one.error_code, one.error_detail = code, detail
    if claimed.look_up and one.state in (ExecutionState.PENDING, ExecutionState.DONE):
        age = now - (one.first_sent_at or now)
        one.due_at = now + max(timedelta(minutes=1), age / 4) if age < PENDING_FOR else None
        session.flush()
        return
    age = now - (one.first_sent_at or now)
    soon = now + spread(max(timedelta(seconds=5), age / 4), draw())
    earliest = soon if claimed.look_up else max(soon, claimed.lease_until)
    knowable = age <= UNKNOWN_FOR and code not in errors.FOR_PEOPLE
    one.state, one.due_at = ExecutionState.UNKNOWN, earliest if knowable else None
    if remedy.state is State.EXECUTING:
        steps.move(session, remedy, talk, Act.LOSE, now, text=detail, facts={"code": code})
        inbox.waits_again(session, talk, now)
    session.flush()


def record_not_there(session: Session, claimed: Claimed, now: datetime) -> None:
    """The look-up proved that it never took effect: it is sent again, with the same key."""
    held = _held(session, claimed)
    if held is None:
        return
    remedy, talk, one = held
    if not rules.may_happen(remedy.state, Act.RELEASE):
        one.due_at = None
        session.flush()
        return
    one.state, one.due_at = ExecutionState.QUEUED, now
    steps.move(session, remedy, talk, Act.RELEASE, now, facts={"proved": True})
    defer_wake(session, JobName.REMEDY)


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


def expire(session: Session, now: datetime, limit: int = 50) -> int:
    """End what nobody decided, or made use of, in time; answer how many. Their conversations wait for us again."""
    query = select(Remedy.id).where(
        Remedy.state.in_([State.ASKED, State.APPROVED]), Remedy.since <= now - timedelta(hours=1)
    )
    ended = 0
    for remedy_id in session.scalars(query.order_by(Remedy.since).limit(1_000)).all():
        shown = session.get_one(Remedy, remedy_id)
        policy = policies.version(session, shown.policy_id).policy
        if not rules.asked_too_long(policy, shown.approved_at or shown.since, now):
            continue
        remedy, talk = steps.locked(session, remedy_id)
        if rules.may_happen(remedy.state, Act.EXPIRE):
            steps.move(session, remedy, talk, Act.EXPIRE, now)
            inbox.waits_again(session, talk, now)
            ended += 1
        if ended >= limit:
            break
    return ended


def any_to_expire(session: Session, now: datetime) -> bool:
    """Whether something may have waited too long; asked often, so it only looks at the oldest."""
    query = select(func.min(Remedy.since)).where(Remedy.state.in_([State.ASKED, State.APPROVED]))
    oldest = session.scalar(query)
    return oldest is not None and oldest <= now - timedelta(hours=1)


def _held(session: Session, claimed: Claimed) -> tuple[Remedy, Conversation, RemedyExecution] | None:
    """What is still this process's; a later claim or a person may have settled it meanwhile."""
    remedy, talk = steps.locked(session, claimed.remedy_id)
    query = select(RemedyExecution).where(RemedyExecution.id == claimed.id, RemedyExecution.lease == claimed.lease)
    one = session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if one is None:
        return None
    one.lease = one.lease_until = None
    return remedy, talk, one
