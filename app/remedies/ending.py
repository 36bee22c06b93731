"""Requests that nobody decided about, and approvals that nobody made use of, end after their time."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.inbox import consequences
from app.remedies import policies, rules, steps
from app.remedies.models import Remedy
from app.remedies.types import Act, State


def expire(session: Session, now: datetime, limit: int = 50) -> int:
    """End what nobody decided, or made use of, in time; answer how many. Their conversations wait for us again."""
    query = select(Remedy.id).where(
        Remedy.state.in_([State.ASKED, State.APPROVED]), Remedy.since <= now - timedelta(hours=1)
    )
    ended = 0
    for remedy_id in session.scalars(query.order_by(Remedy.since).limit(1_000)).all():
        shown = session.get_one(Remedy, remedy_id)
        policy = policies.version(session, shown.policy_id).policy
        if not rules.asked_too_long(policy, shown.approved_at or shown.since, now):
            continue
        remedy, talk = steps.locked(session, remedy_id)
        if rules.may_happen(remedy.state, Act.EXPIRE):
            steps.move(session, remedy, talk, Act.EXPIRE, now)
            consequences.waits_again(session, talk, now)
            ended += 1
        if ended >= limit:
            break
    return ended


def any_to_expire(session: Session, now: datetime) -> bool:
    """Whether something may have waited too long; asked often, so it only looks at the oldest."""
    query = select(func.min(Remedy.since)).where(Remedy.state.in_([State.ASKED, State.APPROVED]))
    oldest = session.scalar(query)
    return oldest is not None and oldest <= now - timedelta(hours=1)
