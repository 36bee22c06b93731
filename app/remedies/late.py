"""What has waited longer than the policy allows: those who can see to it are told, once for each deadline."""

from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.remedies.models import Remedy
from app.remedies.types import OPEN, State
from app.signals import service as signals
from app.signals.types import SignalKind

WAITS_FOR = {
    State.ASKED: "decide",
    State.APPROVED: "do",
    State.EXECUTING: "do",
    State.EXECUTED: "tell",
}
"""What is overdue in each state that has a deadline."""


def any_due(session: Session, now: datetime) -> bool:
    """Whether a deadline has passed that nobody was told of."""
    return session.scalar(select(Remedy.id).where(*_untold(now)).limit(1)) is not None


def remind(session: Session, now: datetime, limit: int = 100) -> int:
    """Leave word of every deadline that has passed; answer how many."""
    found = session.scalars(select(Remedy).where(*_untold(now)).order_by(Remedy.due_at).limit(limit)).all()
    for one in found:
        one.late_at = one.due_at
        signals.tell(
            session,
            SignalKind.REMEDY_LATE,
            now,
            people=[one.requester_id],
            conversation_id=one.conversation_id,
            remedy=one.id,
            amount=one.amount,
            currency=one.currency,
            waits_for=WAITS_FOR.get(one.state, "do"),
        )
    session.flush()
    return len(found)


def _untold(now: datetime) -> tuple[Any, ...]:
    return (
        Remedy.state.in_(OPEN),
        Remedy.due_at <= now,
        or_(Remedy.late_at.is_(None), Remedy.late_at != Remedy.due_at),
    )
