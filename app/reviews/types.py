"""Reviews, as others see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.campaigns.types import Named
from app.goals.types import Goal, GoalView, Reading
from app.upkeep.types import Life


class Rhythm(StrEnum):
    """How often we look at it all."""

    WEEK = "week"
    FORTNIGHT = "fortnight"
    MONTH = "month"


class ReviewState(StrEnum):
    """``open``: prepared. ``closed``: looked at. ``skipped``: the next one was prepared, and nobody had closed it."""

    OPEN = "open"
    CLOSED = "closed"
    SKIPPED = "skipped"


class Figure(StrEnum):
    """What a review says about a period, each with what it was before."""

    CONVERSATIONS = "conversations"
    COMMENTS = "comments"
    ANSWERED = "answered"
    """A share, 0 to 1."""
    FIRST_REPLY = "first_reply"
    """Seconds of work, like the next three: half are within."""
    FIRST_REPLY_MOST = "first_reply_most"
    """Nine of ten are within."""
    NEXT_REPLY = "next_reply"
    RESOLUTION = "resolution"


@dataclass(frozen=True, slots=True)
class FigureLine:
    """One figure of the period and of the one before; None where there was nothing to measure."""

    figure: Figure
    now: float | None
    before: float | None


@dataclass(frozen=True, slots=True)
class GoalLine:
    """A goal as it stood in a review."""

    goal: Goal
    of_name: str
    reading: Reading


@dataclass(frozen=True, slots=True)
class Turned:
    """A page that became more alive, or less."""

    page: Named
    before: Life
    now: Life


@dataclass(frozen=True, slots=True)
class Changes:
    """What became different in the period."""

    pages: Sequence[Turned] = ()
    begun: Sequence[Named] = ()
    """Campaigns that began."""
    ended: Sequence[Named] = ()
    """Campaigns whose last day was in it."""
    reached: Sequence[GoalView] = ()
    """Goals that are on track, and were missed in the period before."""
    lost: Sequence[GoalView] = ()
    """Goals that are behind, and were reached in the period before."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Something that was decided: who sees to it, and until when. ``taken_on``: the last day of the review it was taken
    in."""

    id: int
    review_id: int
    taken_on: date
    text: str
    owner_id: int | None
    owner: str | None
    """None: they are gone."""
    due_on: date
    done_at: datetime | None
    done_by: str | None


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """A review in the list."""

    id: int
    first: date
    last: date
    state: ReviewState
    owner_id: int | None
    owner: str | None
    """None: nobody leads it, or they have left before it was closed."""
    closed_at: datetime | None
    decisions: int


@dataclass(frozen=True, slots=True)
class ReviewView:
    """One review with all that belongs to it. ``carried`` were taken before and were not done when it was prepared."""

    row: ReviewRow
    words: str
    """What was said when it was closed."""
    figures: Sequence[FigureLine]
    goals: Sequence[GoalLine]
    changes: Changes
    carried: Sequence[Decision]
    taken: Sequence[Decision]
    skipped_before: Sequence[ReviewRow]
    """Those that nobody closed since the last that was."""
    previous_id: int | None
    next_id: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """How often, and who sees to it; no owner: whoever supervises for longest."""

    every: Rhythm
    owner_id: int | None


@dataclass(frozen=True, slots=True)
class DecisionTyped:
    """A decision as typed; ``due`` is a day like 2026-12-24."""

    text: str
    owner: str
    due: str
