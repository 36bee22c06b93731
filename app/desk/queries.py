"""Reading what is kept."""

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.accounts.models import Team, User
from app.accounts.types import Actor
from app.desk import models
from app.desk.types import SavedView


def saved_views(session: Session, actor: Actor) -> list[SavedView]:
    """One's own and those of one's teams, by name; one statement."""
    kept = models.SavedView
    query = (
        select(kept, User.name, Team.name)
        .join(User, User.id == kept.owner_id)
        .outerjoin(Team, Team.id == kept.team_id)
        .where(or_(kept.owner_id == actor.id, kept.team_id.in_(sorted(actor.team_ids))))
        .order_by(func.lower(kept.name), kept.id)
    )
    return [
        SavedView(one.id, one.name, one.address, one.owner_id, owner, one.team_id, team)
        for one, owner, team in session.execute(query)
    ]
