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
