"""Pages and their connections, as others see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class PageState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    REMOVED = "removed"


class ConnectionState(StrEnum):
    """``new``: never read. ``ok``: the last read was complete. ``failing``: it was not, and we keep trying.
    ``stopped``: credentials no longer work; nothing is read or sent until a person mends it."""

    NEW = "new"
    OK = "ok"
    FAILING = "failing"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class PageView:
    """A page with its health."""

    id: int
    connector: str
    name: str
    url: str
    state: PageState
    team_id: int
    team_name: str
    demo: bool
    connection_state: ConnectionState
    error_code: str | None
    error_detail: str | None
    failing_since: datetime | None
    last_try_at: datetime | None
    last_read_at: datetime | None
    next_read_at: datetime
    gap_at: datetime | None
    """When comments may have been missed last: more came between two reads than the platform shows at once."""
    account_name: str | None
    can_log_in: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """A page claimed for reading, with all that a connector and the intake need."""

    page_id: int
    connector: str
    url: str
    team_id: int
    settings: dict[str, Any]
    sealed_secret: bytes | None
    cursor: dict[str, Any] | None
    since: datetime | None
    lease: str
    state: ConnectionState
    last_item_at: datetime | None


@dataclass(frozen=True, slots=True)
class Reach:
    """How a page is reached, for asking the platform something outside a read."""

    connector: str
    url: str
    settings: dict[str, Any]
    sealed_secret: bytes | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a read has come, recorded with what it brought.

    ``newest`` is when the newest comment of the walk so far was published. ``read_with`` says that the page was read
    completely, and how often it may be read at most: it is recorded as healthy and given back.
    """

    cursor: Mapping[str, Any] | None = None
    settings: Mapping[str, Any] | None = None
    newest: datetime | None = None
    read_with: timedelta | None = None
