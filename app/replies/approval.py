"""Answers that somebody else has to approve: proposed, decided about, taken back. Services flush; the edge commits.

Nobody approves their own answer; the database refuses it too. An answer that is approved leaves as any other does.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts import rules as account_rules
from app.accounts.types import Actor, Permission
from app.audit import service as audit
from app.audit.types import Action
from app.connectors.ports import LengthLimit, PrivateReplies, Status
from app.contacts.care import check_may_write
from app.core import text as texts
from app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.ids import new_id
from app.inbox import access
from app.inbox import service as inbox
from app.inbox.models import Comment, Conversation
from app.inbox.types import EventKind, Mark
from app.replies import speaking
from app.replies.models import Proposal
from app.replies.speaking import Answer
from app.replies.types import Others, ProposalState
from app.signals.service import tell
from app.signals.types import SignalKind
from app.texts import voice
from app.writing import service as writing
from app.writing.types import Voice, Words

REMARK = 1000


@dataclass(frozen=True, slots=True)
class Decision:
    """What the reviewer's form says. ``text`` is what is to be sent; they may have changed it."""

    text: str
    version: int | None
    others: Others | None = None
    """None until somebody has said what becomes of other answers that wait."""


def propose(
    session: Session,
    actor: Actor,
    conversation_id: int,
    answer: Answer,
    *,
    key: str,
    version: int | None,
    limit: LengthLimit | None,
    now: datetime,
    private: PrivateReplies | None = None,
) -> int:
    """Ask for approval of an answer; answer the proposal's id. The same key again answers the same one.

    ``private`` are the page's conditions for private replies, where the answer is one. The person still waits for us,
    so the conversation stays where it is. Raises as ``app.replies.service.send`` does.
    """
    key = speaking.key_of(actor, key)
    access.conversation(session, actor, conversation_id, to_write=True)
    again = session.scalar(select(Proposal.id).where(Proposal.key == key))
    if again is not None:
        return again
    text = speaking.checked(answer.text, limit)
    talk = inbox.open_for(session, actor, conversation_id, version)
    writing.must_answer(session, actor, talk, now)
    check_may_write(session, talk.contact_id)
    voice.check(session, talk.page_id, talk.language, text)
    target = speaking.target_of(session, talk)
    if answer.private:
        speaking.check_private(session, target, private, now)
    one = Proposal(id=new_id(), key=key, conversation_id=talk.id, comment_id=target, author_id=actor.id, created_at=now)
    one.text, one.resolve, one.private = text, answer.resolve, answer.private
    one.saved_id, one.also, one.state = answer.saved_id, list(answer.also), ProposalState.WAITING
    session.add(one)
    session.flush()
    talk.assignee_id = talk.assignee_id or actor.id
    writing.drop(session, actor.id, talk.id, answer.voice)
    inbox.mark(session, talk.id, Mark.APPROVAL, now)
    inbox.record(session, talk, EventKind.APPROVAL_ASKED, actor, now)
    _tell_reviewers(session, talk, actor, now)
    return one.id


def _tell_reviewers(session: Session, talk: Conversation, actor: Actor, now: datetime) -> None:
    tell(
        session,
        SignalKind.APPROVAL_WANTED,
        now,
        actor_id=actor.id,
        conversation_id=talk.id,
        page_id=talk.page_id,
        team_id=talk.team_id,
    )


def approve(
    session: Session,
    actor: Actor,
    proposal_id: int,
    decision: Decision,
    *,
    limit: LengthLimit | None,
    undo_seconds: float,
    now: datetime,
    private: PrivateReplies | None = None,
) -> int:
    """Send an answer, as it was proposed or changed; answer the reply's id. A private one goes under the page's
    conditions ``private``; ``limit`` is that of public replies.

    Raises NotFound, InvalidInput, Forbidden for its author and for those who may not approve, and Conflict when it has
    been decided about, the conversation has changed, or other answers to the comment wait and nobody said what becomes
    of them.
    """
    one, talk = _for_review(session, actor, proposal_id, decision.version)
    others = _others(session, one)
    if others and decision.others is None:
        raise Conflict(_("Other answers to this comment wait too. Say what becomes of them."), code="several")
    comment = session.get(Comment, one.comment_id)
    if comment is None or comment.status not in (Status.LIVE, Status.HELD):
        raise Conflict(_("The comment is no longer there, so it can't be answered."), code="target_gone")
    author = accounts.person(session, one.author_id)
    if one.private:
        speaking.check_private(session, one.comment_id, private, now)
        limit = private.length if private else None
    answer = Answer(speaking.checked(decision.text, limit), one.resolve, one.saved_id, tuple(one.also), one.private)
    due_at = now + timedelta(seconds=undo_seconds)
    reply = speaking.speak(
        session, author, talk, one.comment_id, answer, key=f"proposal:{one.id}:{new_id()}", due_at=due_at, now=now
    )
    _decide(session, one, actor, ProposalState.APPROVED, None, now)
    one.reply_id = reply.id
    if decision.others is Others.REFUSE:
        for other in others:
            _refuse(session, other, actor, _("Another answer was approved."), now)
    _settle_mark(session, talk)
    inbox.record(session, talk, EventKind.APPROVED, actor, now, {"author": author.name})
    _log(session, Action.REPLY_APPROVED, one, actor, now, answer.text, changed=answer.text != one.text)
    return reply.id


def refuse(session: Session, actor: Actor, proposal_id: int, remark: str, version: int | None, now: datetime) -> int:
    """Send an answer back to its author, with a remark; answer the conversation's id. The text is their draft again.

    Raises as ``approve`` does.
    """
    remark = texts.plain(remark).strip()[:REMARK]
    if not remark:
        raise InvalidInput(_("Say what is to be different."), field="remark")
    one, talk = _for_review(session, actor, proposal_id, version)
    _refuse(session, one, actor, remark, now)
    _settle_mark(session, talk)
    inbox.record(session, talk, EventKind.REFUSED, actor, now, {"why": remark})
    _log(session, Action.REPLY_REFUSED, one, actor, now, one.text)
    return talk.id


def withdraw(session: Session, actor: Actor, proposal_id: int, now: datetime) -> int:
    """Take one's own answer back before anybody has decided; answer the conversation's id. It is a draft again."""
    one, talk = _waiting(session, actor, proposal_id)
    if one.author_id != actor.id:
        raise Forbidden(_("Only the person who wrote it can take it back."))
    one.state, one.decided_at = ProposalState.WITHDRAWN, now
    writing.put_back(session, actor, talk.id, _words(one), now, voice=_voice(one))
    _settle_mark(session, talk)
    inbox.record(session, talk, EventKind.WITHDRAWN, actor, now)
    _log(session, Action.REPLY_WITHDRAWN, one, actor, now, one.text)
    return talk.id


def _waiting(session: Session, actor: Actor, proposal_id: int) -> tuple[Proposal, Conversation]:
    """The proposal and its conversation, both locked; the conversation first, as everybody does."""
    talk_id = session.scalar(select(Proposal.conversation_id).where(Proposal.id == proposal_id))
    if talk_id is None:
        raise NotFound(_("There is no such answer."))
    talk = access.conversation(session, actor, talk_id, to_write=True)
    one = session.get_one(Proposal, proposal_id, populate_existing=True)
    if one.state is not ProposalState.WAITING:
        raise Conflict(_("This has been decided already."), code="settled")
    return one, talk


def _for_review(session: Session, actor: Actor, proposal_id: int, version: int | None) -> tuple[Proposal, Conversation]:
    one, talk = _waiting(session, actor, proposal_id)
    if not account_rules.may(actor.role, Permission.APPROVE_REPLIES):
        raise Forbidden(_("You may not do this. Ask a supervisor or an admin."))
    if one.author_id == actor.id:
        raise Forbidden(_("Somebody else has to decide about your own answer."))
    return one, inbox.open_for(session, actor, talk.id, version)


def _others(session: Session, one: Proposal) -> Sequence[Proposal]:
    query = select(Proposal).where(
        Proposal.comment_id == one.comment_id, Proposal.state == ProposalState.WAITING, Proposal.id != one.id
    )
    return session.scalars(query).all()


def _refuse(session: Session, one: Proposal, actor: Actor, remark: str, now: datetime) -> None:
    if one.author_id == actor.id:  # one's own answer gives way to the one that was approved
        one.state, one.decided_at, one.remark = ProposalState.WITHDRAWN, now, remark
    else:
        _decide(session, one, actor, ProposalState.REFUSED, remark, now)
    author = accounts.person(session, one.author_id)
    writing.put_back(session, author, one.conversation_id, _words(one), now, voice=_voice(one), claims=False)


def _decide(
    session: Session, one: Proposal, actor: Actor, state: ProposalState, remark: str | None, now: datetime
) -> None:
    one.state, one.reviewer_id, one.remark, one.decided_at = state, actor.id, remark, now
    session.flush()
    tell(
        session,
        SignalKind.APPROVAL_DECIDED,
        now,
        actor_id=actor.id,
        people=[one.author_id],
        conversation_id=one.conversation_id,
        approved=state is ProposalState.APPROVED,
    )


def _log(
    session: Session, action: Action, one: Proposal, actor: Actor, now: datetime, text: str, **facts: bool
) -> None:
    """Proves which words were decided about, without keeping them."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    about = {"conversation": one.conversation_id, "author": one.author_id}
    audit.note(session, action, f"proposal/{one.id}", now, by=actor.id, content_hash=digest, **about, **facts)


def _words(one: Proposal) -> Words:
    return Words(one.text, one.saved_id, tuple(one.also))


def _voice(one: Proposal) -> Voice:
    return Voice.PRIVATE if one.private else Voice.REPLY


def _settle_mark(session: Session, talk: Conversation) -> None:
    """A conversation stands among those waiting for approval until the last answer is decided about."""
    session.flush()
    left = select(Proposal.id).where(Proposal.conversation_id == talk.id, Proposal.state == ProposalState.WAITING)
    if session.scalar(left.limit(1)) is None:
        inbox.unmark(session, talk.id, Mark.APPROVAL)
