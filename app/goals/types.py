"""Goals. A target says how quickly each person is answered; a goal how often that, or something else, is to be so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Measure(StrEnum):
    """What is measured; each is a share of something."""

    FIRST_REPLY = "first_reply"
    """First replies within a time, in working hours."""
    RESOLUTION = "resolution"
    """Conversations that are done within a time, in working hours."""
    ANSWERED = "answered"
    """Of conversations that needed an answer, those that got one."""
    TOLD = "told"
    """Of remedies that were signed, those whose person was told within a time."""
    VITALITY = "vitality"
    """Of the days of pages, those on which they were alive."""
    CONFLICTS = "conflicts"
    """Of conflicts between departments, those settled within a time."""


class Period(StrEnum):
    """What is measured together; the next one begins anew."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


class Scope(StrEnum):
    """Whose goal it is."""

    ALL = "all"
    TEAM = "team"
    PAGE = "page"
    CAMPAIGN = "campaign"


class Standing(StrEnum):
    """How a goal stands: ``nothing``: there was nothing to measure yet."""

    KEPT = "kept"
    BEHIND = "behind"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Goal:
    """So many percent of what is measured, within so many minutes where that is asked, in each period. ``of`` is the id
    of the team, page or campaign; 0 for all."""

    id: int
    measure: Measure
    scope: Scope
    of: int
    percent: int
    within: int | None
    period: Period
    owner_id: int | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What was measured in a period (both days included): how many of how many."""

    first: date
    last: date
    good: int
    total: int


@dataclass(frozen=True, slots=True)
class GoalView:
    """A goal with its names, and what was measured, the newest first."""

    goal: Goal
    of_name: str
    """Of the team, page or campaign; empty for all."""
    owner: str | None
    """None: whoever answered for it is gone."""
    readings: Sequence[Reading]


@dataclass(frozen=True, slots=True)
class GoalTyped:
    """A goal as typed. ``about`` is ``all``, or ``team:``, ``page:`` or ``campaign:`` and an id."""

    measure: str
    about: str
    percent: str
    within: str
    period: str
    owner: str
