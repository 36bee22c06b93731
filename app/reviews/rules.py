"""When a review is due and about what; no database, no clock."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from app.goals.types import Goal, Measure, Period, Reading, Scope
from app.reports import rules as reports
from app.reports.types import Line, Report
from app.reviews.types import Figure, FigureLine, GoalLine, Rhythm
from app.targets.types import Figure as Timed

TEXT_MAXIMUM, DECISION_MAXIMUM = 4_000, 500
_DAY = timedelta(days=1)
_MONDAY = date(2024, 1, 1)
"""Fortnights are counted from here."""
_TIMED = (
    (Figure.FIRST_REPLY, Timed.FIRST_REPLY, 0.5),
    (Figure.FIRST_REPLY_MOST, Timed.FIRST_REPLY, 0.9),
    (Figure.NEXT_REPLY, Timed.NEXT_REPLY, 0.5),
    (Figure.RESOLUTION, Timed.RESOLUTION, 0.5),
)


def last_period(every: Rhythm, today: date) -> tuple[date, date]:
    """First and last day of the latest period that is over: weeks begin on Monday."""
    if every is Rhythm.MONTH:
        last = today.replace(day=1) - _DAY
        return last.replace(day=1), last
    days = 7 if every is Rhythm.WEEK else 14
    first = today - timedelta(days=(today - _MONDAY).days % days + days)
    return first, first + timedelta(days=days) - _DAY


def due(every: Rhythm, today: date, latest: date | None) -> tuple[date, date] | None:
    """The days that the next review is about, when there is one to be prepared. ``latest`` is the last day of the
    latest review: no day is looked at twice, whatever the rhythm was before."""
    first, last = last_period(every, today)
    if latest is not None:
        first = max(first, latest + _DAY)
    return (first, last) if first <= last else None


def figures(report: Report) -> list[FigureLine]:
    """What a review says about a period."""
    now, before = report.now, report.before
    return [
        FigureLine(Figure.CONVERSATIONS, now.counts.opened, before.counts.opened),
        FigureLine(Figure.COMMENTS, now.counts.comments, before.counts.comments),
        FigureLine(Figure.ANSWERED, now.counts.share, before.counts.share),
        *(
            FigureLine(figure, _within(now, timed, share), _within(before, timed, share))
            for figure, timed, share in _TIMED
        ),
    ]


def _within(line: Line, figure: Timed, share: float) -> float | None:
    return reports.percentile(line.times[figure], share) if figure in line.times else None


def packed_figures(lines: Sequence[FigureLine]) -> list[list[Any]]:
    """Figures as they are kept and told."""
    return [[one.figure.value, one.now, one.before] for one in lines]


def unpacked_figures(kept: Sequence[Sequence[Any]]) -> list[FigureLine]:
    """What ``packed_figures`` was given."""
    return [FigureLine(Figure(name), now, before) for name, now, before in kept]


def packed_goals(lines: Sequence[GoalLine]) -> list[list[Any]]:
    """Goals as they stood, to be kept."""
    return [
        [
            *(it.goal.id, it.goal.measure.value, it.goal.scope.value, it.goal.of, it.goal.percent, it.goal.within),
            *(it.goal.period.value, it.of_name),
            *(it.reading.first.isoformat(), it.reading.last.isoformat(), it.reading.good, it.reading.total),
        ]
        for it in lines
    ]


def unpacked_goals(kept: Sequence[Sequence[Any]]) -> list[GoalLine]:
    """What ``packed_goals`` was given; who answered for them then is not kept."""
    return [
        GoalLine(
            Goal(number, Measure(measure), Scope(scope), of, percent, within, Period(period), None),
            name,
            Reading(date.fromisoformat(first), date.fromisoformat(last), good, total),
        )
        for number, measure, scope, of, percent, within, period, name, first, last, good, total in kept
    ]
