"""Conversations and comments as others see them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.campaigns.types import Named
from app.connectors.ports import Item, SaidAs, Status


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
class ConversationView:
    """A conversation's head: everything but what was said."""

    id: int
    version: int
    without_own: int
    """The oldest version that lacks nothing but what the reader did since."""
    page_id: int
    page_name: str
    page_url: str
    connector: str
    demo: bool
    connection_stopped: bool
    post_title: str | None
    post_url: str | None
    post_status: Status
    campaign: Named | None
    """What the post belongs to."""
    contact_id: int
    person: str
    person_url: str | None
    person_email: str | None
    state: ConversationState
    priority: Priority
    team_id: int
    team_name: str
    assignee_id: int | None
    assignee_name: str | None
    waiting_since: datetime | None
    put_off_until: datetime | None
    """Nobody needs to look at it before."""
    target: Mark | None
    """Whether a target will soon be missed here, or was."""
    due_at: datetime | None
    opened_at: datetime
    language: str | None
    reply_to_id: int | None
    """The comment an answer goes to: the person's latest that can be answered."""
    tags: "tuple[TagView, ...]"
    """By name."""


@dataclass(frozen=True, slots=True)
class CommentView:
    """One comment in a thread."""

    id: int
    external_id: str
    parent_id: int | None
    conversation_id: int | None
    author: str
    is_us: bool
    text: str
    url: str | None
    published_at: datetime
    status: Status
    edited_at: datetime | None
    earlier_texts: tuple[str, ...]
    depth: int
    private: bool = False
    """Whether only its author and we can read it."""


@dataclass(frozen=True, slots=True)
class TagView:
    """A word that conversations are sorted by. ``removed``: nobody sees it any more, and it can be brought back."""

    id: int
    name: str
    removed: bool


@dataclass(frozen=True, slots=True)
class Undone:
    """What taking an action back came to."""

    kind: EventKind
    conversations: tuple[int, ...]
    """Those that are again as they were."""
    left: tuple[tuple[int, str], ...]
    """Those that somebody has changed since, with the person's name (empty: nobody here), left as they are."""


@dataclass(frozen=True, slots=True)
class NoteView:
    id: int
    author: str
    text: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class EventView:
    """A system line; the words are made where it is shown."""

    kind: EventKind
    actor_id: int | None
    actor: str | None
    at: datetime
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """What colleagues and Porchlight left in a conversation, each oldest first."""

    notes: list[NoteView]
    events: list[EventView]


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """Another conversation of the same contact."""

    id: int
    page_name: str
    post_title: str | None
    snippet: str
    state: ConversationState
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """What routing may look at. ``texts`` are the person's comments, oldest first.

    What is looked up only when somebody asks for it (``earlier``, ``author_vip``, ``stances``, ``remedy_open``,
    ``campaign_id``, ``connector``, ``kind``, ``confidence``) is left at its default by who makes the facts, and filled
    in by routing.
    """

    conversation_id: int
    page_id: int
    default_team_id: int
    texts: tuple[str, ...]
    author_known: bool
    held_as_spam: bool
    contact_id: int | None = None
    is_reply: bool = False
    """Whether the first of the comments answers another."""
    said_as: SaidAs | None = None
    """What the first of the comments is, where that is something else than a comment."""
    stars: int | None = None
    """1 to 5, of the latest review among them."""
    attached: int = 0
    """How many pictures and the like came with the comments."""
    post_id: int | None = None
    post_url: str | None = None
    post_title: str | None = None
    said_at: datetime | None = None
    """When the person wrote last, by the platform's clock."""
    connector: str = ""
    author_vip: bool = False
    stances: frozenset[str] = frozenset()
    """How departments of ours stand towards the person (``app.outreach.types.Stance``)."""
    remedy_open: bool = False
    """Whether a remedy for the person is under way."""
    campaign_id: int | None = None
    earlier: int = 0
    """How many conversations we had with the person before this one."""
    kind: str | None = None
    """What the classifier takes it for; None when it was not asked or has nothing to say."""
    confidence: float | None = None
    """0 to 1, of ``kind``."""


@dataclass(frozen=True, slots=True)
class NewFact:
    """Something about a stored conversation is different now: its text was edited, or it was (un)marked as spam there.

    ``key`` tells this change from others.
    """

    conversation_id: int
    edited: bool
    key: str


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a new conversation goes."""

    team_id: int
    priority: Priority
    language: str | None
    spam: bool
    resolve: bool = False
    """Nothing needs to be done about it."""
    assignee_id: int | None = None
    put_off_until: datetime | None = None
    """Nobody needs to look at it before."""


Place = Callable[[Sequence[Facts]], Mapping[int, Placement]]
"""Decides about new conversations, by their ids; those it leaves out stay unrouted."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What was read from one page. ``team_id`` is whose a conversation is that nobody places.

    ``learned_at`` is set when an old payload is read again: what was learned later than that stays as it is.
    """

    page_id: int
    team_id: int
    items: Sequence[Item]
    learned_at: datetime | None = None
    history: bool = False
    """Said long ago, and dealt with elsewhere: nobody waits, nothing is routed, and what is known stays as it is."""
    routed_later: bool = False
    """New conversations wait, unrouted, at their page's team."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What came of a batch."""

    new_comments: int
    changed_comments: int
    known_comments: int
    conversations: tuple[int, ...]
    """Conversations with news."""
    echoes: tuple["Echo", ...]
    """Comments of ours that the platform showed us."""
    new_facts: tuple[NewFact, ...] = ()


@dataclass(frozen=True, slots=True)
class Echo:
    """Our own comment, as the platform shows it."""

    comment_id: int
    external_id: str
    parent_external_id: str | None
    text: str
    url: str | None
    published_at: datetime
    private: bool = False
    """Whether only its reader and we can see it."""
