"""Which target holds, and when it is due: the same as somebody would find who looks at the clock each minute."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import hours
from app.core.hours import Week
from app.inbox.types import ConversationState, Mark, Priority, Waited
from app.targets import rules
from app.targets.types import Figure, Plan, Talk, Target

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
OFFICE = hours.read_week("mo-fr 09:00-17:00")


def target(number: int = 1, **said: object) -> Target:
    values: dict[str, object] = {"team_id": None, "page_id": None, "priority": None, **dict.fromkeys(Figure), **said}
    return Target(id=number, **values)  # type: ignore[arg-type]


def plan(*targets: Target, week: Week = OFFICE) -> Plan:
    return Plan(targets, {1: week})


def talk(since: datetime, *waits: Waited) -> Talk:
    return Talk(7, 1, 1, Priority.NORMAL, None, since, waits)


def answered(since: datetime, until: datetime) -> Waited:
    return Waited(since, until, ConversationState.WAITING)


def standing(found: Sequence[object]) -> list[tuple[Figure, Mark, datetime]]:
    return [(one.figure, one.level, one.at) for one in found]  # type: ignore[attr-defined]


def test_the_closest_target_holds_for_each_figure() -> None:
    known = plan(
        target(1, first_reply=240, next_reply=480, resolution=960),
        target(2, priority=Priority.HIGH, first_reply=30),
        target(3, team_id=1, first_reply=120, next_reply=60),
        target(4, page_id=9, first_reply=10),
        target(5, team_id=2, first_reply=1),
    )
    assert rules.holding(known, 1, 1, Priority.NORMAL) == {"first_reply": 120, "next_reply": 60, "resolution": 960}
    assert rules.holding(known, 1, 1, Priority.HIGH)[Figure.FIRST_REPLY] == 120
    assert rules.holding(known, 3, 1, Priority.HIGH)[Figure.FIRST_REPLY] == 30
    assert rules.holding(known, 2, 9, Priority.HIGH)[Figure.FIRST_REPLY] == 10
    assert rules.holding(plan(), 1, 1, Priority.HIGH) == {}


@pytest.mark.parametrize(
    ("now", "level"),
    [
        (MONDAY + 89 * MINUTE, None),
        (MONDAY + 90 * MINUTE, Mark.SOON),
        (MONDAY + 2 * HOUR - MINUTE, Mark.SOON),
        (MONDAY + 2 * HOUR, Mark.LATE),
        (MONDAY + timedelta(days=400), Mark.LATE),
    ],
)
def test_who_waits_is_close_when_a_quarter_is_left_and_late_when_nothing_is(now: datetime, level: Mark | None) -> None:
    found = rules.dues(plan(target(first_reply=120)), talk(MONDAY), now)
    assert standing(found) == ([(Figure.FIRST_REPLY, level, MONDAY + 2 * HOUR)] if level else [])


def test_the_clock_stands_still_out_of_hours() -> None:
    friday = MONDAY + timedelta(days=4, hours=7, minutes=30)
    (due,) = rules.dues(plan(target(first_reply=120)), talk(friday), friday + timedelta(days=3))
    assert (due.level, due.at) == (Mark.LATE, MONDAY + timedelta(days=7, minutes=90))
    assert rules.dues(plan(target(first_reply=120)), talk(friday), friday + timedelta(days=2)) == []


def test_after_an_answer_the_next_one_counts_and_resolution_adds_up() -> None:
    known = plan(target(first_reply=1, next_reply=60, resolution=180))
    again = talk(MONDAY + 5 * HOUR, answered(MONDAY, MONDAY + 2 * HOUR))
    assert standing(rules.dues(known, again, MONDAY + 5.5 * HOUR)) == [
        (Figure.RESOLUTION, Mark.SOON, MONDAY + 6 * HOUR)
    ]
    assert [one.level for one in rules.dues(known, again, MONDAY + 6 * HOUR)] == [Mark.LATE, Mark.LATE]
    done = replace(again, waits=(Waited(MONDAY, MONDAY + 2 * HOUR, ConversationState.DONE),))
    assert standing(rules.dues(known, done, MONDAY + 6 * HOUR)) == [
        (Figure.FIRST_REPLY, Mark.LATE, MONDAY + 5 * HOUR + MINUTE)
    ]


def test_what_was_taken_back_counts_once() -> None:
    known = plan(target(first_reply=60, resolution=180))
    undone = talk(MONDAY, answered(MONDAY, MONDAY + 2 * HOUR))
    found = rules.dues(known, undone, MONDAY + 2.5 * HOUR)
    assert standing(found)[-1] == (Figure.RESOLUTION, Mark.SOON, MONDAY + 3 * HOUR)


steps = st.integers(1, 600).map(lambda n: n * MINUTE)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(steps, steps), max_size=4), steps, steps, st.integers(4, 300))
def test_a_resolution_is_due_when_so_many_minutes_of_work_were_waited(
    before: list[tuple[timedelta, timedelta]], pause: timedelta, open_for: timedelta, minutes: int
) -> None:
    at, waits = MONDAY, []
    for wait, rest in before:
        waits.append(answered(at, at + wait))
        at += wait + rest
    since, now = at + pause, at + pause + open_for
    clock = [
        first + n * MINUTE
        for first, last in [*((one.since, one.until) for one in waits), (since, now)]
        for n in range(int((last - first) / MINUTE))
        if OFFICE.hold(first + n * MINUTE)
    ]
    found = rules.dues(plan(target(resolution=minutes)), talk(since, *waits), now)
    if len(clock) >= minutes:
        assert standing(found) == [(Figure.RESOLUTION, Mark.LATE, clock[minutes - 1] + MINUTE)]
    elif len(clock) >= minutes * 0.75:
        assert [one.level for one in found] == [Mark.SOON]
        assert hours.worked(OFFICE, now, found[0].at) == (minutes - len(clock)) * MINUTE
    else:
        assert found == []


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [
        *(("45", 45), ("45 min", 45), ("2 h", 120), ("2h", 120), ("1 h 30 min", 90), ("1H30M", 90), ("", 0)),
        *(("2 d", None), ("h", None), ("-3", None), ("0", None), ("99999 h", None), ("1.5 h", None)),
    ],
)
def test_lengths_are_read_as_people_write_them(typed: str, minutes: int | None) -> None:
    assert rules.read_length(typed) == minutes
