"""Who may see and change what is kept; no database, no clock."""

from app.accounts import rules as accounts
from app.accounts.types import Actor, Permission

NAME_LENGTH = 60
UNDO_AT_ONCE = 200
"""Conversations that are put back while somebody waits; more are left to a worker."""
VIEWS_AT_MOST = 50
"""Saved views one person may own."""


def may_see(actor: Actor, owner_id: int, team_id: int | None) -> bool:
    """One's own, and those of one's teams."""
    return owner_id == actor.id or (team_id is not None and team_id in actor.team_ids)


def may_change(actor: Actor, owner_id: int, team_id: int | None) -> bool:
    """One's own private ones; a team's only who looks after what all see, in teams of their own."""
    if team_id is None:
        return owner_id == actor.id
    return team_id in actor.team_ids and accounts.may(actor.role, Permission.CURATE)
