"""What came of carrying out, recorded by who still has the right to: done, refused, later, or nobody knows."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.chance import draw, spread
from app.core.jobs import JobName, defer_wake
from app.executors import errors
from app.executors.ports import Outcome, Progress
from app.inbox import consequences
from app.inbox.models import Conversation
from app.remedies import rules, steps
from app.remedies.execution import Claimed
from app.remedies.models import Remedy, RemedyExecution
from app.remedies.types import Act, ExecutionState, State

TRIES = 12
UNKNOWN_FOR = timedelta(hours=24)
PENDING_FOR = timedelta(days=30)


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
            consequences.waits_again(session, talk, now)
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
        consequences.waits_again(session, talk, now)
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
        consequences.waits_again(session, talk, now)
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
        consequences.waits_again(session, talk, now)
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


def _held(session: Session, claimed: Claimed) -> tuple[Remedy, Conversation, RemedyExecution] | None:
    """What is still this process's; a later claim or a person may have settled it meanwhile."""
    remedy, talk = steps.locked(session, claimed.remedy_id)
    query = select(RemedyExecution).where(RemedyExecution.id == claimed.id, RemedyExecution.lease == claimed.lease)
    one = session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if one is None:
        return None
    one.lease = one.lease_until = None
    return remedy, talk, one
