"""Somebody stops working here: what was theirs waits for anyone in its team again."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts import staff
from app.accounts.types import Actor
from app.core.db import run_in_bulk
from app.core.jobs import JobName, defer_wake
from app.inbox import service as inbox
from app.inbox.models import Conversation
from app.inbox.types import ConversationState, EventKind

_OPEN = (ConversationState.NEW, ConversationState.WAITING)


def switch_off(session: Session, actor: Actor, user_id: int, now: datetime) -> int:
    """Switch an account off and free what was assigned to it; answer how many conversations wait for anyone again.

    Finished ones are freed too, without a line in their histories: if their people write again, nobody must miss it.
    Raises Forbidden, NotFound, Conflict.
    """
    staff.switch_off(session, actor, user_id, now)
    theirs = Conversation.assignee_id == user_id
    freed = session.scalars(
        select(Conversation).where(theirs, Conversation.state.in_(_OPEN)).order_by(Conversation.id).with_for_update()
    ).all()
    for talk in freed:
        talk.assignee_id = None
        inbox.record(session, talk, EventKind.RELEASED, None, now)
    session.flush()
    run_in_bulk(session, update(Conversation).where(theirs).values(assignee_id=None, version=Conversation.version + 1))
    defer_wake(session, JobName.ASSIGN)
    return len(freed)
