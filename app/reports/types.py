"""What reports count, and by what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from app.inbox.types import ConversationState, Waited
from app.targets.types import Figure


class By(StrEnum):
    """What a report tells apart. ``all`` tells nothing apart; a platform is the sum of its pages."""

    ALL = "all"
    AGENT = "agent"
    TEAM = "team"
    PAGE = "page"
    PLATFORM = "platform"
    CAMPAIGN = "campaign"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation as reports see it. ``waits`` are oldest first; ``replies`` are ours from here, with their authors;
    ``ours`` also those that were written at the platform."""

    team_id: int
    page_id: int
    campaign_id: int | None
    assignee_id: int | None
    tag_ids: tuple[int, ...]
    state: ConversationState
    opened_at: datetime
    waiting_since: datetime | None
    page_since: datetime
    """Since when we look after the page."""
    waits: tuple[Waited, ...] = ()
    replies: tuple[tuple[datetime, int], ...] = ()
    ours: tuple[datetime, ...] = ()
    theirs: tuple[datetime, ...] = ()
    """When the person wrote."""


@dataclass(frozen=True, slots=True)
class Took:
    """A figure that was reached on a day (UTC): after so many seconds of work, by whom, as far as that is known."""

    day: date
    figure: Figure
    seconds: int
    agent_id: int | None


@dataclass(frozen=True, slots=True)
class Part:
    """What one conversation adds to reports: kept, so that it can be taken away again when it changes."""

    opened_on: date
    answered: bool
    settled: bool
    """Done, and nothing was answered: it needed no answer."""
    team_id: int
    page_id: int
    campaign_id: int | None
    agent_id: int | None
    """Whose it is."""
    tag_ids: tuple[int, ...]
    comments: tuple[tuple[date, int], ...]
    """What the person wrote, by day."""
    took: tuple[Took, ...]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something is counted: what is told apart, which of them (0: all), and the day (UTC)."""

    by: By
    of: int
    day: date


@dataclass(slots=True)
class Counts:
    """What was counted. ``opened``: conversations that began; ``answered`` and ``settled`` of them, whenever."""

    comments: int = 0
    opened: int = 0
    answered: int = 0
    settled: int = 0

    def add(self, other: "Counts", sign: int = 1) -> None:
        """Add another, or take it away."""
        self.comments += sign * other.comments
        self.opened += sign * other.opened
        self.answered += sign * other.answered
        self.settled += sign * other.settled

    @property
    def share(self) -> float | None:
        """How many of those that needed an answer got one, 0 to 1; None when none needed any."""
        needed = self.opened - self.settled
        return self.answered / needed if needed > 0 else None


@dataclass(frozen=True, slots=True)
class Times:
    """How long something took, so that it can be added up: how often, seconds of work together, and how many fell into
    each of ``app.reports.rules.EDGES``."""

    n: int = 0
    seconds: int = 0
    buckets: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A period of one person, team, page, platform, campaign or tag; or of all."""

    key: str
    """What is asked for to see it alone."""
    name: str
    counts: Counts
    times: Mapping[Figure, Times] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a line."""

    day: date
    counts: Counts
    times: Mapping[Figure, Times]


@dataclass(frozen=True, slots=True)
class Report:
    """A period: its days, their sum, and the sum of as many days before."""

    days: Sequence[Day]
    now: Line
    before: Line


@dataclass(frozen=True, slots=True)
class TeamNow:
    """How a team stands at this moment, and what it did today (UTC)."""

    team_id: int
    name: str
    waiting: int
    oldest: datetime | None
    """Since when whoever waits longest does."""
    late: int
    soon: int
    """How many are past a target, and close to one."""
    answers: int
    first_reply: float | None
    """Seconds of work within which half of today's first replies were given."""
