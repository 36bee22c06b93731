"""Acts on their way to a platform."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.connectors.ports import Target


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


class DeliveryState(StrEnum):
    """``queued``: will be sent when due. ``sending``: claimed. ``unknown``: it may have arrived, being looked up.
    ``unclear``: nobody can know, a person decides. ``failed``: will not be sent. ``cancelled``: undone in time."""

    QUEUED = "queued"
    SENDING = "sending"
    UNKNOWN = "unknown"
    SENT = "sent"
    FAILED = "failed"
    UNCLEAR = "unclear"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery claimed by this process: send it, or look it up first."""

    id: int
    page_id: int
    connector: str
    url: str
    settings: dict[str, Any]
    sealed_secret: bytes | None
    act: Act
    target: Target
    text: str
    key: str
    look_up: bool
    first_sent_at: datetime
    lease: str
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """Where an act stands, for the screen."""

    id: int
    act: Act
    state: DeliveryState
    due_at: datetime
    attempts: int
    url: str | None
    held: bool
    """Sent, but the platform keeps it back for its own moderation."""
    error_code: str | None
    error_detail: str | None
    sent_at: datetime | None
