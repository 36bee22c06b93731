"""Deliveries: asked for, claimed, recorded. Each step is a short transaction of its own; none spans the network."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from app.connectors.ports import Target
from app.core.db import changed_rows, run_in_bulk
from app.core.errors import Conflict
from app.core.events import Changed, announce
from app.core.i18n import gettext as _
from app.core.ids import new_id
from app.core.jobs import JobName, defer_wake
from app.inbox.models import Comment, Post
from app.outbox import results
from app.outbox.models import Delivery
from app.outbox.types import Act, Claimed, DeliveryState
from app.pages.models import Connection, Page
from app.pages.types import ConnectionState, PageState


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
        state=DeliveryState.QUEUED,
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
        .where(Delivery.id == delivery_id, Delivery.state == DeliveryState.QUEUED, Delivery.attempts == 0)
        .values(state=DeliveryState.CANCELLED)
    )
    if changed_rows(session, statement) != 1:
        raise Conflict(_("Too late: it is on its way already."), code="already_sent")


def due(session: Session, now: datetime, limit: int = 200) -> list[int]:
    """Ids of deliveries that can be worked on now: one a page, the longest due first, none of stopped pages."""
    expired = Delivery.lease_until <= now
    ready = or_(
        and_(Delivery.state == DeliveryState.QUEUED, Delivery.due_at <= now),
        and_(Delivery.state == DeliveryState.SENDING, expired),
        and_(
            Delivery.state == DeliveryState.UNKNOWN,
            Delivery.due_at <= now,
            or_(Delivery.lease_until.is_(None), expired),
        ),
    )
    query = (
        select(Delivery.page_id, Delivery.id)
        .join(Page, Page.id == Delivery.page_id)
        .join(Connection, Connection.page_id == Delivery.page_id)
        .where(ready, Page.state == PageState.ACTIVE, Connection.state != ConnectionState.STOPPED)
        .order_by(Delivery.due_at, Delivery.id)
        .limit(limit)
    )
    chosen: dict[int, int] = {}
    for page_id, delivery_id in session.execute(query):
        chosen.setdefault(page_id, delivery_id)
    return list(chosen.values())


def has_due(session: Session, now: datetime) -> bool:
    """Whether a worker would find something to do."""
    return bool(due(session, now, limit=1))


def claim(session: Session, delivery_id: int, now: datetime, lease_seconds: float) -> Claimed | None:
    """Claim a delivery for this process; None when somebody else was quicker.

    One that was being sent when its lease ran out may have arrived: it is claimed to be looked up, not to be sent.
    """
    lease = secrets.token_hex(8)
    until = now + timedelta(seconds=lease_seconds)
    free = or_(Delivery.lease_until.is_(None), Delivery.lease_until <= now)
    send = (
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.state == DeliveryState.QUEUED, Delivery.due_at <= now)
        .values(
            state=DeliveryState.SENDING,
            attempts=Delivery.attempts + 1,
            first_sent_at=func.coalesce(Delivery.first_sent_at, now),
            lease=lease,
            lease_until=until,
        )
    )
    look = (
        update(Delivery)
        .where(
            Delivery.id == delivery_id,
            Delivery.state.in_([DeliveryState.SENDING, DeliveryState.UNKNOWN]),
            Delivery.due_at <= now,
            free,
        )
        .values(state=DeliveryState.UNKNOWN, lease=lease, lease_until=until)
    )
    if changed_rows(session, send) == 1:
        claimed = _claimed(session, delivery_id, lease, until, look_up=False)
        return None if results.record_unwanted(session, claimed, now) else claimed
    if changed_rows(session, look) == 1:
        return _claimed(session, delivery_id, lease, until, look_up=True)
    return None


def _claimed(session: Session, delivery_id: int, lease: str, until: datetime, *, look_up: bool) -> Claimed:
    query = (
        select(Delivery, Page, Connection, Comment, Post.external_id)
        .join(Page, Page.id == Delivery.page_id)
        .join(Connection, Connection.page_id == Delivery.page_id)
        .join(Comment, Comment.id == Delivery.comment_id)
        .join(Post, Post.id == Comment.post_id)
        .where(Delivery.id == delivery_id)
    )
    one, page, connection, comment, post = session.execute(query.execution_options(populate_existing=True)).one()
    announce(session, Changed("conversation", one.conversation_id))
    return Claimed(
        id=one.id,
        page_id=page.id,
        connector=page.connector,
        url=page.url,
        settings=dict(connection.settings),
        sealed_secret=connection.sealed_secret,
        act=one.act,
        target=Target(comment.external_id, post, comment.url),
        text=one.text,
        key=one.key,
        look_up=look_up,
        first_sent_at=one.first_sent_at or one.created_at,
        lease=lease,
        lease_until=until,
    )


def remove_pages(session: Session, page_ids: Sequence[int]) -> None:
    """Remove all deliveries of these pages."""
    run_in_bulk(session, delete(Delivery).where(Delivery.page_id.in_(page_ids)))
