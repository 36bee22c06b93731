"""What somebody keeps on their desk, as others see it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.inbox.types import ConversationState, Length, ListFilter, Mark

COUNTED_TO = 100
"""Lists whose length is not kept are counted so far."""


class Deed(StrEnum):
    """What can be done to many conversations at once."""

    TAKE = "take"
    ASSIGN = "assign"
    MOVE = "move"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    PUT_OFF = "put_off"
    SPAM = "spam"
    TAG = "tag"
    UNTAG = "untag"
    UNDO = "undo"
    """Take an entry of the journal back; its conversations are the list."""


@dataclass(frozen=True, slots=True)
class Task:
    """A deed, and what it needs to be known besides."""

    deed: Deed
    to_id: int | None = None
    """The person, team or tag that it is about."""
    until: datetime | None = None
    """When what is put off waits for us again."""


@dataclass(frozen=True, slots=True)
class Did:
    """What came of work on many conversations."""

    done: int
    left: int
    """Those that changed in between, or that it can't be done to: left as they are."""
    entry_id: int | None
    """What to take back."""


@dataclass(frozen=True, slots=True)
class JobView:
    """Work on a whole list, as far as it is done."""

    id: int
    deed: Deed
    total: int
    done: int
    left: int
    entry_id: int | None
    finished_at: datetime | None
    stopped: bool
    """Whether a person stopped it before its end."""


def written(wanted: ListFilter) -> dict[str, object]:
    """A list as JSON; ``read`` reads it."""
    return {
        "state": wanted.state,
        "mark": wanted.mark,
        "team_ids": None if wanted.team_ids is None else sorted(wanted.team_ids),
        "assignee_id": wanted.assignee_id,
        "unassigned": wanted.unassigned,
        "put_off": wanted.put_off,
        "chosen": [list(one) for one in wanted.chosen],
    }


def read(kept: dict[str, Any]) -> ListFilter:
    """The list that ``written`` wrote."""
    return ListFilter(
        state=ConversationState(kept["state"]) if kept["state"] else None,
        mark=Mark(kept["mark"]) if kept["mark"] else None,
        team_ids=None if kept["team_ids"] is None else frozenset(kept["team_ids"]),
        assignee_id=kept["assignee_id"],
        unassigned=kept["unassigned"],
        put_off=kept.get("put_off", False),
        chosen=tuple((name, value) for name, value in kept["chosen"]),
    )


@dataclass(frozen=True, slots=True)
class SavedView:
    """A list that somebody keeps under a name, for themselves or for a team."""

    id: int
    name: str
    address: str
    """The list as an address names it: a query string."""
    owner_id: int
    owner: str
    team_id: int | None
    """Whose it is besides its owner's; None: nobody else's."""
    team: str | None
    length: Length | None
    """How many conversations it holds for who asks, where a job counts them; None where they are kept otherwise, or not
    counted yet."""
