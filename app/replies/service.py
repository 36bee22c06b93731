"""Answering: written, undone, decided about. Services flush; the edge commits."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts.types import Actor
from app.audit import service as audit
from app.audit.types import Action
from app.connectors.ports import LengthLimit, PrivateReplies
from app.contacts.care import check_may_write
from app.core.db import run_in_bulk
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.i18n import gettext as _
from app.inbox import access, streaks
from app.inbox import service as inbox
from app.inbox.models import Comment, Conversation
from app.inbox.rules import snippet
from app.inbox.types import ConversationState, EventKind, Mark
from app.outbox import results
from app.outbox import service as outbox
from app.outbox.models import Delivery
from app.outbox.types import Act
from app.replies import requirements, speaking
from app.replies.models import Proposal, Reply
from app.replies.speaking import Answer
from app.replies.types import ProposalState
from app.routing import service as routing
from app.sending.types import SendState
from app.writing import service as writing
from app.writing.types import Voice


def send(
    session: Session,
    actor: Actor,
    conversation_id: int,
    text: str,
    *,
    key: str,
    version: int | None,
    resolve: bool,
    limit: LengthLimit | None,
    undo_seconds: float,
    now: datetime,
    saved_id: int | None = None,
    also: Collection[str] = (),
    private: PrivateReplies | None = None,
) -> int:
    """Answer the person's latest comment; answer the reply's id.

    The reply and its delivery are one transaction; it leaves ``undo_seconds`` later. ``key`` (made by the form) is the
    same for a repeated click, which makes no second reply. With ``saved_id`` it was made from a saved reply, which
    does besides what ``also`` names. With ``private``, the page's conditions for it, it goes to the person alone; else
    everybody reads it. ``limit`` is how long such a reply may be. Raises InvalidInput, NotFound, and Conflict when the
    conversation has changed since ``version``, a colleague is writing an answer, they have sent these very words, or it
    needs approval (``app.replies.approval.propose``).
    """
    key = speaking.key_of(actor, key)
    access.conversation(session, actor, conversation_id, to_write=True)  # a second click waits here for the first
    again = session.scalar(select(Reply.id).join(Delivery, Delivery.id == Reply.delivery_id).where(Delivery.key == key))
    if again is not None:
        return again
    answer = Answer(speaking.checked(text, limit), resolve, saved_id, tuple(also), private is not None)
    talk = inbox.open_for(session, actor, conversation_id, version)
    writing.must_answer(session, actor, talk, now)
    if requirements.of(session, actor.id, talk):
        raise Conflict(_("This answer needs approval before it is sent."), code="needs_approval")
    target = speaking.target_of(session, talk)
    if answer.private:
        speaking.check_private(session, target, private, now)
    _check_unsaid(session, actor, talk, target, answer)
    reply = speaking.speak(
        session, actor, talk, target, answer, key=key, due_at=now + timedelta(seconds=undo_seconds), now=now
    )
    streaks.count_up(talk, actor)
    writing.drop(session, actor.id, talk.id, answer.voice)
    inbox.changed(session, talk.id)
    return reply.id


def check_said_meanwhile(
    session: Session, actor: Actor, conversation_id: int, text: str, *, key: str, since: datetime | None
) -> None:
    """Point out another answer of theirs that was sent since the form with ``key`` was made, as from a window that was
    left open. The form that says so is made later, so that it is sent when they send again.

    Locks the conversation, so that of two windows that send at once one is told. Raises Conflict.
    """
    access.conversation(session, actor, conversation_id, to_write=True)
    if since is None:
        return
    query = (
        select(Reply.text)
        .join(Delivery, Delivery.id == Reply.delivery_id)
        .where(
            Reply.conversation_id == conversation_id,
            Reply.author_id == actor.id,
            Reply.created_at > since,
            Delivery.key != speaking.key_of(actor, key),
            Delivery.state != SendState.CANCELLED,
        )
        .order_by(Reply.id.desc())
        .limit(1)
    )
    said = session.scalar(query)
    if said is not None and said != text.strip():  # the same words are refused for good
        message = _(
            "An answer of yours was sent meanwhile: “%(words)s” Send again if this is to be said too.",
            words=snippet(said),
        )
        raise Conflict(message, code="said_meanwhile")


def _check_unsaid(session: Session, actor: Actor, talk: Conversation, comment_id: int, answer: Answer) -> None:
    """Raises Conflict when they have answered the comment in these very words, as from a window that was left open."""
    act = Act.PRIVATE_REPLY if answer.private else Act.REPLY
    query = (
        select(Reply.id)
        .join(Delivery, Delivery.id == Reply.delivery_id)
        .where(
            Reply.conversation_id == talk.id,
            Reply.comment_id == comment_id,
            Reply.author_id == actor.id,
            Reply.text == answer.text,
            Delivery.act == act,
            Delivery.state.not_in((SendState.FAILED, SendState.CANCELLED)),
        )
    )
    if session.scalar(query) is not None:
        raise Conflict(_("You have answered in these very words already."), code="said_already")


def undo(session: Session, actor: Actor, reply_id: int, now: datetime) -> int:
    """Take a reply back before it leaves; answer the conversation's id. The text becomes a draft again.

    Raises NotFound, Forbidden when it is somebody else's, Conflict when it has left.
    """
    reply = session.get(Reply, reply_id)
    if reply is None:
        raise NotFound(_("There is no such reply."))
    talk = access.conversation(session, actor, reply.conversation_id, to_write=True)
    proposal = session.scalar(select(Proposal).where(Proposal.reply_id == reply.id).with_for_update())
    reviews = proposal is not None and proposal.reviewer_id == actor.id
    if reply.author_id != actor.id and not reviews:
        raise Forbidden(_("Only the person who wrote it can take it back."))
    outbox.cancel(session, reply.delivery_id)
    act = session.get_one(Delivery, reply.delivery_id).act
    routing.unconfirm(session, actor, talk.id, now, since=reply.created_at)
    words = speaking.take_back(session, actor, talk, reply, now)
    if proposal is not None and reviews:
        _wait_again(session, proposal, now)
    else:
        voice = Voice.PRIVATE if act is Act.PRIVATE_REPLY else Voice.REPLY
        writing.put_back(session, actor, talk.id, words, now, voice=voice)
    inbox.record(session, talk, EventKind.REPLY_UNDONE, actor, now)
    return talk.id


def _wait_again(session: Session, proposal: Proposal, now: datetime) -> None:
    """The approval was taken back before the reply left: the answer waits for one again."""
    proposal.state = ProposalState.WAITING
    proposal.reviewer_id = proposal.decided_at = proposal.reply_id = None
    session.flush()
    inbox.mark(session, proposal.conversation_id, Mark.APPROVAL, now)


def settle(session: Session, actor: Actor, reply_id: int, *, send_again: bool, now: datetime) -> int:
    """Decide about a reply that failed or whose outcome nobody could know; answer the conversation's id."""
    reply = session.get(Reply, reply_id)
    if reply is None:
        raise NotFound(_("There is no such reply."))
    talk = access.conversation(session, actor, reply.conversation_id, to_write=True)
    if send_again:
        check_may_write(session, talk.contact_id)
        speaking.check_contradicts_nobody(session, actor, talk, reply.text, now)
    results.decide(session, reply.delivery_id, send_again=send_again, now=now)
    audit.note(session, Action.REPLY_SETTLED, f"reply/{reply.id}", now, by=actor.id, again=send_again)
    if talk.state is ConversationState.NEW:
        inbox.set_state(talk, ConversationState.WAITING, None, now)
    streaks.count_up(talk, actor)
    session.flush()
    inbox.changed(session, talk.id)
    return talk.id


def remove_pages(session: Session, page_ids: Sequence[int]) -> None:
    """Remove all replies to what was said on these pages."""
    talks = select(Conversation.id).where(Conversation.page_id.in_(page_ids))
    run_in_bulk(session, delete(Reply).where(Reply.conversation_id.in_(talks)))


def moderate(
    session: Session, actor: Actor, conversation_id: int, comment_id: int, act: Act, *, key: str, now: datetime
) -> None:
    """Have a comment approved, held, marked as spam or thrown away at the platform. Raises NotFound."""
    talk = access.conversation(session, actor, conversation_id, to_write=True)
    comment = session.get(Comment, comment_id)
    if comment is None or comment.conversation_id != talk.id:
        raise NotFound(_("There is no such comment in this conversation."))
    key = f"{actor.id}:{key}:{act}"[:64]
    if session.scalar(select(Delivery.id).where(Delivery.key == key)) is not None:
        return  # the same form sent twice
    outbox.request(
        session,
        key=key,
        act=act,
        comment=comment,
        conversation_id=talk.id,
        text="",
        actor_id=actor.id,
        now=now,
        due_at=now,
    )
    inbox.record(session, talk, EventKind.MODERATED, actor, now, {"act": act.value})
    audit.note(session, Action.COMMENT_MODERATED, f"comment/{comment.id}", now, by=actor.id, act=act.value)
