"""Working hours counted: by the minute the same as looking at each minute's clock."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.core import hours
from app.core.hours import Week

MINUTE = timedelta(minutes=1)
STEP = timedelta(minutes=15)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "Pacific/Kiritimati")
"""None changes its clocks in the weeks looked at below."""

shifts = st.builds(
    lambda days, since, until, zone: (
        f"{days} {since // 4:02}:{since % 4 * 15:02}-{until // 4:02}:{until % 4 * 15:02} {zone}"
    ),
    st.sampled_from(["mo-fr", "mo,we", "su", "sa-mo", "mo-su"]),
    st.integers(0, 95),
    st.integers(0, 96),
    st.sampled_from(ZONES),
)
weeks = st.builds(
    lambda some, off: hours.read_week("; ".join(some), "\n".join(str(day) for day in off)),
    st.lists(shifts, max_size=3),
    st.lists(st.dates(date(2026, 1, 12), date(2026, 1, 25)), max_size=2),
)
moments = st.integers(0, 14 * 96).map(lambda n: datetime(2026, 1, 12, tzinfo=UTC) + n * STEP)


@settings(max_examples=60, deadline=None)
@given(weeks, moments, st.integers(0, 5 * 96))
@example(hours.read_week("mo-su 00:00-24:00"), MONDAY, 96)
@example(hours.read_week("mo-fr 22:00-06:00", "2026-01-14"), datetime(2026, 1, 13, tzinfo=UTC), 200)
def test_what_was_worked_is_what_the_clock_says(week: Week, since: datetime, steps: int) -> None:
    looked = sum(week.hold(since + n * STEP) for n in range(steps))
    assert hours.worked(week, since, since + steps * STEP) == looked * STEP


CHANGES = (
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/Santiago", date(2026, 4, 4)),
    ("America/Santiago", date(2026, 9, 6)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("America/Havana", date(2026, 11, 1)),
)
"""When clocks change: at night, at midnight, by half an hour, and back to midnight."""


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(CHANGES), st.integers(0, 95), st.integers(0, 96), st.booleans())
@example(CHANGES[0], 10, 70, False)
@example(CHANGES[3], 92, 2, False)
@example(CHANGES[3], 36, 96, False)
@example(CHANGES[6], 28, 4, True)
def test_it_is_so_too_when_clocks_change(change: tuple[str, date], since: int, until: int, off: bool) -> None:
    """What begins or ends at a time that is skipped does so when it is; at one that is shown twice, it takes both."""
    zone, day = change
    text = f"{since // 4:02}:{since % 4 * 15:02}-{until // 4:02}:{until % 4 * 15:02}"
    week = hours.read_week(f"mo-su {text} {zone}", day.isoformat() if off else "")
    begin = datetime.combine(day, datetime.min.time(), UTC) - timedelta(hours=30)
    looked = sum(week.hold(begin + n * STEP) for n in range(240))
    assert hours.worked(week, begin, begin + 240 * STEP) == looked * STEP


@settings(max_examples=60, deadline=None)
@given(weeks, moments, st.integers(1, 3 * 96))
def test_counting_forward_and_back_agrees_with_what_was_worked(week: Week, since: datetime, steps: int) -> None:
    until = hours.after(week, since, steps * STEP)
    if until is None:
        assert hours.worked(week, since, since + hours.LOOKED_AT) < steps * STEP
        return
    assert hours.worked(week, since, until) == steps * STEP
    assert hours.worked(week, since, until - MINUTE) < steps * STEP
    back = hours.before(week, until, steps * STEP)
    assert back >= since
    assert hours.worked(week, back, until) == steps * STEP


@pytest.mark.parametrize(
    ("zone", "day", "worked"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 7),
        ("Europe/Berlin", date(2026, 10, 25), 9),
        ("Europe/Berlin", date(2026, 6, 7), 8),
        ("America/New_York", date(2026, 11, 1), 9),
    ],
)
def test_a_night_in_which_clocks_change_is_as_long_as_it_is(zone: str, day: date, worked: int) -> None:
    week = hours.read_week(f"sa 22:00-06:00 {zone}")
    begin = datetime.combine(day, datetime.min.time(), UTC) - timedelta(days=2)
    assert hours.worked(week, begin, begin + timedelta(days=4)) == timedelta(hours=worked)


def test_without_hours_it_is_always_work_but_for_days_off() -> None:
    assert hours.worked(hours.read_week("", "2026-03-03"), MONDAY, MONDAY + timedelta(days=3)) == timedelta(days=2)
