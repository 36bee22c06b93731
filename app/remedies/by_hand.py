"""What people do about carrying out: by hand, again after a failure, and where nobody but they can know."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import rules as account_rules
from app.accounts.types import Actor, Permission
from app.audit.types import Action
from app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.jobs import JobName, defer_wake
from app.core.text import plain
from app.executors import errors
from app.inbox.models import Conversation
from app.remedies import checks, policies, rules, steps
from app.remedies.execution import in_the_way
from app.remedies.models import Remedy, RemedyExecution
from app.remedies.types import Act, ExecutionState, State


def take_in_hand(session: Session, actor: Actor, remedy_id: int, now: datetime) -> None:
    """Say that one carries it out now, by hand; nobody else does meanwhile. Raises Conflict with who has it."""
    remedy, talk, one = _by_hand(session, remedy_id)
    if one.state is ExecutionState.RUNNING:
        raise Conflict(_("A colleague is carrying it out already."), code="taken")
    if (why := in_the_way(session, remedy, one)) is not None:
        one.state, one.error_code = ExecutionState.FAILED, why
        steps.move(session, remedy, talk, Act.FAIL, now, text=why)
        return
    policy = policies.version(session, remedy.policy_id).policy
    if rules.asked_too_long(policy, remedy.approved_at or remedy.since, now):
        raise Conflict(_("The approval is too old. Ask for it again."), code="expired")
    one.state, one.doer_id, one.attempts = ExecutionState.RUNNING, actor.id, one.attempts + 1
    one.first_sent_at = one.first_sent_at or now
    steps.move(session, remedy, talk, Act.BEGIN, now, actor=actor, facts={"key": one.key})


def finish_by_hand(
    session: Session, actor: Actor, remedy_id: int, *, done: bool, reference: str, now: datetime
) -> None:
    """Record what came of it: done under this reference, or not possible and why. Only who has it in hand."""
    remedy, talk, one = _by_hand(session, remedy_id)
    if one.state is not ExecutionState.RUNNING or one.doer_id != actor.id:
        raise Conflict(_("Only who has it in hand can say what came of it."), code="not_yours")
    text = plain(reference).strip()[:200]
    if not text:
        raise InvalidInput(
            _("Enter the reference under which it was done.") if done else _("Say why in a few words."),
            field="reference",
        )
    one.finished_at = now
    if done:
        one.state, one.external_id = ExecutionState.DONE, text
        remedy.executed_at = now
        steps.move(session, remedy, talk, Act.SUCCEED, now, actor=actor, text=text)
    else:
        one.state, one.error_detail = ExecutionState.FAILED, text
        steps.move(session, remedy, talk, Act.FAIL, now, actor=actor, text=text)


def give_back(session: Session, actor: Actor, remedy_id: int, now: datetime) -> None:
    """Let somebody else carry it out: nothing was done yet. Who has it in hand, or a supervisor."""
    remedy, talk, one = _by_hand(session, remedy_id)
    if one.doer_id != actor.id and not account_rules.may(actor.role, Permission.DECIDE_REMEDY):
        raise Forbidden(_("Only who has it in hand, or a supervisor, can give it back."))
    one.state, one.doer_id = ExecutionState.QUEUED, None
    steps.move(session, remedy, talk, Act.RELEASE, now, actor=actor)


def again(session: Session, actor: Actor, remedy_id: int, now: datetime) -> None:
    """Have a failed one done again, under the same approval and key. Only where it certainly never took effect."""
    remedy, talk = steps.locked(session, remedy_id)
    one = _latest(session, remedy)
    if one.external_id is not None or one.error_code in errors.NEVER_AGAIN:
        raise Conflict(_("The provider has acted on this one. Withdraw it and ask for a new one."), code="used")
    one.state, one.attempts, one.due_at = ExecutionState.QUEUED, 0, None if one.by_hand else now
    one.doer_id = one.finished_at = None
    steps.move(session, remedy, talk, Act.AGAIN, now, actor=actor)
    if not one.by_hand:
        defer_wake(session, JobName.REMEDY)


def settle(session: Session, actor: Actor, remedy_id: int, *, done: bool, reference: str, now: datetime) -> None:
    """A person who has looked decides what came of one that nobody could know about. Raises Conflict, InvalidInput."""
    remedy, talk = steps.locked(session, remedy_id)
    one = _latest(session, remedy)
    if remedy.state is not State.UNSURE or (one.lease_until is not None and one.lease_until > now):
        raise Conflict(_("It is being looked up just now. Try again in a minute."), code="looking")
    text = checks.reason_given(reference)
    one.due_at, one.finished_at = None, now
    one.lease = one.lease_until = None
    one.state = ExecutionState.DONE if done else ExecutionState.FAILED
    if done:
        one.external_id, remedy.executed_at = one.external_id or text[:200], now
    else:
        one.error_detail = text
    act = Act.SUCCEED if done else Act.FAIL
    steps.move(session, remedy, talk, act, now, actor=actor, text=text, facts={"settled": True})
    steps.log(session, remedy, Action.REMEDY_SETTLED, actor, now, {"done": done})


def _by_hand(session: Session, remedy_id: int) -> tuple[Remedy, Conversation, RemedyExecution]:
    remedy, talk = steps.locked(session, remedy_id)
    one = _latest(session, remedy)
    if not one.by_hand:
        raise Conflict(_("This one is carried out by itself."), code="not_by_hand")
    if remedy.state not in (State.APPROVED, State.EXECUTING):
        raise Conflict(_("This can't be done any more: the remedy has moved on. Look at where it stands now."))
    return remedy, talk, one


def _latest(session: Session, remedy: Remedy) -> RemedyExecution:
    query = select(RemedyExecution).where(
        RemedyExecution.remedy_id == remedy.id, RemedyExecution.version == remedy.version
    )
    one = session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if one is None:
        raise NotFound(_("This has not been approved."))
    return one
