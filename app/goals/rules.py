"""Periods of goals, and how they stand; no database, no clock."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from app.goals.types import Goal, Measure, Period, Reading, Scope, Standing

TIMED = frozenset({Measure.FIRST_REPLY, Measure.RESOLUTION, Measure.TOLD, Measure.CONFLICTS})
"""What is measured within a time."""
_DAY = timedelta(days=1)


def period(one: Period, day: date) -> tuple[date, date]:
    """First and last day of the period that a day falls into."""
    if one is Period.WEEK:
        first = day - timedelta(days=day.weekday())
        return first, first + 6 * _DAY
    months = 1 if one is Period.MONTH else 3
    first = day.replace(month=(day.month - 1) // months * months + 1, day=1)
    following = (first + timedelta(days=31 * months + 1)).replace(day=1)
    return first, following - _DAY


def before(one: Period, first: date) -> tuple[date, date]:
    """The period that ends before ``first``."""
    return period(one, first - _DAY)


def may_be_for(measure: Measure, scope: Scope) -> bool:
    """Whether something is measured for such: conflicts are between teams."""
    return measure is not Measure.CONFLICTS or scope in (Scope.ALL, Scope.TEAM)


def share(one: Reading | None) -> float | None:
    """0 to 1; None where there was nothing to measure."""
    return one.good / one.total if one is not None and one.total > 0 else None


def standing(goal: Goal, one: Reading | None) -> Standing:
    """How a goal stands in a period."""
    if one is None or one.total <= 0:
        return Standing.NOTHING
    return Standing.KEPT if 100 * one.good >= goal.percent * one.total else Standing.BEHIND


def missing(goal: Goal, one: Reading) -> int:
    """How many more have to be good, one after the other, until the goal is kept; 0 when it is, or can't be any more:
    once something went wrong, nothing makes it all of them."""
    if goal.percent >= 100:
        return 0
    short = goal.percent * one.total - 100 * one.good
    return max(0, -(-short // (100 - goal.percent)))


def timely(some: Sequence[tuple[datetime, datetime | None]], within: timedelta, now: datetime) -> tuple[int, int]:
    """Of what began and perhaps ended: how many ended in time, of how many for which that is decided."""
    good = sum(ended is not None and ended - began <= within for began, ended in some)
    late = sum((now if ended is None else ended) - began > within for began, ended in some)
    return good, good + late
