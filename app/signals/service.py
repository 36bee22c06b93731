"""Leaving a signal, and taking what was left. Services flush; the edge commits."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.core.ids import new_id
from app.core.jobs import JobName, defer_wake
from app.signals.models import SignalRow
from app.signals.types import Signal, SignalKind

TRIES = 5
"""How often a signal that can't be told is taken up again."""
_PAUSE = timedelta(minutes=2)


def tell(
    session: Session,
    kind: SignalKind,
    now: datetime,
    *,
    actor_id: int | None = None,
    people: Iterable[int] = (),
    conversation_id: int | None = None,
    page_id: int | None = None,
    team_id: int | None = None,
    **facts: Any,
) -> None:
    """Leave word that this happened, in the transaction in which it happened: both stand, or neither.

    ``actor_id`` is who did it; nobody is told what they did themselves. ``facts`` must be JSON: codes and ids, never
    what a customer wrote.
    """
    row = SignalRow(
        id=new_id(),
        kind=kind,
        at=now,
        actor_id=actor_id,
        people=sorted(set(people)),
        conversation_id=conversation_id,
        page_id=page_id,
        team_id=team_id,
        facts=facts,
        due_at=now,
    )
    _leave(session, [row])


def tell_each(session: Session, kind: SignalKind, now: datetime, whose: Mapping[int, int]) -> None:
    """The same about many conversations at once, each to one person: ``whose`` has the person by the conversation."""
    rows = [
        SignalRow(id=new_id(), kind=kind, at=now, people=[user_id], conversation_id=talk_id, facts={}, due_at=now)
        for talk_id, user_id in whose.items()
    ]
    _leave(session, rows)


def _leave(session: Session, rows: Sequence[SignalRow]) -> None:
    if rows:
        session.add_all(rows)
        session.flush()
        defer_wake(session, JobName.NOTIFY)


def take(session: Session, now: datetime, limit: int = 100) -> list[Signal]:
    """The oldest signals that are due, held until the transaction ends; those others hold are left out."""
    query = select(SignalRow).where(SignalRow.due_at <= now).order_by(SignalRow.id).limit(limit)
    return [
        Signal(
            row.id,
            row.kind,
            row.at,
            row.actor_id,
            tuple(row.people),
            row.conversation_id,
            row.page_id,
            row.team_id,
            row.facts,
            row.tries,
        )
        for row in session.scalars(query.with_for_update(skip_locked=True))
    ]


def told(session: Session, signal: Signal) -> None:
    """It became what it had to become."""
    session.execute(delete(SignalRow).where(SignalRow.id == signal.id))


def not_told(session: Session, signal: Signal, error: str, now: datetime) -> bool:
    """It could not be told: it is taken up again later. False when it was tried often enough and is dropped."""
    if signal.tries + 1 >= TRIES:
        told(session, signal)
        return False
    later = update(SignalRow).where(SignalRow.id == signal.id)
    session.execute(later.values(tries=signal.tries + 1, due_at=now + _PAUSE * (signal.tries + 1), error=error[:120]))
    return True


def forget(session: Session, page_ids: Collection[int], conversation_ids: Collection[int]) -> None:
    """Leave no word about these pages and conversations, which are being removed."""
    for row in session.scalars(select(SignalRow)):
        about = [row.conversation_id, *row.facts.get("conversations", ())]
        known = [one for one in about if one is not None]
        if row.page_id in page_ids or (known and all(one in conversation_ids for one in known)):
            session.delete(row)
    session.flush()


def has_due(session: Session, now: datetime) -> bool:
    """Whether there is anything to tell."""
    return session.scalar(select(SignalRow.id).where(SignalRow.due_at <= now).limit(1)) is not None
