"""What rules put off waits for us once its time has come. Services flush; the edge commits."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.inbox import service
from app.inbox.models import Conversation
from app.inbox.types import EventKind
from app.signals.service import tell
from app.signals.types import SignalKind

AT_ONCE = 200


def has_due(session: Session, now: datetime) -> bool:
    """Whether the time of any conversation has come."""
    return session.scalar(select(Conversation.id).where(Conversation.put_off_until <= now).limit(1)) is not None


def wake(session: Session, now: datetime) -> int:
    """Have up to 200 conversations wait for us, since their people wrote last; answer how many.

    Skips rows that another worker has locked (PostgreSQL).
    """
    query = select(Conversation).where(Conversation.put_off_until <= now).order_by(Conversation.put_off_until)
    talks = list(session.scalars(query.limit(AT_ONCE).with_for_update(skip_locked=True)))
    of_team: dict[int, list[int]] = defaultdict(list)
    for talk in talks:
        service.waits_again(session, talk, now)
        service.record(session, talk, EventKind.WOKE, None, now)
        of_team[talk.team_id].append(talk.id)
    for team_id, conversations in of_team.items():
        tell(session, SignalKind.NEW_IN_TEAM, now, team_id=team_id, conversations=conversations)
    return len(talks)
