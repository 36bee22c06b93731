"""Keeping pages alive, as others see it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.campaigns.types import Named


@dataclass(frozen=True, slots=True)
class Legacy:
    """What a campaign leaves behind, right now."""

    posts: int
    open_conversations: int
    owed_remedies: int
    stewards: dict[int, Named]
    """Who looks after its pages, by page."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Somebody said which campaign a post belongs to."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Stewards:
    """Who looks after a page. ``steward`` None: nobody, which needs somebody."""

    page_id: int
    steward: Named | None = None
    deputy: Named | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Duties:
    """What somebody answers for and has to pass on before they can go."""

    pages: tuple[Named, ...]
    """Pages they are the steward of."""
    campaigns: tuple[Named, ...]
    """Open campaigns of theirs."""
    legacies: tuple[Named, ...]
    """Closed campaigns that they inherited something of."""

    def __bool__(self) -> bool:
        return bool(self.pages or self.campaigns or self.legacies)


class Life(StrEnum):
    """How alive a page is, from best to worst."""

    ALIVE = "alive"
    QUIETING = "quieting"
    AT_RISK = "at_risk"
    GHOST_TOWN = "ghost_town"


class Part(StrEnum):
    """What a page's life is judged by."""

    POSTS = "posts"
    REPLIES = "replies"
    ANSWERED = "answered"
    WAITING = "waiting"
    COMMENTS = "comments"
    STEWARD = "steward"
    CONNECTION = "connection"


class Help(StrEnum):
    """The one thing that helps a page most."""

    MEND = "mend"
    APPOINT = "appoint"
    ANSWER = "answer"
    POST = "post"
    PLAN = "plan"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a page is held to. ``post_every_days`` None: nothing is promised about posts."""

    post_every_days: int | None = None
    answer_within_hours: int = 24
    quieting_days: int = 14
    at_risk_days: int = 30
    ghost_days: int = 60
    """From so many days on without a word of ours it is that."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a page's life is judged by. Days and hours are counted back from the moment of judging."""

    age_days: float
    """Since we look after the page: nothing is known from before."""
    last_post_days: float | None
    last_reply_days: float | None
    in_time_14: int
    answered_14: int
    in_time_90: int
    answered_90: int
    oldest_hours: float | None
    """How long the comment has waited that waits longest."""
    waiting: int
    week: int
    """Comments of the last seven days."""
    usual: float
    """Comments in a week, on average of the twelve weeks before."""
    campaign_since: int | None
    campaign_until: int | None
    has_steward: bool
    steward_present: bool
    connected: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """How alive a page is, why, and what helps most. ``levels``: 0 is well, 3 is as bad as it gets."""

    life: Life
    levels: dict[Part, int]
    help: Help


class TaskKind(StrEnum):
    POST = "post"
    ANSWER = "answer"


class Step(StrEnum):
    """What is done about a clock that runs out, one after another."""

    WARN = "warn"
    TASK = "task"
    ESCALATE = "escalate"


@dataclass(frozen=True, slots=True)
class Clock:
    """When something has to be done on a page."""

    kind: TaskKind
    warn_at: datetime
    due_at: datetime
    escalate_at: datetime


@dataclass(frozen=True, slots=True)
class PlanTyped:
    """A keep-alive plan as typed."""

    post_every_days: str
    answer_within_hours: str
    quiet: str
    quieting_days: str
    at_risk_days: str
    ghost_days: str


@dataclass(frozen=True, slots=True)
class PlanView:
    """A page's keep-alive plan. ``quiet``: hours as ``app.core.hours`` reads them, in which nobody is told anything."""

    terms: Terms
    quiet: str
    kept: bool
    """Whether somebody made one; else these are what pages are judged by that have none."""


@dataclass(frozen=True, slots=True)
class TaskView:
    """Something to be done for a page."""

    id: int
    page: Named
    kind: TaskKind
    due_at: datetime
    open: bool
    """Due; before that it is a warning."""
    escalated: bool
    steward: Named | None
    suggested: Named | None
    """A post of the library that would do."""


@dataclass(frozen=True, slots=True)
class Week:
    """One week of a page."""

    monday: date
    comments: int
    ours: int


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One page of the board. ``verdict`` None: it was not judged yet."""

    page: Named
    demo: bool
    verdict: Verdict | None
    facts: Facts | None
    since: datetime | None
    """Since when it is as it is."""
    steward: Named | None
    suggested: Named | None
    """A post of the library that it could use."""
    in_crisis: bool
    """Nothing of ours goes out there just now."""
    weeks: tuple[Week, ...]


@dataclass(frozen=True, slots=True)
class DayView:
    """One day of a page."""

    day: date
    comments: int
    ours: int
    life: Life | None
