"""Periods of goals, and how they stand."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.goals import rules
from app.goals.types import Goal, Measure, Period, Reading, Scope, Standing

DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))
NOW = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


def goal(percent: int) -> Goal:
    return Goal(1, Measure.ANSWERED, Scope.ALL, 0, percent, None, Period.MONTH, None)


@given(DAYS, st.sampled_from(Period))
def test_every_day_is_in_one_period_and_none_is_between_two(day: date, period: Period) -> None:
    first, last = rules.period(period, day)
    assert first <= day <= last
    assert rules.period(period, first) == rules.period(period, last) == (first, last)
    assert rules.before(period, first)[1] == first - timedelta(days=1)


@pytest.mark.parametrize(
    ("period", "day", "first", "last"),
    [
        (Period.WEEK, "2026-01-01", "2025-12-29", "2026-01-04"),
        (Period.MONTH, "2024-02-29", "2024-02-01", "2024-02-29"),
        (Period.QUARTER, "2026-12-31", "2026-10-01", "2026-12-31"),
        (Period.QUARTER, "2026-02-01", "2026-01-01", "2026-03-31"),
    ],
)
def test_weeks_months_and_quarters(period: Period, day: str, first: str, last: str) -> None:
    found = rules.period(period, date.fromisoformat(day))
    assert found == (date.fromisoformat(first), date.fromisoformat(last))


@given(st.integers(1, 100), st.integers(0, 500), st.integers(0, 500))
def test_what_is_missing_is_enough_and_no_more(percent: int, good: int, bad: int) -> None:
    one = Reading(date(2026, 1, 1), date(2026, 1, 31), good, good + bad)
    more = rules.missing(goal(percent), one)
    if percent < 100 and one.total:
        for extra, kept in ((more, True), (more - 1, False)):
            then = Reading(one.first, one.last, good + extra, one.total + extra)
            if extra >= 0:
                assert (rules.standing(goal(percent), then) is Standing.KEPT) == kept
    assert (rules.standing(goal(percent), one) is Standing.NOTHING) == (one.total == 0)


def test_in_time_late_and_not_decided() -> None:
    some = [
        (NOW - 9 * HOUR, NOW - 8 * HOUR),
        (NOW - 9 * HOUR, NOW - 2 * HOUR),
        (NOW - 9 * HOUR, None),
        (NOW - HOUR, None),
    ]
    assert rules.timely(some, 4 * HOUR, NOW) == (1, 3)
    assert not rules.may_be_for(Measure.CONFLICTS, Scope.PAGE)
    assert rules.may_be_for(Measure.CONFLICTS, Scope.TEAM)
