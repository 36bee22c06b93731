"""Who may see and change what is kept; no database, no clock."""

from app.accounts import rules as accounts
from app.accounts.types import Actor, Permission
from app.inbox.types import ListFilter

NAME_LENGTH = 60
UNDO_AT_ONCE = 200
"""Conversations that are put back while somebody waits; more are left to a worker."""
VIEWS_AT_MOST = 50
"""Saved views one person may own."""


AT_ONCE = 200
"""Conversations that one may choose one by one."""
PORTION = 50
"""Conversations of a whole list that are done in one transaction."""


def may_act_on_all(actor: Actor, wanted: ListFilter) -> bool:
    """Whole lists: one's own and those of one's own teams; of others only who looks after what all see."""
    if accounts.may(actor.role, Permission.CURATE) or wanted.assignee_id == actor.id:
        return True
    chosen = dict(wanted.chosen)
    teams = wanted.team_ids if wanted.team_ids is not None else frozenset({int(chosen.get("team", 0))})
    return bool(teams) and teams <= actor.team_ids


def may_see(actor: Actor, owner_id: int, team_id: int | None) -> bool:
    """One's own, and those of one's teams."""
    return owner_id == actor.id or (team_id is not None and team_id in actor.team_ids)


def may_change(actor: Actor, owner_id: int, team_id: int | None) -> bool:
    """One's own private ones; a team's only who looks after what all see, in teams of their own."""
    if team_id is None:
        return owner_id == actor.id
    return team_id in actor.team_ids and accounts.may(actor.role, Permission.CURATE)
