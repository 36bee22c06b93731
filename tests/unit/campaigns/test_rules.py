"""Days in time zones, what belongs to which campaign, gaps and lineage, whatever the input."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from app.campaigns import rules
from app.campaigns.types import Descent, Gap, Period, Run, Stage

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "America/Santiago", "Asia/Beirut", "Pacific/Apia", "Asia/Kolkata")
"""Some of them skip midnight when summer begins; one lost a whole day."""
days = st.dates(date(2005, 1, 1), date(2035, 12, 31))


@st.composite
def periods(draw: st.DrawFn) -> Period:
    first = draw(days)
    return Period(first, first + timedelta(days=draw(st.integers(0, 400))), draw(st.sampled_from(ZONES)))


@st.composite
def runs(draw: st.DrawFn) -> list[Run]:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    found = []
    for number in range(draw(st.integers(0, 6))):
        since = begin + timedelta(hours=draw(st.integers(0, 200)))
        length = timedelta(hours=draw(st.integers(1, 100)))
        found.append(Run(number + 1, draw(st.integers(1, 2)), since, since + length))
    return found


@given(periods())
def test_a_campaign_begins_before_it_ends_and_the_next_day_follows_without_a_gap(period: Period) -> None:
    assert rules.begins(period) < rules.ends(period)
    following = Period(period.last + timedelta(days=1), period.last + timedelta(days=1), period.zone)
    assert rules.begins(following) == rules.ends(period)


@given(periods())
def test_days_are_those_of_the_campaigns_own_zone(period: Period) -> None:
    zone = ZoneInfo(period.zone)
    begins = rules.begins(period)
    if period.zone != "Pacific/Apia" or period.first != date(2011, 12, 30):  # a day that was never there
        assert begins.astimezone(zone).date() == period.first
    assert (begins - timedelta(microseconds=1)).astimezone(zone).date() < period.first


def test_a_day_with_a_change_of_clocks_is_as_long_as_it_is() -> None:
    spring = Period(date(2026, 3, 29), date(2026, 3, 29), "Europe/Berlin")
    autumn = Period(date(2026, 10, 25), date(2026, 10, 25), "Europe/Berlin")
    assert rules.ends(spring) - rules.begins(spring) == timedelta(hours=23)
    assert rules.ends(autumn) - rules.begins(autumn) == timedelta(hours=25)


@given(periods(), st.datetimes(datetime(2005, 1, 1), datetime(2038, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_only_a_signature_closes_it(period: Period, now: datetime) -> None:
    assert rules.stage(period, signed=True, now=now) is Stage.CLOSED
    stage = rules.stage(period, signed=False, now=now)
    assert stage is not Stage.CLOSED
    assert (stage is Stage.RUNNING) is (rules.begins(period) <= now < rules.ends(period))


@given(runs(), st.integers(1, 2), st.integers(-10, 320))
def test_what_is_published_belongs_to_one_running_campaign_or_to_none(
    found: list[Run], page_id: int, hours: int
) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
    running = {one.campaign_id for one in found if one.page_id == page_id and one.begins <= at < one.ends}
    belongs = rules.belongs(found, page_id, at)
    assert (belongs in running) if running else (belongs is None)
    assert belongs == rules.belongs(list(reversed(found)), page_id, at)


def test_of_two_at_once_the_later_one_has_it() -> None:
    at = datetime(2026, 5, 1, tzinfo=UTC)
    old = Run(1, 7, at - timedelta(days=30), at + timedelta(days=30))
    new = Run(2, 7, at - timedelta(days=1), at + timedelta(days=1))
    assert rules.belongs([new, old], 7, at) == 2
    assert rules.belongs([new, old], 7, at + timedelta(days=2)) == 1
    assert rules.belongs([new, old], 8, at) is None


@given(st.lists(st.tuples(days, st.integers(0, 90)), max_size=8), days, st.integers(0, 120))
def test_gaps_are_exactly_the_days_on_which_nothing_is_planned(
    planned: list[tuple[date, int]], first: date, length: int
) -> None:
    last = first + timedelta(days=length)
    spans = [(begin, begin + timedelta(days=more)) for begin, more in planned]
    found = rules.gaps(spans, first, last)
    for step in range(length + 1):
        day = first + timedelta(days=step)
        free = not any(begin <= day <= end for begin, end in spans)
        assert free is any(gap.first <= day and (gap.last is None or day <= gap.last) for gap in found)
    assert all(gap.last is None or gap.first <= gap.last for gap in found)


def test_a_gap_that_goes_on_has_no_end() -> None:
    march = (date(2026, 3, 10), date(2026, 3, 12))
    found = rules.gaps([march], date(2026, 3, 3), date(2026, 3, 20))
    assert found == [Gap(date(2026, 3, 3), date(2026, 3, 9)), Gap(date(2026, 3, 13), None)]


@given(st.lists(st.tuples(st.integers(1, 7), st.integers(1, 7)), max_size=20))
def test_no_campaign_becomes_its_own_forebear(wanted: list[tuple[int, int]]) -> None:
    edges: list[tuple[int, int]] = []
    for before, after in wanted:
        if before != after and not rules.would_circle(edges, before, after):
            edges.append((before, after))
    left = set(range(1, 8))
    while left:  # each round takes away those that nothing left comes before
        free = {one for one in left if not any(after == one and before in left for before, after in edges)}
        assert free
        left -= free


def test_campaigns_evolve_merge_and_split() -> None:
    assert rules.descent([(1, 2)], 1, 2) is Descent.EVOLVES
    assert rules.descent([(1, 3), (2, 3)], 1, 3) is Descent.MERGES
    assert rules.descent([(1, 2), (1, 3)], 1, 2) is Descent.SPLITS
