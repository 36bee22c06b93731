"""Deliveries: asked for, and taken back in time."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.core.db import changed_rows, run_in_bulk
from app.core.errors import Conflict
from app.core.i18n import gettext as _
from app.core.ids import new_id
from app.core.jobs import JobName, defer_wake
from app.inbox.models import Comment
from app.outbox.models import Delivery
from app.outbox.types import Act
from app.sending.types import SendState


def request(
    session: Session,
    *,
    key: str,
    act: Act,
    comment: Comment,
    conversation_id: int,
    text: str,
    actor_id: int | None,
    now: datetime,
    due_at: datetime,
) -> int:
    """Put an act into the outbox; answer the delivery's id. The same key again answers the same delivery.

    ``actor_id`` is None for what a rule asked for.
    """
    known = session.scalar(select(Delivery.id).where(Delivery.key == key))
    if known is not None:
        return known
    delivery = Delivery(
        id=new_id(),
        key=key,
        page_id=comment.page_id,
        conversation_id=conversation_id,
        comment_id=comment.id,
        act=act,
        text=text,
        actor_id=actor_id,
        created_at=now,
        state=SendState.QUEUED,
        due_at=due_at,
    )
    session.add(delivery)
    session.flush()
    if due_at <= now:
        defer_wake(session, JobName.DELIVER)
    return delivery.id


def cancel(session: Session, delivery_id: int) -> None:
    """Take an act back before it leaves. Raises Conflict when it is on its way already."""
    statement = (
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.state == SendState.QUEUED, Delivery.attempts == 0)
        .values(state=SendState.CANCELLED)
    )
    if changed_rows(session, statement) != 1:
        raise Conflict(_("Too late: it is on its way already."), code="already_sent")


def remove_pages(session: Session, page_ids: Sequence[int]) -> None:
    """Remove all deliveries of these pages."""
    run_in_bulk(session, delete(Delivery).where(Delivery.page_id.in_(page_ids)))
