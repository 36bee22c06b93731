"""Reading what is kept."""

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from app.accounts.models import Team, User
from app.accounts.types import Actor
from app.desk import models
from app.desk.types import COUNTED_TO, SavedView
from app.inbox.types import Length

_KEPT, _LONG = models.SavedView, models.SavedViewLength
_SAVED = (
    select(_KEPT, User.name, Team.name, _LONG.n)
    .join(User, User.id == _KEPT.owner_id)
    .outerjoin(Team, Team.id == _KEPT.team_id)
    .outerjoin(_LONG, and_(_LONG.view_id == _KEPT.id, _LONG.user_id == bindparam("owner_id")))
    .where(or_(_KEPT.owner_id == bindparam("owner_id"), _KEPT.team_id.in_(bindparam("team_ids", expanding=True))))
    .order_by(func.lower(_KEPT.name), _KEPT.id)
)
"""Put together once, as every list asks it."""


def saved_views(session: Session, actor: Actor) -> list[SavedView]:
    """One's own and those of one's teams, by name; one statement."""
    mine = {"owner_id": actor.id, "team_ids": sorted(actor.team_ids)}
    return [
        SavedView(one.id, one.name, one.address, one.owner_id, owner, one.team_id, team, _length(n))
        for one, owner, team, n in session.execute(_SAVED, mine)
    ]


def _length(n: int | None) -> Length | None:
    return None if n is None else Length(n, exact=n < COUNTED_TO)
