"""Answering: written, undone, decided about. Services flush; the edge commits."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts.types import Actor
from app.connectors.ports import LengthLimit
from app.core import text as texts
from app.core.db import run_in_bulk
from app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.core.ids import new_id
from app.inbox import access
from app.inbox import queries as inbox_queries
from app.inbox import service as inbox
from app.inbox.models import Comment, Conversation
from app.inbox.types import ConversationState, EventKind
from app.outbox import service as outbox
from app.outbox.models import Delivery
from app.outbox.types import Act
from app.replies import rules
from app.replies.models import Reply


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
) -> int:
    """Answer the person's latest comment in public; answer the reply's id.

    The reply and its delivery are one transaction; it leaves ``undo_seconds`` later. ``key`` (made by the form) is the
    same for a repeated click, which makes no second reply. Raises InvalidInput, NotFound, Conflict.
    """
    key = f"{actor.id}:{key}"[:64]
    access.conversation(session, actor, conversation_id, to_write=True)  # a second click waits here for the first
    again = session.scalar(select(Reply.id).join(Delivery, Delivery.id == Reply.delivery_id).where(Delivery.key == key))
    if again is not None:
        return again
    text = checked(text, limit)
    talk = inbox.open_for(session, actor, conversation_id, version)
    target = inbox_queries.reply_target(session, talk.id)
    if target is None:
        raise Conflict(
            _("The comment is no longer there, so it can't be answered. Your text is kept below."), code="target_gone"
        )
    before = _before(talk)
    delivery_id = outbox.request(
        session,
        key=key,
        act=Act.REPLY,
        comment=session.get_one(Comment, target),
        conversation_id=talk.id,
        text=text,
        actor_id=actor.id,
        now=now,
        due_at=now + timedelta(seconds=undo_seconds),
    )
    reply = Reply(
        id=new_id(),
        conversation_id=talk.id,
        delivery_id=delivery_id,
        comment_id=target,
        author_id=actor.id,
        text=text,
        created_at=now,
        before=before,
    )
    session.add(reply)
    talk.assignee_id = talk.assignee_id or actor.id
    inbox.set_state(talk, ConversationState.DONE if resolve else ConversationState.WAITING, None, now)
    talk.version += 1
    session.flush()
    inbox.changed(session, talk.id)
    return reply.id


def _before(talk: Conversation) -> dict[str, Any]:
    """What taking the reply back restores."""
    return {
        "state": talk.state.value,
        "waiting_since": talk.waiting_since.isoformat() if talk.waiting_since else None,
        "assignee_id": talk.assignee_id,
    }


def checked(text: str, limit: LengthLimit | None) -> str:
    """The text as it will be sent. Raises InvalidInput when it is empty or too long for the platform."""
    text = texts.plain(text).strip()
    if not text:
        raise InvalidInput(_("Write something first."), field="text")
    over = rules.too_long_by(text, limit)
    if over:
        message = ngettext("This is %(num)s character too long.", "This is %(num)s characters too long.", over)
        raise InvalidInput(message, field="text")
    return text


def undo(session: Session, actor: Actor, reply_id: int, now: datetime) -> tuple[int, str]:
    """Take a reply back before it leaves; answer the conversation's id and the text, to go on writing.

    Raises NotFound, Forbidden when it is somebody else's, Conflict when it has left.
    """
    reply = session.get(Reply, reply_id)
    if reply is None:
        raise NotFound(_("There is no such reply."))
    talk = access.conversation(session, actor, reply.conversation_id, to_write=True)
    if reply.author_id != actor.id:
        raise Forbidden(_("Only the person who wrote it can take it back."))
    outbox.cancel(session, reply.delivery_id)
    _restore(talk, reply, now)
    inbox.record(session, talk, EventKind.REPLY_UNDONE, actor, now)
    return talk.id, reply.text


def _restore(talk: Conversation, reply: Reply, now: datetime) -> None:
    since = reply.before["waiting_since"]
    if talk.state in (ConversationState.WAITING, ConversationState.DONE):
        inbox.set_state(
            talk, ConversationState(reply.before["state"]), datetime.fromisoformat(since) if since else None, now
        )
    if talk.assignee_id == reply.author_id:
        talk.assignee_id = reply.before["assignee_id"]


def settle(session: Session, actor: Actor, reply_id: int, *, send_again: bool, now: datetime) -> int:
    """Decide about a reply that failed or whose outcome nobody could know; answer the conversation's id."""
    reply = session.get(Reply, reply_id)
    if reply is None:
        raise NotFound(_("There is no such reply."))
    talk = access.conversation(session, actor, reply.conversation_id, to_write=True)
    outbox.decide(session, reply.delivery_id, send_again=send_again, now=now)
    if talk.state is ConversationState.NEW:
        inbox.set_state(talk, ConversationState.WAITING, None, now)
    talk.version += 1
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
