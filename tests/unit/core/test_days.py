"""Where days begin: whatever clocks do, each moment has one day, and each day begins once."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given
from hypothesis import strategies as st

from app.core import days

ZONES = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)
MOMENTS = st.integers(0, 2_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
BERLIN = ZoneInfo("Europe/Berlin")


@given(MOMENTS, ZONES)
def test_a_moment_lies_between_the_beginnings_of_its_day_and_the_next(at: datetime, zone: ZoneInfo) -> None:
    day = days.of(at, zone)
    assert days.begins(day, zone) <= at < days.begins(day + timedelta(days=2), zone)


@given(MOMENTS, ZONES)
def test_later_is_never_an_earlier_day(at: datetime, zone: ZoneInfo) -> None:
    assert days.begins(days.of(at, zone), zone) < days.begins(days.of(at, zone) + timedelta(days=1), zone)
    assert days.of(at, zone) <= days.of(at + timedelta(hours=26), zone)


def test_the_days_on_which_clocks_change_last_longer_or_shorter() -> None:
    for day, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)):
        assert days.begins(day + timedelta(days=1), BERLIN) - days.begins(day, BERLIN) == timedelta(hours=hours)
        last = days.begins(day + timedelta(days=1), BERLIN) - timedelta(microseconds=1)
        assert (days.of(days.begins(day, BERLIN), BERLIN), days.of(last, BERLIN)) == (day, day)
