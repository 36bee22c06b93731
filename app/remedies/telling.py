"""Telling the person: part of the remedy. Bound to a reply, and done once that reply stands at the platform."""

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.types import Actor
from app.contacts.models import Contact
from app.core.errors import InvalidInput
from app.core.i18n import gettext as _
from app.core.text import plain
from app.inbox.models import Conversation
from app.outbox.models import Delivery
from app.remedies import money, policies, rules, steps
from app.remedies.models import Remedy
from app.remedies.types import Act, State
from app.replies.models import Proposal, Reply
from app.replies.types import ProposalState
from app.sending.types import SendState

LONGEST_HOW = 500


def untold(session: Session, conversation_id: int) -> list[Remedy]:
    """What was carried out for this conversation and no reply tells of yet."""
    query = select(Remedy).where(
        Remedy.conversation_id == conversation_id,
        Remedy.state == State.EXECUTED,
        Remedy.told_reply_id.is_(None),
        Remedy.told_proposal_id.is_(None),
    )
    return list(session.scalars(query.order_by(Remedy.id)))


def tells(session: Session, conversation_id: int, reply_id: int, remedy_ids: Sequence[int]) -> None:
    """Say that this reply tells the person of these remedies. Those of other conversations are left alone."""
    for remedy in untold(session, conversation_id):
        if remedy.id in remedy_ids:
            remedy.told_reply_id = reply_id
    session.flush()


def tells_once_approved(session: Session, conversation_id: int, proposal_id: int, remedy_ids: Sequence[int]) -> None:
    """Say that this answer tells the person of these remedies, if it is approved."""
    for remedy in untold(session, conversation_id):
        if remedy.id in remedy_ids:
            remedy.told_proposal_id = proposal_id
    session.flush()


def follow_approval(session: Session, conversation_id: int) -> None:
    """Bind remedies to what became of the answers that were to tell of them: sent, waiting again, or not to be sent."""
    query = (
        select(Remedy, Proposal.state, Proposal.reply_id)
        .outerjoin(Proposal, Proposal.id == Remedy.told_proposal_id)
        .where(
            Remedy.conversation_id == conversation_id,
            Remedy.state == State.EXECUTED,
            Remedy.told_proposal_id.is_not(None),
        )
    )
    for remedy, state, reply_id in session.execute(query).all():
        remedy.told_reply_id = reply_id if state is ProposalState.APPROVED else None
        if state not in (ProposalState.APPROVED, ProposalState.WAITING):
            remedy.told_proposal_id = None
    session.flush()


def told_otherwise(session: Session, actor: Actor, remedy_id: int, how: str, now: datetime) -> None:
    """They were told by other means: on the telephone, in a letter. Raises InvalidInput without saying how."""
    remedy, talk = steps.locked(session, remedy_id)
    text = plain(how).strip()[:LONGEST_HOW]
    if not text:
        raise InvalidInput(_("Say how they were told."), field="how")
    remedy.told_at = now
    steps.move(session, remedy, talk, Act.TELL, now, actor=actor, text=text)


def waiting(session: Session) -> bool:
    """Whether a reply is on its way that tells somebody."""
    query = select(Remedy.id).where(Remedy.state == State.EXECUTED, Remedy.told_reply_id.is_not(None))
    return session.scalar(query.limit(1)) is not None


def confirm(session: Session, now: datetime) -> int:
    """See which of those replies have arrived; answer how many people have been told.

    A reply that was taken back or failed for good tells nobody: the remedy is to be told again.
    """
    query = (
        select(Remedy.id, Delivery.state)
        .join(Reply, Reply.id == Remedy.told_reply_id)
        .join(Delivery, Delivery.id == Reply.delivery_id)
        .where(Remedy.state == State.EXECUTED)
    )
    told = 0
    for remedy_id, state in session.execute(query).all():
        if state not in (SendState.SENT, SendState.CANCELLED, SendState.FAILED):
            continue
        remedy, talk = steps.locked(session, remedy_id)
        if remedy.state is not State.EXECUTED:
            continue
        if state is SendState.SENT:
            remedy.told_at = now
            steps.move(session, remedy, talk, Act.TELL, now, facts={"reply": remedy.told_reply_id})
            told += 1
        else:
            _not_told(session, remedy)
    return told


def _not_told(session: Session, remedy: Remedy) -> None:
    """The reply tells nobody. An answer whose approval was taken back waits for one again, and may tell them yet."""
    proposal = session.get(Proposal, remedy.told_proposal_id) if remedy.told_proposal_id else None
    remedy.told_reply_id = None
    if proposal is None or proposal.state is not ProposalState.WAITING:
        remedy.told_proposal_id = None
    session.flush()


def check_public(session: Session, conversation_id: int, text: str) -> None:
    """Raises InvalidInput for a public reply that would carry an order's number, or a remedy's amount, where the
    policy does not allow that: those of this conversation, and of all others with the same person."""
    remedies = _of_the_person(session, conversation_id)
    if not remedies or policies.in_force(session).policy.public_details:
        return
    flat = re.sub(r"\s", "", rules.spelled(text)).casefold()
    for one in remedies:
        if rules.names_order(text, one.order_number):
            raise InvalidInput(
                _("Everybody would read the order number %(number)s. Leave it out.", number=one.order_number),
                field="text",
            )
        if _mentions(flat, one.amount, one.currency):
            raise InvalidInput(
                _(
                    "Everybody would read the amount %(amount)s. Leave it out.",
                    amount=money.shown(one.amount, one.currency),
                ),
                field="text",
            )


def _of_the_person(session: Session, conversation_id: int) -> Sequence[Remedy]:
    """What was asked for, for the person of a conversation; one statement."""
    head = (
        select(Contact.head_id)
        .join(Conversation, Conversation.contact_id == Contact.id)
        .where(Conversation.id == conversation_id)
    )
    query = (
        select(Remedy)
        .join(Conversation, Conversation.id == Remedy.conversation_id)
        .join(Contact, Contact.id == Conversation.contact_id)
        .where(Contact.head_id == head.scalar_subquery())
    )
    return session.scalars(query.order_by(Remedy.id)).all()


def _mentions(flat: str, amount: int, currency: str) -> bool:
    """Whether a text without spaces names the amount as money: with its decimals, or beside the currency."""
    typed = money.plain(amount, currency)
    whole, _point, decimals = typed.partition(".")
    grouped = f"{int(whole):,}"
    forms = {whole, grouped, grouped.replace(",", "."), grouped.replace(",", "'")}
    spelled = "|".join(re.escape(form) for form in forms)
    signs = "|".join(re.escape(sign) for sign in money.signs(currency))
    exact = rf"(?<![\d.,])(?:{spelled})[.,]{decimals}(?!\d)" if decimals else ""
    bare = rf"(?:{signs})(?:{spelled})(?![\d])|(?<![\d.,])(?:{spelled})(?:[.,]-+)?(?:{signs})"
    round_sum = not decimals.strip("0")
    patterns = [one for one in (exact, bare if round_sum else "") if one]
    return any(re.search(one, flat) for one in patterns)
