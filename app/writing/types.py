"""Drafts and claims as others see them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.texts.types import SavedReply


class Voice(StrEnum):
    """To whom something is written."""

    REPLY = "reply"
    PRIVATE = "private"
    NOTE = "note"

    @property
    def answers(self) -> bool:
        """Whether the person will read it: such words are answers, in public or to them alone."""
        return self is not Voice.NOTE


@dataclass(frozen=True, slots=True)
class DraftView:
    """What somebody has begun to write."""

    user_id: int
    author: str
    voice: Voice
    text: str
    saved: SavedReply | None
    """What it was made from."""
    also: tuple[str, ...]
    """What sending it will do besides, as the form says it."""
    revision: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody has written so far, as the form has it."""

    text: str
    saved_id: int | None = None
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClaimView:
    """Who is writing an answer just now."""

    user_id: int
    author: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Begun:
    """What is being written in one conversation."""

    drafts: tuple[DraftView, ...]
    claim: ClaimView | None
    """None while nobody is writing an answer."""

    def own(self, user_id: int, voice: Voice) -> DraftView | None:
        """What this person has begun to write in that voice."""
        return next((one for one in self.drafts if one.user_id == user_id and one.voice is voice), None)

    def others(self, user_id: int) -> list[DraftView]:
        """Answers that colleagues have begun, the latest first."""
        found = [one for one in self.drafts if one.user_id != user_id and one.voice.answers]
        return sorted(found, key=lambda one: one.updated_at, reverse=True)

    def taken_from(self, user_id: int) -> ClaimView | None:
        """The colleague who is writing just now; None when it is this person, or nobody."""
        return self.claim if self.claim and self.claim.user_id != user_id else None


@dataclass(frozen=True, slots=True)
class Kept:
    """What came of keeping a draft."""

    revision: int
    """To be sent along with the next version of the text; 0 when there is none any more."""
    mine: bool
    """Whether this person is the one who answers; a colleague may have begun before."""
    changed: bool
    """Whether who answers changed just now."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What a line of a list says about a conversation."""

    writer_id: int | None = None
    writer: str | None = None
    """Who is writing an answer just now."""
    draft: bool = False
    """Whether the reader has begun to write something."""


@dataclass(frozen=True, slots=True)
class Looking:
    """Somebody has a conversation open just now."""

    conversation_id: int
    user_id: int
