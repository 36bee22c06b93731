"""Answering: written, undone, decided about. Services flush; the edge commits."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts.types import Actor
from app.connectors.ports import LengthLimit
from app.contacts.care import check_may_write
from app.core import text as texts
from app.core.db import run_in_bulk
from app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.core.ids import new_id
from app.inbox import access, tags
from app.inbox import queries as inbox_queries
from app.inbox import service as inbox
from app.inbox.models import Comment, Conversation
from app.inbox.types import ConversationState, EventKind
from app.outbox import service as outbox
from app.outbox.models import Delivery
from app.outbox.types import Act
from app.replies import rules, saved
from app.replies.models import Reply, SavedUse
from app.texts import rules as texts_rules
from app.texts import service as texts_service
from app.texts.types import Offer
from app.writing import service as writing
from app.writing.types import Voice, Words


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
) -> int:
    """Answer the person's latest comment in public; answer the reply's id.

    The reply and its delivery are one transaction; it leaves ``undo_seconds`` later. ``key`` (made by the form) is the
    same for a repeated click, which makes no second reply. With ``saved_id`` it was made from a saved reply, which
    does besides what ``also`` names. Raises InvalidInput, NotFound, and Conflict when the conversation has changed
    since ``version`` or a colleague is writing an answer.
    """
    key = f"{actor.id}:{key}"[:64]
    access.conversation(session, actor, conversation_id, to_write=True)  # a second click waits here for the first
    again = session.scalar(select(Reply.id).join(Delivery, Delivery.id == Reply.delivery_id).where(Delivery.key == key))
    if again is not None:
        return again
    text = checked(text, limit)
    talk = inbox.open_for(session, actor, conversation_id, version)
    writing.must_answer(session, actor, talk, now)
    target = inbox_queries.reply_target(session, talk.id)
    if target is None:
        raise Conflict(
            _("The comment is no longer there, so it can't be answered. Your text is kept below."), code="target_gone"
        )
    check_may_write(session, talk.contact_id)
    before = _before(talk)
    due_at = now + timedelta(seconds=undo_seconds)
    reply = _speak(session, actor, talk, target, text, key=key, due_at=due_at, now=now)
    talk.assignee_id = talk.assignee_id or actor.id
    offer = saved.offer(session, actor, talk.id, saved_id) if saved_id is not None else None
    if offer is not None:
        _as_saved(session, reply, offer, now)
        before["tagged"] = saved.apply(session, actor, talk, offer.saved.effects, also, now)
        resolve = saved.resolves(offer.saved.effects, also, done=resolve)
    reply.before = {**before, "moved_to": talk.team_id, "also": list(also)}
    resolve = resolve and not talk.remedies_open  # what is owed keeps it open
    inbox.set_state(talk, ConversationState.DONE if resolve else ConversationState.WAITING, None, now)
    talk.version += 1
    writing.drop(session, actor.id, talk.id, Voice.REPLY)
    session.flush()
    inbox.changed(session, talk.id)
    return reply.id


def _speak(
    session: Session,
    author: Actor,
    talk: Conversation,
    target: int,
    text: str,
    *,
    key: str,
    due_at: datetime,
    now: datetime,
) -> Reply:
    """The reply and its delivery, which leaves at ``due_at``."""
    delivery_id = outbox.request(
        session,
        key=key,
        act=Act.REPLY,
        comment=session.get_one(Comment, target),
        conversation_id=talk.id,
        text=text,
        actor_id=author.id,
        now=now,
        due_at=due_at,
    )
    reply = Reply(
        id=new_id(),
        conversation_id=talk.id,
        delivery_id=delivery_id,
        comment_id=target,
        author_id=author.id,
        text=text,
        created_at=now,
        before={},
    )
    session.add(reply)
    session.flush()
    return reply


def _as_saved(session: Session, reply: Reply, offer: Offer, now: datetime) -> None:
    """Count the use of a saved reply."""
    unchanged = offer.text.strip() == reply.text
    session.add(SavedUse(reply_id=reply.id, saved_id=offer.saved.id, unchanged=unchanged))
    texts_service.count_use(session, offer.saved.id, unchanged=unchanged, now=now)


def _forget_use(session: Session, reply: Reply) -> int | None:
    """The reply was taken back; answer the saved reply it was made from."""
    use = session.get(SavedUse, reply.id)
    if use is None:
        return None
    session.delete(use)
    texts_service.uncount_use(session, use.saved_id, unchanged=use.unchanged)
    return use.saved_id


def _before(talk: Conversation) -> dict[str, Any]:
    """What taking the reply back restores."""
    return {
        "state": talk.state.value,
        "waiting_since": talk.waiting_since.isoformat() if talk.waiting_since else None,
        "assignee_id": talk.assignee_id,
        "team_id": talk.team_id,
    }


def checked(text: str, limit: LengthLimit | None) -> str:
    """The text as it will be sent. Raises InvalidInput when it is empty too long for the platform, or has gaps."""
    text = texts.plain(text).strip()
    if not text:
        raise InvalidInput(_("Write something first."), field="text")
    left = texts_rules.gaps(text)
    if left:
        raise InvalidInput(_("Fill in %(gap)s before you send it.", gap=left[0]), field="text")
    over = rules.too_long_by(text, limit)
    if over:
        message = ngettext("This is %(num)s character too long.", "This is %(num)s characters too long.", over)
        raise InvalidInput(message, field="text")
    return text


def undo(session: Session, actor: Actor, reply_id: int, now: datetime) -> int:
    """Take a reply back before it leaves; answer the conversation's id. The text becomes a draft again.

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
    if reply.before.get("tagged"):
        tags.take_off(session, actor, talk.id, reply.before["tagged"], None, now)
    words = Words(reply.text, _forget_use(session, reply), tuple(reply.before.get("also", ())))
    writing.put_back(session, actor, talk.id, words, now)
    inbox.record(session, talk, EventKind.REPLY_UNDONE, actor, now)
    return talk.id


def _restore(talk: Conversation, reply: Reply, now: datetime) -> None:
    since = reply.before["waiting_since"]
    if talk.state in (ConversationState.WAITING, ConversationState.DONE):
        inbox.set_state(
            talk, ConversationState(reply.before["state"]), datetime.fromisoformat(since) if since else None, now
        )
    moved = reply.before.get("moved_to", talk.team_id) == talk.team_id != reply.before.get("team_id", talk.team_id)
    if moved:
        talk.team_id = reply.before["team_id"]
    if talk.assignee_id == reply.author_id or (moved and talk.assignee_id is None):
        talk.assignee_id = reply.before["assignee_id"]


def settle(session: Session, actor: Actor, reply_id: int, *, send_again: bool, now: datetime) -> int:
    """Decide about a reply that failed or whose outcome nobody could know; answer the conversation's id."""
    reply = session.get(Reply, reply_id)
    if reply is None:
        raise NotFound(_("There is no such reply."))
    talk = access.conversation(session, actor, reply.conversation_id, to_write=True)
    if send_again:
        check_may_write(session, talk.contact_id)
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
