"""Asking for remedies, changing and withdrawing what was asked for. Services flush; the edge commits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts import rules as account_rules
from app.accounts.types import Actor, Permission
from app.audit.types import Action
from app.campaigns import queries as campaigns
from app.core.db import run_in_bulk
from app.core.errors import Conflict, Forbidden
from app.core.i18n import gettext as _
from app.core.ids import new_id
from app.executors.ports import Purchase
from app.inbox import access as inbox_access
from app.inbox.models import Conversation
from app.inbox.types import ConversationState
from app.remedies import checks, judging, orders, past, proofs, rules, steps
from app.remedies.checks import Form
from app.remedies.models import Remedy, RemedyVersion
from app.remedies.types import Act, Asked, State
from app.signals.types import SignalKind


def ask(
    session: Session,
    actor: Actor,
    conversation_id: int,
    asked: Asked,
    now: datetime,
    *,
    key: str,
    purchase: Purchase | None = None,
    replaces: Remedy | None = None,
) -> int:
    """Ask for a remedy; answer its id. What nobody else has to sign is approved at once.

    ``key`` (made by the form) is the same for a repeated click, which asks for nothing twice. ``purchase`` is what the
    shop itself says about the order. Raises InvalidInput, Conflict (more than was paid, forbidden by the policy).
    """
    steps.gate(session)
    key = f"{actor.id}:{key}"[:64]
    again = session.scalar(select(Remedy.id).where(Remedy.form_key == key))
    if again is not None:
        return again
    talk = inbox_access.conversation(session, actor, conversation_id, to_write=True)
    if talk.state is ConversationState.SPAM:
        raise Conflict(_("This conversation was set aside as spam. Say first that it is not."), code="spam")
    form = checks.read(session, actor, talk, asked, purchase, now, of=replaces)
    remedy = _fresh(session, form, talk, key=key, replaces=replaces, now=now)
    judging.judge(session, remedy, talk, form.in_force.policy, now)
    orders.set_aside(session, form.shop, form.asked, remedy, purchase, form.user.id, now)
    remedy.content_hash = rules.content_hash(steps.content_of(remedy))
    session.add(remedy)
    session.flush()
    _remember(session, remedy, form, now)
    checks.bar(session, remedy, form, [replaces.requester_id] if replaces is not None else [])
    steps.count_open(session, talk, now)
    _tell(session, remedy, talk, actor, now)
    return remedy.id


def _fresh(
    session: Session, form: Form, talk: Conversation, *, key: str, replaces: Remedy | None, now: datetime
) -> Remedy:
    belongs = campaigns.of_posts(session, {talk.post_id: talk.page_id}, now).get(talk.post_id)
    return Remedy(
        id=new_id(),
        version=1,
        state=State.ASKED,
        form_key=key,
        conversation_id=talk.id,
        contact_id=talk.contact_id,
        page_id=talk.page_id,
        campaign_id=belongs.id if belongs else None,
        team_id=talk.team_id,
        requester_id=form.user.id,
        requester_role=form.user.role,
        asked_at=now,
        policy_id=form.in_force.id,
        replaces_id=replaces.id if replaces else None,
        since=now,
        due_at=steps.due_at(form.in_force.policy, State.ASKED, now, form.fields["promised_on"]),
        **form.fields,
    )


def _tell(session: Session, remedy: Remedy, talk: Conversation, actor: Actor, now: datetime) -> None:
    """Write down that it was asked for; approve what needs nobody else, tell those who may sign the rest."""
    steps.tell(session, remedy, "ask", actor, now, "")
    facts = {"needs": remedy.approvals_needed, "replaces": remedy.replaces_id}
    steps.log(session, remedy, Action.REMEDY_ASKED, actor, now, facts)
    steps.show(session, remedy, talk, "ask", actor, now)
    if remedy.approvals_needed == 0:
        approve(session, remedy, talk, now)
    else:
        steps.notify(session, remedy, SignalKind.REMEDY_WANTED, actor, now)


def edit(
    session: Session,
    actor: Actor,
    remedy_id: int,
    asked: Asked,
    now: datetime,
    *,
    version: int,
    purchase: Purchase | None = None,
) -> None:
    """Change what is asked for: a new version, which everybody has to sign anew; who changes it never does.

    ``purchase`` as for ``ask``. Raises Conflict when it has changed or moved on meanwhile.
    """
    remedy, talk = steps.locked(session, remedy_id)
    if remedy.version != version or not rules.may_happen(remedy.state, Act.EDIT):
        raise Conflict(_("It has changed since you looked at it. Look at it again."), code="stale")
    form = checks.read(session, actor, talk, asked, purchase, now, of=remedy)
    if remedy.order_number:
        orders.give_back(session, remedy.shop_id, remedy.order_number, remedy.order_line, remedy.amount)
    before = remedy.state
    with session.no_autoflush:
        for name, value in form.fields.items():
            setattr(remedy, name, value)
        remedy.version += 1
        remedy.state, remedy.since, remedy.approved_at = State.ASKED, now, None
        remedy.due_at = steps.due_at(form.in_force.policy, State.ASKED, now, remedy.promised_on)
        remedy.policy_id = form.in_force.id
        judging.judge(session, remedy, talk, form.in_force.policy, now)
        remedy.content_hash = rules.content_hash(steps.content_of(remedy))
    session.flush()
    orders.set_aside(session, form.shop, form.asked, remedy, purchase, form.user.id, now)
    _remember(session, remedy, form, now)
    checks.bar(session, remedy, form)
    steps.move(session, remedy, talk, Act.EDIT, now, actor=actor, facts={"was": before.value})
    if remedy.approvals_needed == 0:
        approve(session, remedy, talk, now)


def withdraw(session: Session, actor: Actor, remedy_id: int, reason: str, now: datetime) -> None:
    """Take it back: always possible for who asked, and for who decides, until it is being carried out.

    Raises InvalidInput without a reason, Forbidden, Conflict.
    """
    remedy, talk = steps.locked(session, remedy_id)
    if remedy.requester_id != actor.id and not account_rules.may(actor.role, Permission.DECIDE_REMEDY):
        raise Forbidden(_("Who asked for it, or a supervisor, can withdraw it."))
    text = checks.reason_given(reason)
    steps.move(session, remedy, talk, Act.WITHDRAW, now, actor=actor, text=text)


def approve(session: Session, remedy: Remedy, talk: Conversation, now: datetime, **who: Any) -> None:
    """It has all the signatures it needs: to be carried out now."""
    remedy.approved_at = now
    steps.move(session, remedy, talk, Act.APPROVE, now, **who)
    past.queue(session, remedy, now)


def remove_pages(session: Session, page_ids: Sequence[int]) -> None:
    """Remove everything asked for on these pages; the audit log keeps its lines."""
    gone = session.scalars(select(Remedy).where(Remedy.page_id.in_(page_ids))).all()
    for one in gone:
        if one.order_number and one.state not in (State.REFUSED, State.WITHDRAWN, State.EXPIRED):
            orders.give_back(session, one.shop_id, one.order_number, one.order_line, one.amount)
    session.expunge_all()
    run_in_bulk(session, delete(Remedy).where(Remedy.page_id.in_(page_ids)))


def _remember(session: Session, remedy: Remedy, form: Form, now: datetime) -> None:
    """Keep this version's content, with who wrote it, and what came with it as evidence."""
    content = steps.content_of(remedy)
    words = {name: str(getattr(content, name)) for name in content.__slots__ if name != "evidence"}
    session.add(
        RemedyVersion(
            remedy_id=remedy.id,
            version=remedy.version,
            editor_id=form.user.id,
            at=now,
            content_hash=remedy.content_hash,
            content={**words, "evidence": list(content.evidence)},
        )
    )
    proofs.keep(session, remedy, form.proofs, now)
