"""What comes in from a page, what routing may look at of it, and what came of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.connectors.ports import Item, SaidAs
from app.inbox.types import Priority


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


class Different(StrEnum):
    """What is different about a stored comment: its text was edited, it was (un)marked as spam at the page, or its
    author was missing and is known now."""

    TEXT = "text"
    HELD = "held"
    AUTHOR = "author"


@dataclass(frozen=True, slots=True)
class NewFact:
    """Something about a stored conversation is different now. ``key`` tells this change from others."""

    conversation_id: int
    what: Different
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


@dataclass(frozen=True, slots=True)
class Stored:
    """What came of a batch."""

    new_comments: int
    changed_comments: int
    known_comments: int
    conversations: tuple[int, ...]
    """Conversations with news."""
    echoes: tuple[Echo, ...]
    """Comments of ours that the platform showed us."""
    new_facts: tuple[NewFact, ...] = ()
