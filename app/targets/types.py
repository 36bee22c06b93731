"""Targets for the time that people wait for us."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.core.hours import Week
from app.inbox.types import Mark, Priority, Waited


class Figure(StrEnum):
    """What is measured, in working hours. The clock stands still while we wait for the person."""

    FIRST_REPLY = "first_reply"
    """From a person's first words to our first answer."""
    NEXT_REPLY = "next_reply"
    """From words that follow an answer of ours to the next answer."""
    RESOLUTION = "resolution"
    """From a person's first words, or the first after it was done, until it is done."""


@dataclass(frozen=True, slots=True)
class Target:
    """What holds for some conversations; None of team, page or priority: whichever. Minutes of work; None: says
    nothing about that figure."""

    id: int
    team_id: int | None
    page_id: int | None
    priority: Priority | None
    first_reply: int | None
    next_reply: int | None
    resolution: int | None

    def minutes(self, figure: Figure) -> int | None:
        """What it says about a figure."""
        return {
            Figure.FIRST_REPLY: self.first_reply,
            Figure.NEXT_REPLY: self.next_reply,
            Figure.RESOLUTION: self.resolution,
        }[figure]


@dataclass(frozen=True, slots=True)
class TargetView:
    """A target with the names it is about."""

    target: Target
    team: str | None
    page: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """All targets, and each team's working hours; a team without is always at work."""

    targets: tuple[Target, ...]
    weeks: Mapping[int, Week]
    known: dict[tuple[int, int, Priority], dict[Figure, int]] = field(default_factory=dict, compare=False)
    """What was found out already for a team, page and priority."""


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation that waits for us, as targets see it. ``waits`` are earlier ones, oldest first."""

    id: int
    team_id: int
    page_id: int
    priority: Priority
    assignee_id: int | None
    waiting_since: datetime
    waits: tuple[Waited, ...] = ()


@dataclass(frozen=True, slots=True)
class Due:
    """A figure that will be missed soon, or was, at ``at``. ``since``: when its clock began, which tells this miss from
    others of the same conversation."""

    figure: Figure
    level: Mark
    at: datetime
    since: datetime
