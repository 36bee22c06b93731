"""Acts on their way to a platform."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.connectors.ports import Target
from app.sending.types import SendState


class Act(StrEnum):
    REPLY = "reply"
    PRIVATE_REPLY = "private_reply"
    APPROVE = "approve"
    HOLD = "hold"
    SPAM = "spam"
    TRASH = "trash"
    DELETE = "delete"
    LIKE = "like"
    BAN = "ban"

    @property
    def speaks(self) -> bool:
        """Whether words of ours are sent: never twice, and never without somebody knowing what became of them."""
        return self in (Act.REPLY, Act.PRIVATE_REPLY)


@dataclass(frozen=True, slots=True)
class Errand:
    """What the platform is asked to do."""

    act: Act
    target: Target
    text: str


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """Where an act stands, for the screen."""

    id: int
    act: Act
    state: SendState
    due_at: datetime
    attempts: int
    url: str | None
    held: bool
    """Sent, but the platform keeps it back for its own moderation."""
    error_code: str | None
    error_detail: str | None
    sent_at: datetime | None
