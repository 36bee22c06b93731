"""Reading the outbox."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.outbox.models import Delivery
from app.outbox.types import Act, DeliveryView
from app.sending.types import SendState


def views(session: Session, ids: Iterable[int]) -> dict[int, DeliveryView]:
    """Deliveries by id."""
    found = session.scalars(select(Delivery).where(Delivery.id.in_(list(ids))))
    return {one.id: view(one) for one in found}


def view(one: Delivery) -> DeliveryView:
    return DeliveryView(
        id=one.id,
        act=one.act,
        state=one.state,
        due_at=one.due_at,
        attempts=one.attempts,
        url=one.external_url,
        held=one.held,
        error_code=one.error_code,
        error_detail=one.error_detail,
        sent_at=one.sent_at,
    )


def answered_privately(session: Session, comment_id: int) -> bool:
    """Whether a private reply to this comment was sent, may have been, or is on its way."""
    query = select(Delivery.id).where(
        Delivery.comment_id == comment_id,
        Delivery.act == Act.PRIVATE_REPLY,
        Delivery.state.not_in([SendState.CANCELLED, SendState.FAILED]),
    )
    return session.scalar(query.limit(1)) is not None


def waiting_by_page(session: Session) -> dict[int, int]:
    """How many acts wait for each page; for the health of stopped pages."""
    query = select(Delivery.page_id, func.count()).where(Delivery.state.in_([SendState.QUEUED, SendState.UNKNOWN]))
    return dict(session.execute(query.group_by(Delivery.page_id)).all())


def oldest_due(session: Session) -> datetime | None:
    """Since when the outbox has been behind; None when nothing waits."""
    return session.scalar(select(func.min(Delivery.due_at)).where(Delivery.state == SendState.QUEUED))
