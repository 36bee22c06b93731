"""When a review is due, and what is kept of it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.goals.types import Goal, Measure, Period, Reading, Scope
from app.reviews import rules
from app.reviews.types import Figure, FigureLine, GoalLine, Rhythm

DAYS = st.dates(date(2020, 1, 1), date(2040, 1, 1))


@given(st.lists(st.tuples(st.integers(1, 40), st.sampled_from(Rhythm)), min_size=1, max_size=12), DAYS)
def test_no_day_is_looked_at_twice_and_none_is_before_it_is_over(steps: list[tuple[int, Rhythm]], begin: date) -> None:
    today, latest = begin, None
    for days, every in steps:
        today += timedelta(days=days)
        found = rules.due(every, today, latest)
        if found is not None:
            first, last = found
            assert first <= last < today
            assert latest is None or first > latest
            assert rules.due(every, today, last) is None
            latest = last


@pytest.mark.parametrize(
    ("every", "today", "first", "last"),
    [
        (Rhythm.WEEK, "2026-11-22", "2026-11-09", "2026-11-15"),
        (Rhythm.WEEK, "2026-11-23", "2026-11-16", "2026-11-22"),
        (Rhythm.MONTH, "2026-03-01", "2026-02-01", "2026-02-28"),
        (Rhythm.FORTNIGHT, "2024-01-15", "2024-01-01", "2024-01-14"),
        (Rhythm.FORTNIGHT, "2024-01-28", "2024-01-01", "2024-01-14"),
    ],
)
def test_weeks_fortnights_and_months(every: Rhythm, today: str, first: str, last: str) -> None:
    assert rules.last_period(every, date.fromisoformat(today)) == (date.fromisoformat(first), date.fromisoformat(last))


def test_what_was_shown_is_kept() -> None:
    figures = [FigureLine(Figure.ANSWERED, 0.5, None)]
    goal = Goal(3, Measure.TOLD, Scope.TEAM, 4, 90, 60, Period.MONTH, None)
    goals = [GoalLine(goal, "Marketing", Reading(date(2026, 1, 1), date(2026, 1, 31), 4, 9))]
    assert rules.unpacked_figures(rules.packed_figures(figures)) == figures
    assert rules.unpacked_goals(rules.packed_goals(goals)) == goals
