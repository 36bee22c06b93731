"""Conversations and lists of them as others see them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ConversationState(StrEnum):
    """``new``: waits for us. ``waiting``: we answered. ``done``: nothing more to do. ``spam``: set aside."""

    NEW = "new"
    WAITING = "waiting"
    DONE = "done"
    SPAM = "spam"


class Priority(StrEnum):
    NORMAL = "normal"
    HIGH = "high"


class EventKind(StrEnum):
    """System lines in a conversation's history."""

    HANDED_OVER = "handed_over"
    TAKEN = "taken"
    ASSIGNED = "assigned"
    RELEASED = "released"
    GIVEN_OUT = "given_out"
    GIVEN_BACK = "given_back"
    NOT_IN_TIME = "not_in_time"
    INHERITED = "inherited"
    KEPT = "kept"
    """Given to who looks after the page, as nobody took it."""
    RESOLVED = "resolved"
    REOPENED = "reopened"
    PUT_OFF = "put_off"
    WOKE = "woke"
    """It had been put off until then, by somebody or by a rule."""
    SPAM = "spam"
    NOT_SPAM = "not_spam"
    REPLY_UNDONE = "reply_undone"
    REPLY_FAILED = "reply_failed"
    REPLY_UNCLEAR = "reply_unclear"
    MODERATED = "moderated"
    VANISHED = "vanished"
    IDENTIFIED = "identified"
    """The page named the author of a comment that had none."""
    TAGGED = "tagged"
    UNTAGGED = "untagged"
    APPROVAL_ASKED = "approval_asked"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    UNDONE = "undone"
    NOTED = "noted"
    """Only in the journal: the note itself stands in the conversation."""
    HELD = "held"
    """An answer waits until two departments agree."""
    REMEDY = "remedy"


class Mark(StrEnum):
    """Why a conversation stands in a list of its own, whatever its state. Whoever knows sets and clears it
    (``app.inbox.service.mark`` and ``unmark``)."""

    APPROVAL = "approval"
    """A reply of ours waits for somebody's approval."""
    UNSENT = "unsent"
    """A reply of ours could not be sent, or nobody knows whether it was."""
    SOON = "soon"
    """A target will be missed soon, at ``at``; goes by itself when the person no longer waits for us."""
    LATE = "late"
    """A target was missed at ``at``; goes by itself too."""
    OWED = "owed"
    """A remedy was asked for and is not finished."""
    FOLLOW_UP = "follow_up"
    """Something was promised for a day that has come."""
    HELD = "held"
    """An answer of ours contradicts another department, and waits until somebody says how to go on."""


TARGETS = (Mark.SOON, Mark.LATE)
"""Marks that say how a conversation stands to its targets; it has one of them at most."""


class Later(StrEnum):
    """When something that is put off comes back, of what is offered; anything else is a day and a time."""

    HOURS = "hours"
    """In three hours."""
    TOMORROW = "tomorrow"
    MONDAY = "monday"


class View(StrEnum):
    """The lists of the inbox."""

    TEAM = "team"
    MINE = "mine"
    UNASSIGNED = "unassigned"
    APPROVAL = "approval"
    UNSENT = "unsent"
    PUT_OFF = "put_off"
    ALL = "all"
    SPAM = "spam"


@dataclass(frozen=True, slots=True)
class ListFilter:
    """What a list shows. ``state`` None means any; ``team_ids`` None means every team."""

    state: ConversationState | None
    mark: Mark | None = None
    """Only conversations with it, those first that have had it longest."""
    team_ids: frozenset[int] | None = None
    assignee_id: int | None = None
    unassigned: bool = False
    put_off: bool = False
    """Only what nobody needs to look at yet, first what comes back first."""
    chosen: tuple[tuple[str, str], ...] = ()
    """What somebody narrowed the list down to: names and values of ``app.inbox.filters``."""


@dataclass(frozen=True, slots=True)
class Waited:
    """A time that a person waited for us, and what it ended in: an answer (``waiting``), done, or spam."""

    since: datetime
    until: datetime
    ended: ConversationState


@dataclass(frozen=True, slots=True)
class Length:
    """How long a list is; at least so long when it is not ``exact``."""

    n: int
    exact: bool = True

    def __bool__(self) -> bool:
        return self.n > 0


@dataclass(frozen=True, slots=True)
class Position:
    """Where a list goes on: after this row."""

    at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    id: int
    version: int
    person: str
    vip: bool
    do_not_contact: bool
    connector: str
    page_id: int
    page_name: str
    demo: bool
    post_title: str | None
    snippet: str
    state: ConversationState
    priority: Priority
    team_id: int
    team_name: str
    assignee_id: int | None
    assignee_name: str | None
    at: datetime
    """Waiting since, for those that wait for us; in a list of marked ones since when they are; of those put off, until
    when; else the last change."""
    comments: int
    private: bool
    """Whether what they said last, or what was answered here since, is read by nobody else."""
    marks: frozenset[Mark]
    due_at: datetime | None
    """When a target is missed, or was, for those with one of the marks that say so."""
    put_off_until: datetime | None
    tags: tuple[str, ...]
    here: bool
    """Whether it belongs into the list it was asked for with."""


@dataclass(frozen=True, slots=True)
class Undone:
    """What taking an action back came to."""

    kind: EventKind
    conversations: tuple[int, ...]
    """Those that are again as they were."""
    left: tuple[tuple[int, str], ...]
    """Those that somebody has changed since, with the person's name (empty: nobody here), left as they are."""
