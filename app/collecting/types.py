"""What reading a page brings, and what came of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.connectors.ports import Batch
from app.pages.types import Claim


@dataclass(frozen=True, slots=True)
class Load:
    """A batch on its way from a platform into the inbox.

    ``newest`` is when the newest comment of the walk so far was published. ``fastest`` goes with the last batch of a
    complete walk: the page is recorded as read, and may be read again no sooner.
    """

    claim: Claim
    batch: Batch
    newest: datetime | None = None
    fastest: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """``code`` is None when the page was read completely, else why not."""

    page_id: int
    seen: int
    new: int
    changed: int
    code: str | None
    detail: str
