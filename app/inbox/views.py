"""One conversation as screens show it: its head, what was said, what colleagues and Porchlight left there."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.campaigns.types import Named
from app.connectors.ports import Status
from app.inbox.types import ConversationState, EventKind, Mark, Priority


@dataclass(frozen=True, slots=True)
class TagView:
    """A word that conversations are sorted by. ``removed``: nobody sees it any more, and it can be brought back."""

    id: int
    name: str
    removed: bool


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
    tags: tuple[TagView, ...]
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
