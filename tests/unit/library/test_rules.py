"""Seasons, whom a post names, and which one a page is offered."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.library import rules
from app.library.rules import Candidate
from app.library.types import Season
from app.outreach.types import IdKind, Key

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAYS = st.dates(date(2023, 1, 1), date(2030, 12, 31))
POINTS = st.builds(lambda day: (day.month, day.day), st.dates(date(2024, 1, 1), date(2024, 12, 31)))


@given(POINTS, POINTS, DAYS)
def test_a_season_and_the_rest_of_the_year_share_no_day(
    first: tuple[int, int], last: tuple[int, int], day: date
) -> None:
    season = Season(first, last)
    at = (day.month, day.day)
    if at in (first, last):
        assert season.holds(day)
        return
    inside = first < at < last if first <= last else at > first or at < last
    assert season.holds(day) == inside
    assert Season(last, first).holds(day) != inside or first == last


@given(POINTS, POINTS, st.integers(2023, 2029))
def test_a_season_comes_every_year_and_is_as_long_each_time(
    first: tuple[int, int], last: tuple[int, int], year: int
) -> None:
    season = Season(first, last)

    def days(of: int) -> int:
        return sum(season.holds(date(of, 1, 1) + timedelta(days=step)) for step in range(365))

    assert abs(days(year) - days(year + 1)) <= 1, "but for a leap day"


@pytest.mark.parametrize("text", ["02-30", "13-01", "0-1", "1", "", "12-24-2026", "٣-٤x"])
def test_what_is_no_day_of_any_year(text: str) -> None:
    assert rules.day_of_year(text) is None


def test_the_leap_day_is_one() -> None:
    assert rules.day_of_year("02-29") == (2, 29)


CANDIDATES = st.lists(
    st.builds(
        Candidate,
        st.integers(1, 50),
        st.none() | st.builds(Season, POINTS, POINTS),
        st.integers(1, 90),
        st.booleans(),
        st.none() | st.integers(0, 200).map(lambda days: NOW - timedelta(days=days)),
    ),
    unique_by=lambda one: one.id,
)


@given(CANDIDATES)
def test_what_is_offered_may_be_used_and_nothing_better_is_there(candidates: list[Candidate]) -> None:
    by_id = {one.id: one for one in candidates}
    found = rules.suggested(candidates, NOW)
    able = [one for one in candidates if rules.usable(one, NOW)]
    assert (found is None) == (not able)
    if found is None:
        return
    best = by_id[found]
    assert best in able
    for other in able:
        assert rules.length_of(best.season) <= rules.length_of(other.season)
        if rules.length_of(best.season) == rules.length_of(other.season) and best.last_used is not None:
            assert other.last_used is not None
            assert best.last_used <= other.last_used


@pytest.mark.parametrize(
    ("text", "page", "meant"),
    [
        ("Thanks @Anna!", "https://x.com/us", Key(IdKind.ACCOUNT, "x.com/anna")),
        ("Thanks @anna.", "https://www.instagram.com/us", Key(IdKind.ACCOUNT, "instagram.com/anna")),
        ("Thanks @anna@kitchen.example!", "https://social.example/@us", Key(IdKind.ACCOUNT, "kitchen.example/anna")),
        ("Thanks @anna", "https://social.example/@us", Key(IdKind.ACCOUNT, "social.example/anna")),
        ("Thanks @anna.kitchen.example,", "https://bsky.app/profile/did:plc:us", Key(IdKind.SITE, "kitchen.example")),
        ("See https://WWW.Kitchen.example/a?b#c.", "https://blog.example/", Key(IdKind.SITE, "kitchen.example")),
        ("See kitchen.example/recipes", "https://blog.example/", Key(IdKind.SITE, "kitchen.example")),
        ("Write to Anna@Kitchen.example.", "https://blog.example/", Key(IdKind.EMAIL, "anna@kitchen.example")),
        ("See https://x.com/anna/status/1", "https://blog.example/", Key(IdKind.ACCOUNT, "x.com/anna")),
    ],
)
def test_whom_a_post_names(text: str, page: str, meant: Key) -> None:
    assert meant in rules.named([text], page)


@given(st.text(max_size=200))
def test_a_mere_name_means_nobody(text: str) -> None:
    words = "".join(one for one in text if one.isalpha() or one == " ")
    assert rules.named([words], "https://x.com/us") == []
