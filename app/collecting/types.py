"""What reading a page brings, and what came of it; files of comments from elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.collecting.history import Format
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


@dataclass(frozen=True, slots=True)
class Goal:
    """Where comments go: a page there is, or one of their own by that name, for that team."""

    page_id: int | None = None
    name: str = ""
    team_id: int | None = None


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file that was read once, and what is wrong with its first wrong lines: number and words."""

    name: str
    form: Format
    body: bytes
    comments: int
    wrong: int
    mistakes: Sequence[tuple[int, str]]
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class ImportView:
    """One file, for the screen. ``total`` counts its comments; those that are wrong are besides."""

    id: int
    file_name: str
    page_id: int | None
    page_name: str
    by: str
    total: int
    wrong: int
    mistakes: Sequence[tuple[int, str]]
    checked_at: datetime
    begun_at: datetime | None
    finished_at: datetime | None
    done: int
    new: int

    @property
    def more_wrong(self) -> int:
        return self.wrong - len(self.mistakes)
