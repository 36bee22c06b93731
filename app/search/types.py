"""What somebody asks for, and what was found."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.inbox.types import ConversationState, Row


class Kind(StrEnum):
    """What can be found."""

    COMMENT = "comment"
    REPLY = "reply"
    NOTE = "note"
    CONTACT = "contact"


class Has(StrEnum):
    """What a conversation may have, for ``has:``."""

    REPLY = "reply"
    NOTE = "note"
    REMEDY = "remedy"


class Trouble(StrEnum):
    """Why a part of what was asked was left out, or finds nothing."""

    NO_DATE = "no_date"
    NO_STATE = "no_state"
    NO_HAS = "no_has"
    NO_VALUE = "no_value"
    NO_MINUS = "no_minus"
    NO_KEY = "no_key"
    NO_PAGE = "no_page"
    NO_TEAM = "no_team"
    NO_TAG = "no_tag"
    TOO_SHORT = "too_short"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class Problem:
    """A part that can't be taken as it is written."""

    trouble: Trouble
    part: str


Phrase = tuple[str, ...]
"""Words, as the index keeps them, that stand one after the other."""


@dataclass(frozen=True, slots=True)
class Term:
    """Any of some phrases; with ``begins`` their last word may go on."""

    phrases: tuple[Phrase, ...]
    begins: bool = False
    negated: bool = False
    shown: bool = True
    """Whether it can be pointed out in a text."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A search, read. Everything given must hold; several states, kinds, pages or teams are alternatives."""

    terms: tuple[Term, ...] = ()
    pages: tuple[str, ...] = ()
    """Words of page names, as typed."""
    teams: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    states: frozenset[ConversationState] = frozenset()
    has: frozenset[Has] = frozenset()
    mine: bool = False
    unassigned: bool = False
    since: datetime | None = None
    before: datetime | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing is asked for."""
        return not (
            self.terms
            or self.pages
            or self.teams
            or self.tags
            or self.states
            or self.has
            or self.mine
            or self.unassigned
            or self.since
            or self.before
        )


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text, and whether it is what was looked for."""

    text: str
    hit: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """A comment, reply, note or contact that was found. ``id`` is its own id."""

    kind: Kind
    id: int
    author: tuple[Piece, ...]
    pieces: tuple[Piece, ...]
    at: datetime
    private: bool = False
    """Whether only one person and we can read it at the platform."""


@dataclass(frozen=True, slots=True)
class Group:
    """What was found in one conversation, newest first; a contact stands alone, with its latest conversation."""

    row: Row | None
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """One screenful."""

    groups: tuple[Group, ...] = ()
    after: int | None = None
    """Where it goes on; None at the end."""
    looked_to: datetime | None = None
    """How far back it has looked, where that is not far enough: there may be older hits. None otherwise."""
    problems: tuple[Problem, ...] = field(default=())
    behind: bool = False
    """Whether much is still to be indexed, so that something may be missing."""
