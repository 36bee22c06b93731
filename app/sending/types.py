"""What is on its way to a platform, whatever it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum, auto
from typing import Any, Generic, TypeVar

WhatT = TypeVar("WhatT")


class SendState(StrEnum):
    """``queued``: will be sent when due. ``held``: a post waits until somebody says how to go on. ``sending``: claimed.
    ``unknown``: it may have arrived, being looked up. ``sent``: it stands there. ``unclear``: nobody can know, a person
    decides. ``failed``: will not be sent. ``cancelled``: taken back in time."""

    QUEUED = "queued"
    HELD = "held"
    SENDING = "sending"
    UNKNOWN = "unknown"
    SENT = "sent"
    FAILED = "failed"
    UNCLEAR = "unclear"
    CANCELLED = "cancelled"


class Tried(Enum):
    """What came of one try to carry something out."""

    NOT_OURS = auto()
    """Somebody else was quicker, or it must not leave."""
    ANSWERED = auto()
    SILENT = auto()
    """The platform could not be reached, or kept us waiting in vain."""


@dataclass(frozen=True, slots=True)
class Claimed(Generic[WhatT]):
    """Something claimed by this process: send it, or look it up first."""

    id: int
    page_id: int
    connector: str
    url: str
    settings: Mapping[str, Any]
    sealed_secret: bytes | None
    what: WhatT
    key: str
    """What the platform is told it by: the same at every try."""
    look_up: bool
    first_sent_at: datetime
    lease: str
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the platform did not take it: a code of ``app.connectors.errors``, and what it said itself."""

    code: str
    detail: str
