"""Rules and verdicts."""

from dataclasses import dataclass
from enum import StrEnum

from app.inbox.types import ConversationState, Placement, Priority


class DecidedBy(StrEnum):
    RULE = "rule"
    DEFAULT = "default"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; every condition that is given must hold. The first rule that matches decides."""

    name: str
    words: tuple[str, ...] = ()
    """Any of these, as whole words; a trailing ``*`` matches any ending."""
    question: bool | None = None
    """Whether the text holds a question mark, of any script."""
    links_at_least: int = 0
    pages: tuple[int, ...] = ()
    languages: tuple[str, ...] = ()
    author_known: bool | None = None
    held_as_spam: bool | None = None
    team: str | None = None
    priority: Priority = Priority.NORMAL
    spam: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A conversation to be judged."""

    id: int
    page_id: int
    state: ConversationState
    author_known: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where a conversation goes and why. ``team`` None means the page's default team."""

    team: str | None
    priority: Priority
    spam: bool
    rule: str | None
    matched: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict on one conversation, and by which version of the rules."""

    conversation_id: int
    version_id: int | None
    verdict: Verdict
    placement: Placement
