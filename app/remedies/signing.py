"""Deciding about remedies: by whom, once, and only about what they have seen. Services flush; the edge commits."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.types import Actor, Role
from app.core.errors import Conflict, Forbidden, InvalidInput, NotFound, PorchlightError
from app.core.i18n import gettext as _
from app.core.ids import new_id
from app.inbox.models import Conversation
from app.remedies import checks, money, past, policies, policy, rules, service, steps, turns, words
from app.remedies.models import Remedy, RemedyDecision
from app.remedies.types import Act, Asked, Barred, Policy, State, Verdict

SIGNED_WINDOW = timedelta(days=400)


def decide(
    session: Session,
    actor: Actor,
    remedy_id: int,
    verdict: Verdict,
    reason: str,
    now: datetime,
    *,
    version: int,
) -> State:
    """Sign or refuse what stands in ``version``; answer where the remedy is then.

    Raises Conflict (somebody was quicker, named; or it has changed), Forbidden with what is in the way (code ``prove``:
    the password again), InvalidInput for a refusal without a reason.
    """
    remedy, talk = steps.locked(session, remedy_id)
    _still_to_decide(session, remedy, version)
    found = turns.turn(session, actor, remedy, now)
    if found.barred is not None:
        raise Forbidden(words.barred(found.barred), code=found.barred.value)
    if not rules.proof_is_fresh(actor.proved_at, now):
        raise Forbidden(_("Enter your password to sign."), code="prove")
    in_force = policies.version(session, remedy.policy_id)
    if rules.asked_too_long(in_force.policy, turns.asked_at(session, remedy), now):
        raise Conflict(_("It was not decided in time and is over. It can be asked for again."), code="expired")
    text = checks.reason_given(reason) if verdict is Verdict.REFUSE else reason.strip()
    if verdict is Verdict.APPROVE:
        _within_their_day(session, actor, remedy, in_force.policy, now)
    _sign(session, actor, remedy, verdict, text, found.acting_for_id, now)
    if verdict is Verdict.REFUSE:
        steps.move(session, remedy, talk, Act.REFUSE, now, actor=actor, text=text, acting_for_id=found.acting_for_id)
    elif _signatures(session, remedy) >= remedy.approvals_needed:
        service.approve(session, remedy, talk, now, actor=actor, text=text, acting_for_id=found.acting_for_id)
    else:
        steps.move(session, remedy, talk, Act.SIGN, now, actor=actor, text=text, acting_for_id=found.acting_for_id)
    return remedy.state


def approve_several(
    session: Session, actor: Actor, chosen: Sequence[tuple[int, int]], now: datetime
) -> list[tuple[int, str]]:
    """Sign several small ones of one reason, each checked on its own; answer (id, why not) for those that were not.

    ``chosen`` are ids with the version that was seen. Raises InvalidInput when they don't belong together.
    """
    remedies = session.scalars(select(Remedy).where(Remedy.id.in_([one for one, _version in chosen]))).all()
    found = policies.in_force(session).policy
    if len({one.reason for one in remedies}) > 1:
        raise InvalidInput(_("Only remedies with the same reason can be approved together."))
    if any(policy.in_units(found, one.amount, one.currency) > found.several_up_to for one in remedies):
        raise InvalidInput(_("One of these is too large to be approved together with others."))
    left: list[tuple[int, str]] = []
    for remedy_id, version in sorted(chosen):
        try:
            decide(session, actor, remedy_id, Verdict.APPROVE, "", now, version=version)
        except PorchlightError as error:
            if error.code == "prove":
                raise
            left.append((remedy_id, error.message))
    return left


def counter_offer(
    session: Session, actor: Actor, remedy_id: int, amount: str, reason: str, now: datetime, *, version: int, key: str
) -> int:
    """Offer another amount: this request is refused, and a new one stands under the changer's name, who can't sign it.

    Answers the new request's id.
    """
    remedy, _talk = steps.locked(session, remedy_id)
    before = _asked_again(session, remedy)
    amount_now = money.parsed(amount, remedy.currency)
    if amount_now == remedy.amount:
        raise InvalidInput(_("This is the same amount."), field="amount")
    text = checks.reason_given(reason)
    decide(session, actor, remedy_id, Verdict.REFUSE, text, now, version=version)
    explanation = f"{remedy.explanation}\n{text}".strip()
    offer = replace(before, amount=amount, explanation=explanation)
    return service.ask(session, actor, remedy.conversation_id, offer, now, key=key, replaces=remedy)


def _still_to_decide(session: Session, remedy: Remedy, version: int) -> None:
    """Raises Conflict, with who decided."""
    if remedy.state is State.ASKED and remedy.version == version:
        if rules.content_hash(steps.content_of(remedy)) != remedy.content_hash:
            raise Conflict(_("What is stored is not what was asked for. Tell an admin."), code="content_changed")
        return
    last = session.execute(
        select(User.name, RemedyDecision.verdict)
        .join(RemedyDecision, RemedyDecision.user_id == User.id)
        .where(RemedyDecision.remedy_id == remedy.id, RemedyDecision.version == version)
        .order_by(RemedyDecision.id.desc())
        .limit(1)
    ).one_or_none()
    if last is not None and remedy.state is not State.ASKED:
        name, verdict = last
        if verdict is Verdict.APPROVE:
            raise Conflict(_("%(name)s was quicker and has approved it.", name=name), code="decided")
        raise Conflict(_("%(name)s was quicker and has refused it.", name=name), code="decided")
    if remedy.state is State.ASKED:
        raise Conflict(_("It was changed since you looked at it. Look at what is asked now."), code="stale")
    raise Conflict(
        _("There is nothing to decide any more: %(state)s.", state=words.state(remedy.state)), code="decided"
    )


def _within_their_day(session: Session, actor: Actor, remedy: Remedy, found: Policy, now: datetime) -> None:
    me = session.get_one(User, actor.id)
    person = me.same_as_id or me.id
    accounts = frozenset(session.scalars(select(User.id).where((User.id == person) | (User.same_as_id == person))))
    signed = past.signed_by(session, accounts, now - SIGNED_WINDOW)
    over = policy.over_their_day(found, accounts, remedy.amount, remedy.currency, signed, now)
    if over is not None:
        raise Forbidden(
            _("With this you would sign more than “%(line)s” allows. Somebody else can.", line=over),
            code=Barred.OVER_DAY.value,
        )


def _sign(
    session: Session,
    actor: Actor,
    remedy: Remedy,
    verdict: Verdict,
    reason: str,
    acting_for_id: int | None,
    now: datetime,
) -> None:
    session.add(
        RemedyDecision(
            id=new_id(),
            remedy_id=remedy.id,
            version=remedy.version,
            user_id=actor.id,
            acting_for_id=acting_for_id,
            role=Role(session.get_one(User, actor.id).role),
            verdict=verdict,
            reason=reason,
            content_hash=remedy.content_hash,
            policy_id=remedy.policy_id,
            at=now,
        )
    )
    session.flush()


def _signatures(session: Session, remedy: Remedy) -> int:
    rows = session.execute(
        select(User.id, User.same_as_id)
        .join(RemedyDecision, RemedyDecision.user_id == User.id)
        .where(
            RemedyDecision.remedy_id == remedy.id,
            RemedyDecision.version == remedy.version,
            RemedyDecision.content_hash == remedy.content_hash,
            RemedyDecision.verdict == Verdict.APPROVE,
        )
    )
    return len({same or own for own, same in rows})


def _asked_again(session: Session, remedy: Remedy) -> Asked:
    """A remedy's content as a form would give it."""
    if session.get(Conversation, remedy.conversation_id) is None:
        raise NotFound(_("There is no such remedy, or it was removed."))
    return Asked(
        kind=remedy.kind,
        amount=money.plain(remedy.amount, remedy.currency),
        currency=remedy.currency,
        reason=remedy.reason,
        explanation=remedy.explanation,
        shop_id=remedy.shop_id,
        order_number=remedy.order_number,
        order_line=remedy.order_line,
        target=remedy.target,
        target_account=remedy.target_account,
        promised_on=remedy.promised_on,
        evidence=remedy.evidence,
    )
