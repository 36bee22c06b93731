"""Where somebody is in the inbox: which list, and where in it. Everything stands in the address."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from werkzeug.datastructures import MultiDict

from app.accounts.types import Actor
from app.inbox.types import ConversationState, ListFilter, Position, Row, View

TABS = (ConversationState.NEW, ConversationState.WAITING, ConversationState.DONE)


@dataclass(frozen=True, slots=True)
class Place:
    """A list, and the row it goes on after."""

    view: View
    state: ConversationState
    page_id: int | None = None
    after: Position | None = None

    @property
    def args(self) -> dict[str, Any]:
        """For ``url_for``: the way back to this list."""
        found: dict[str, Any] = {"view": self.view.value}
        if self.state is not ConversationState.NEW and self.view is not View.SPAM:
            found["state"] = self.state.value
        if self.page_id is not None:
            found["page"] = self.page_id
        return found

    @property
    def narrowed(self) -> bool:
        """Whether a filter of the person's own choice hides something."""
        return self.page_id is not None

    def filter(self, actor: Actor) -> ListFilter:
        """What the list shows to this person."""
        return ListFilter(
            state=self.state,
            team_ids=actor.team_ids if self.view is View.TEAM else None,
            assignee_id=actor.id if self.view is View.MINE else None,
            unassigned=self.view is View.UNASSIGNED,
            page_id=self.page_id,
        )

    def holds(self, row: Row, actor: Actor) -> bool:
        """Whether a conversation, as it is now, belongs into this list."""
        wanted = self.filter(actor)
        return (
            row.state is wanted.state
            and (wanted.team_ids is None or row.team_id in wanted.team_ids)
            and (wanted.assignee_id is None or row.assignee_id == wanted.assignee_id)
            and (not wanted.unassigned or row.assignee_id is None)
            and (wanted.page_id is None or row.page_id == wanted.page_id)
        )

    def at(self, view: View) -> "Place":
        """What waits for us in another list, everywhere."""
        state = ConversationState.SPAM if view is View.SPAM else ConversationState.NEW
        return Place(view, state)

    @property
    def tabs(self) -> list["Place"]:
        """This list in all its states."""
        return [self.in_state(state) for state in TABS]

    def in_state(self, state: ConversationState) -> "Place":
        """Another tab of this list."""
        return replace(self, state=state, after=None)


def read(args: MultiDict[str, str], actor: Actor) -> Place:
    """The place that an address names; what makes no sense in it counts as not said."""
    usual = View.TEAM if actor.team_ids else View.ALL
    view = View(args["view"]) if args.get("view") in list(View) else usual
    state = args.get("state", "")
    named = ConversationState(state) if state in TABS else ConversationState.NEW
    page_id = number(args.get("page"))
    return Place(
        view=view,
        state=ConversationState.SPAM if view is View.SPAM else named,
        page_id=page_id,
        after=position(args.get("after", "")),
    )


def mark(at: datetime, key: int) -> str:
    """A position, for an address or a form."""
    return f"{at.isoformat()}~{key}"


def position(text: str) -> Position | None:
    """The position that ``mark`` wrote; None for anything else."""
    at, _tilde, key = text.partition("~")
    when = moment(at)
    return Position(when, int(key)) if when and is_id(key) else None


def moment(text: str) -> datetime | None:
    """A time that an address or a form carries."""
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def number(text: str | None, most: int = 2**31 - 1) -> int | None:
    """The number of a person, team or page in an address or a form; None for anything no such number can be."""
    found = int(text) if text and is_id(text) else 0
    return found if 0 < found <= most else None


def is_id(text: str) -> bool:
    """Whether it is a number that fits a 64-bit column."""
    return text.isascii() and text.isdigit() and len(text) < 19
