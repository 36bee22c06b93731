"""What becomes of a conversation by what happens elsewhere: at its page, or to what was promised to its person."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.connectors.ports import Status
from app.core.errors import Conflict
from app.core.i18n import gettext as _
from app.inbox import service
from app.inbox.arrivals import Echo
from app.inbox.models import Comment, Conversation
from app.inbox.types import ConversationState, EventKind, Mark


def not_carried_out(
    session: Session, conversation_id: int, kind: EventKind, code: str, now: datetime, *, reply: bool
) -> None:
    """An act at the page failed: the conversation waits for us again, with the reason; with ``reply`` it stands among
    what could not be sent until somebody has decided."""
    talk = session.get(Conversation, conversation_id)
    if talk is None:
        return
    if reply:
        service.mark(session, conversation_id, Mark.UNSENT, now)
    if talk.state in (ConversationState.WAITING, ConversationState.DONE):
        service.set_state(talk, ConversationState.NEW, service.last_inbound(session, talk.id) or now, now)
    service.record(session, talk, kind, None, now, {"code": code})


def answered_elsewhere(session: Session, echoes: Sequence[Echo], now: datetime) -> None:
    """Somebody answered at the platform itself: those conversations wait only for what was said after that answer."""
    ids = [echo.comment_id for echo in echoes]
    talks: dict[int, None] = {}
    for start in range(0, len(ids), 500):
        query = select(Comment.conversation_id).where(
            Comment.id.in_(ids[start : start + 500]), Comment.conversation_id.is_not(None)
        )
        talks.update(dict.fromkeys(one for one in session.scalars(query) if one is not None))
    for start in range(0, len(talks), 500):
        part = list(talks)[start : start + 500]
        said: dict[int, tuple[datetime | None, list[datetime]]] = {}
        lines = select(Comment.conversation_id, Comment.is_us, Comment.published_at).where(
            Comment.conversation_id.in_(part), Comment.status.in_([Status.LIVE, Status.HELD])
        )
        for talk_id, is_us, at in session.execute(lines):
            ours, theirs = said.get(talk_id or 0, (None, []))
            said[talk_id or 0] = (max(ours, at) if ours else at, theirs) if is_us else (ours, [*theirs, at])
        for talk in session.scalars(select(Conversation).where(Conversation.id.in_(part))):
            if talk.state is not ConversationState.NEW:
                talk.put_off_until = None
                continue
            ours, theirs = said.get(talk.id, (None, []))
            later = [at for at in theirs if ours is None or at > ours]
            state = ConversationState.NEW if later else ConversationState.WAITING
            service.set_state(talk, state, min(later) if later else None, now)
    session.flush()


def set_remedies_open(session: Session, talk: Conversation, count: int, now: datetime) -> None:
    """Say how many remedies are not finished yet; with any, a conversation that was done waits again.

    ``talk`` is locked for a change. Raises Conflict for one that was set aside as spam.
    """
    if count and talk.state is ConversationState.SPAM:
        raise Conflict(_("This conversation was set aside as spam. Say first that it is not."), code="spam")
    if count and talk.state is ConversationState.DONE:
        service.set_state(talk, ConversationState.WAITING, None, now)
    talk.remedies_open = count
    session.flush()
    if count:
        service.mark(session, talk.id, Mark.OWED, now)
    else:
        service.unmark(session, talk.id, Mark.OWED)


def waits_again(session: Session, talk: Conversation, now: datetime) -> None:
    """Something that was promised came to nothing: the conversation waits for us, since the person's last words."""
    if talk.state in (ConversationState.WAITING, ConversationState.DONE):
        service.set_state(talk, ConversationState.NEW, service.last_inbound(session, talk.id) or now, now)
        session.flush()
