"""Saved replies as others see them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Effects:
    """What sending a saved reply does besides; whoever uses it may leave any of it out."""

    resolve: bool | None = None
    """Whether the conversation is done afterwards; None: as the person decides who sends it."""
    team_id: int | None = None
    """The team it goes to afterwards."""
    tags: tuple[str, ...] = ()
    remedy: bool = False
    """Whether a remedy is asked for next."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What somebody entered for a saved reply."""

    title: str
    shortcut: str
    text: str
    language: str | None = None
    team_id: int | None = None
    page_id: int | None = None
    effects: Effects = Effects()


@dataclass(frozen=True, slots=True)
class SavedReply:
    """One saved reply. Team, page and language narrow down where it is offered; None means everywhere."""

    id: int
    version: int
    title: str
    shortcut: str
    text: str
    language: str | None
    team_id: int | None
    page_id: int | None
    effects: Effects
    archived: bool
    used: int
    unchanged: int
    """How often it was sent, and how often nobody changed a word of it."""
    last_used_at: datetime | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """A saved reply as it would read in one conversation."""

    saved: SavedReply
    text: str


@dataclass(frozen=True, slots=True)
class Term:
    """Words that are not said (``banned``), or rather said otherwise."""

    id: int
    term: str
    instead: str
    banned: bool
    page: str | None = None
    """Where it holds; None: everywhere, or not asked for."""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A term that stands in a text, as it stands there."""

    term: Term
    said: str


@dataclass(frozen=True, slots=True)
class NoteView:
    """How we sound on a page, or on all, in a language, or in all (empty)."""

    id: int
    page_id: int | None
    page: str | None
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class NoteTyped:
    """The same as somebody typed it."""

    page_id: int | None
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class TermTyped:
    """A term as somebody typed it."""

    page_id: int | None
    language: str
    term: str
    instead: str
    banned: bool
