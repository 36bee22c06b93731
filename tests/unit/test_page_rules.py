"""When a page is read again."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.pages import rules

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@given(
    st.integers(1, 500),
    st.floats(0, 1),
    st.none() | st.timedeltas(timedelta(seconds=1), timedelta(days=30)),
)
def test_a_time_the_platform_named_is_kept_to_and_no_page_given_up(
    failures: int, jitter: float, named: timedelta | None
) -> None:
    again = rules.retry(NOW, failures, jitter, NOW + named if named else None)
    assert again > NOW
    assert again <= NOW + timedelta(days=1, hours=1)
    assert again >= NOW + min(named or timedelta(0), timedelta(days=1))


@given(st.integers(1, 20), st.lists(st.floats(0, 1), min_size=2, max_size=50, unique=True))
def test_pages_held_until_one_moment_come_back_in_the_order_of_chance(failures: int, drawn: list[float]) -> None:
    """Not all at once, and not the same one first every time."""
    until = NOW + timedelta(minutes=15)
    back = {jitter: rules.retry(NOW, failures, jitter, until) for jitter in drawn}
    assert sorted(drawn, key=lambda jitter: (back[jitter], jitter)) == sorted(drawn)
    assert max(back.values()) - until <= timedelta(minutes=30) or failures > 6
    assert rules.retry(NOW, failures, 1, until) - rules.retry(NOW, failures, 0, until) >= timedelta(seconds=15)


def test_the_more_often_they_are_refused_the_further_apart_they_come_back() -> None:
    until = NOW + timedelta(hours=3)
    apart = [rules.retry(NOW, failures, 1, until) - rules.retry(NOW, failures, 0, until) for failures in range(1, 9)]
    assert apart == sorted(apart)
    assert apart[-1] == timedelta(minutes=30)
