"""Moments as people type them, on clocks that change; when what is put off comes back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.clock import moment_typed
from app.core.i18n import zone_named
from app.inbox import rules
from app.inbox.types import Later

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WALLS = st.integers(0, 60 * 24 * 2000).map(lambda m: (NOW - timedelta(minutes=m)).replace(tzinfo=None))
ZONES = st.sampled_from([ZoneInfo(n) for n in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC")])


@given(WALLS, ZONES)
def test_a_moment_is_what_the_clock_shows_unless_it_skips_that_hour(typed: datetime, zone: ZoneInfo) -> None:
    found = moment_typed(typed.isoformat(timespec="minutes"), zone)
    assert found is not None
    shown = found.astimezone(zone).replace(tzinfo=None)
    skipped = typed.replace(tzinfo=zone, fold=0).utcoffset() != typed.replace(tzinfo=zone, fold=1).utcoffset()
    assert shown == typed or (skipped and timedelta(0) < shown - typed <= timedelta(hours=1))


def test_the_hour_that_spring_skips_and_the_one_that_autumn_shows_twice() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert moment_typed("2026-03-29T02:30", berlin) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert moment_typed("2026-10-25T02:30", berlin) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@given(st.text(max_size=12))
def test_anything_else_is_no_moment(text: str) -> None:
    assert moment_typed(text, UTC) is None or len(text.strip()) >= 8


@pytest.mark.parametrize("name", [None, "", "America", "../../etc/passwd", "Nowhere/Town", "x" * 300, "a\0b"])
def test_what_names_no_zone_is_none(name: str | None) -> None:
    assert zone_named(name) is None


@given(WALLS, ZONES)
def test_what_is_put_off_comes_back_in_the_morning_of_the_day_it_names(wall: datetime, zone: ZoneInfo) -> None:
    now = wall.replace(tzinfo=UTC)
    tomorrow, monday = (rules.later(one, now, zone).astimezone(zone) for one in (Later.TOMORROW, Later.MONDAY))
    today = now.astimezone(zone).date()
    assert rules.later(Later.HOURS, now, zone) == now + timedelta(hours=3)
    assert (tomorrow.date() - today, tomorrow.hour) == (timedelta(days=1), 9)
    assert timedelta(days=1) <= monday.date() - today <= timedelta(days=7)
    assert (monday.weekday(), monday.hour) == (0, 9)
