"""What trials said about a text of rules, before it is published."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.routing import queries, reading, replay
from app.routing.models import RuleTrial
from app.routing.tally import SHARE_FOR_TWO, share_out_of_sight
from app.routing.types import TrialState

LEAST = 100
"""Conversations before the share that rules put out of sight says anything, where there are so many."""
_LOOKED_AT = 20


@dataclass(frozen=True, slots=True)
class Tried:
    """What the latest trials of exactly one text said together."""

    conversations: int
    """As many as the longest of them replayed."""
    share: float
    """The most that any of them saw put out of sight, of those that say anything."""
    beside: bool
    """Whether one compared it with what is in force now, so that somebody could see what publishing changes."""
    enough: bool
    """Whether they replayed enough to tell how much it puts out of sight."""

    @property
    def takes_two(self) -> bool:
        """Whether a second person has to agree."""
        return self.share > SHARE_FOR_TWO


def of(session: Session, source: str, digest: str, now: datetime) -> Tried | None:
    """What the trials of a text said; None when none was finished."""
    query = select(RuleTrial).where(RuleTrial.digest == digest, RuleTrial.state == TrialState.DONE)
    done = session.scalars(query.order_by(RuleTrial.id.desc()).limit(_LOOKED_AT)).all()
    if not done:
        return None
    most = max(one.done for one in done)
    present = queries.in_force_id(session)
    return Tried(
        conversations=most,
        share=max(share_out_of_sight(one.tally) for one in done if one.done >= min(LEAST, most)),
        beside=any(one.against_id == present for one in done),
        enough=most >= LEAST
        or not any(rule.then.out_of_sight for rule in reading.read(source))
        or replay.span(session, replay.LONGEST_DAYS, now).count < LEAST,
    )
