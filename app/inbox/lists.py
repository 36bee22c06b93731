"""The inbox's lists as addresses name them, and what each shows to whom. Decisions only."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from app.inbox import filters
from app.inbox.types import ConversationState, ListFilter, Mark, View

TABS = (ConversationState.NEW, ConversationState.WAITING, ConversationState.DONE)
ONE_STATE: Mapping[View, ConversationState | None] = {
    View.SPAM: ConversationState.SPAM,
    View.APPROVAL: None,
    View.UNSENT: None,
    View.PUT_OFF: None,
}
"""Lists without tabs; None holds conversations in any state."""
_MARKED = {View.APPROVAL: Mark.APPROVAL, View.UNSENT: Mark.UNSENT}


@dataclass(frozen=True, slots=True)
class Named:
    """A list. ``chosen`` are filters and their values, as ``app.inbox.filters`` reads them."""

    view: View
    state: ConversationState | None
    chosen: tuple[tuple[str, str], ...]

    def shown_to(self, user_id: int, team_ids: Collection[int]) -> ListFilter:
        """What it shows to a person in these teams."""
        return ListFilter(
            state=self.state,
            mark=_MARKED.get(self.view),
            team_ids=frozenset(team_ids) if self.view is View.TEAM else None,
            assignee_id=user_id if self.view is View.MINE else None,
            unassigned=self.view is View.UNASSIGNED,
            put_off=self.view is View.PUT_OFF,
            chosen=self.chosen,
        )


def read(args: Mapping[str, str], *, in_teams: bool) -> Named:
    """The list that an address names to somebody who is in a team, or in none; what makes no sense in it counts as not
    said."""
    usual = View.TEAM if in_teams else View.ALL
    view = View(args["view"]) if args.get("view") in list(View) else usual
    state = args.get("state", "")
    named = ConversationState(state) if state in TABS else ConversationState.NEW
    return Named(view, ONE_STATE.get(view, named), filters.read(args.items()))
