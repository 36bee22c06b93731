"""What a conversation adds to reports, and what sums of times say."""

import itertools
from bisect import bisect_left
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import hours
from app.core.hours import Week
from app.inbox.types import ConversationState, Waited
from app.reports import rules
from app.reports.rules import EDGES, Sums
from app.reports.types import By, Counts, Part, Place, Talk, Times, Took
from app.targets.types import Figure

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOW = MONDAY + timedelta(days=30)
HOUR = timedelta(hours=1)
ALWAYS = Week(())
OFFICE = hours.read_week("mo-fr 09:00-17:00")
NEW, WAITING, DONE = ConversationState.NEW, ConversationState.WAITING, ConversationState.DONE
TOOK = st.lists(st.floats(0, 5_000_000, allow_nan=False), max_size=60)


def talk(*waits: Waited, state: ConversationState = WAITING, **more: object) -> Talk:
    known: dict[str, object] = {
        "team_id": 1,
        "page_id": 2,
        "campaign_id": None,
        "assignee_id": None,
        "tag_ids": (),
        "opened_at": MONDAY,
        "waiting_since": None,
        "page_since": MONDAY - timedelta(days=1),
    }
    return Talk(state=state, waits=waits, **(known | more))  # type: ignore[arg-type]


def counted(some: list[float]) -> Times:
    buckets = [0] * rules.BUCKETS
    for one in some:
        buckets[rules.bucket(one)] += 1
    return Times(len(some), int(sum(some)), tuple(buckets))


def took(one: Part | None) -> list[tuple[Figure, float, int | None]]:
    assert one is not None
    return [(it.figure, it.seconds / 3600, it.agent_id) for it in one.took]


def test_edges_grow_by_a_quarter_at_most_and_hold_the_times_people_name() -> None:
    assert all(after / before <= 1.25 for before, after in itertools.pairwise(EDGES))
    assert {60 * minutes for minutes in (15, 30, 60, 120, 240, 480, 1440, 2880)} <= set(EDGES)


@settings(max_examples=60)
@given(TOOK, TOOK)
def test_merged_is_counted_together(some: list[float], others: list[float]) -> None:
    together = counted(some + others)
    merged = rules.merged([counted(some), counted(others)])
    assert (merged.n, merged.buckets) == (together.n, together.buckets)


@settings(max_examples=100)
@given(st.lists(st.floats(60, EDGES[-1]), min_size=1, max_size=60), st.sampled_from([0.1, 0.5, 0.9, 1.0]))
def test_a_percentile_is_right_to_a_quarter(some: list[float], share: float) -> None:
    found = rules.percentile(counted(some), share)
    true = sorted(some)[max(0, -int(-share * len(some) // 1) - 1)]
    assert found is not None
    assert true / 1.26 <= found <= true * 1.26
    assert rules.within(counted(some), EDGES[-1]) == len(some)


@settings(max_examples=60)
@given(TOOK)
def test_within_an_edge_is_exact(some: list[float]) -> None:
    for edge in (900.0, 3600.0, 86_400.0):
        assert rules.within(counted(some), edge) == bisect_left(sorted(some), edge) + some.count(edge)


def test_nothing_has_no_percentile() -> None:
    assert rules.percentile(Times(), 0.5) is None
    assert rules.percentile(counted([9e9]), 0.5) == EDGES[-1]


def test_first_and_next_reply_and_what_it_took_until_done() -> None:
    one = talk(
        Waited(MONDAY, MONDAY + HOUR, WAITING),
        Waited(MONDAY + 20 * HOUR, MONDAY + 23 * HOUR, DONE),
        state=DONE,
        replies=((MONDAY + HOUR, 5), (MONDAY + 23 * HOUR, 6)),
        theirs=(MONDAY, MONDAY + 20 * HOUR),
        assignee_id=5,
    )
    part = rules.part(one, ALWAYS, NOW)
    assert took(part) == [(Figure.FIRST_REPLY, 1, 5), (Figure.NEXT_REPLY, 3, 6), (Figure.RESOLUTION, 4, 6)]
    assert part is not None
    assert part.answered
    assert not part.settled
    assert part.comments == ((date(2026, 3, 2), 1), (date(2026, 3, 3), 1))
    assert [it.day.day for it in part.took] == [2, 3, 3]
    assert took(rules.part(one, OFFICE, NOW)) == [
        (Figure.FIRST_REPLY, 1, 5),
        (Figure.NEXT_REPLY, 0, 6),
        (Figure.RESOLUTION, 1, 6),
    ]


@pytest.mark.parametrize(
    ("one", "answered", "settled", "figures"),
    [
        (talk(Waited(MONDAY, MONDAY + HOUR, DONE), state=DONE), False, True, [Figure.RESOLUTION]),
        (
            talk(Waited(MONDAY, MONDAY + HOUR, DONE), state=DONE, ours=(MONDAY + HOUR / 2,)),
            True,
            False,
            [Figure.FIRST_REPLY, Figure.RESOLUTION],
        ),
        (talk(Waited(MONDAY, MONDAY + HOUR, WAITING), state=NEW, waiting_since=MONDAY), False, False, []),
        (talk(Waited(MONDAY, MONDAY + HOUR, WAITING), page_since=MONDAY + HOUR / 2), True, False, []),
        (talk(state=NEW, waiting_since=MONDAY), False, False, []),
    ],
    ids=["needed no answer", "answered at the platform", "taken back", "before our time", "waits"],
)
def test_what_counts_as_answered(one: Talk, answered: bool, settled: bool, figures: list[Figure]) -> None:
    part = rules.part(one, ALWAYS, NOW)
    assert part is not None
    assert (part.answered, part.settled) == (answered, settled)
    assert [it.figure for it in part.took] == figures


def test_the_days_on_which_clocks_change_have_their_own_comments() -> None:
    zone = ZoneInfo("Europe/Berlin")
    half_hours = [datetime(2026, 3, 28, 22, tzinfo=UTC) + step * HOUR / 2 for step in range(104)]  # to 31 March, 02:00
    part = rules.part(talk(theirs=tuple(half_hours)), ALWAYS, NOW, zone)
    assert part is not None
    march = {day.day: count for day, count in part.comments}
    assert march == {28: 2, 29: 46, 30: 48, 31: 8}, "the 29th has 23 hours"


def test_spam_adds_nothing_and_a_clock_ahead_counts_today() -> None:
    assert rules.part(talk(state=ConversationState.SPAM), ALWAYS, NOW) is None
    ahead = rules.part(talk(theirs=(NOW + 40 * HOUR,)), ALWAYS, NOW)
    assert ahead is not None
    assert ahead.opened_on == NOW.date()


DAYS = st.dates(date(2026, 1, 1), date(2026, 3, 1))
PARTS = st.builds(
    Part,
    opened_on=DAYS,
    answered=st.booleans(),
    settled=st.booleans(),
    team_id=st.integers(1, 3),
    page_id=st.integers(1, 3),
    campaign_id=st.none() | st.integers(1, 2),
    agent_id=st.none() | st.integers(1, 2),
    tag_ids=st.lists(st.integers(1, 3), unique=True, max_size=2).map(tuple),
    comments=st.lists(st.tuples(DAYS, st.integers(1, 9)), max_size=3).map(tuple),
    took=st.lists(
        st.builds(Took, DAYS, st.sampled_from(Figure), st.integers(0, 10**7), st.none() | st.integers(1, 2)),
        max_size=3,
    ).map(tuple),
)


@settings(max_examples=60)
@given(PARTS, PARTS)
def test_what_was_added_can_be_taken_away(one: Part, other: Part) -> None:
    assert rules.unpacked(rules.packed(one)) == one
    sums = Sums()
    for part, sign in ((one, 1), (other, 1), (one, -1), (other, -1)):
        sums.add(part, sign)
    assert not any(any((it.comments, it.opened, it.answered, it.settled)) for it in sums.counts.values())
    assert not any(any(cells) for cells in sums.times.values())


@settings(max_examples=40)
@given(st.lists(PARTS, max_size=5))
def test_all_is_the_sum_of_pages_and_of_teams(parts: list[Part]) -> None:
    sums = Sums()
    for part in parts:
        sums.add(part)
    found = {by: Counts() for by in (By.ALL, By.PAGE, By.TEAM)}
    for place, counts in sums.counts.items():
        if place.by in found:
            found[place.by].add(counts)
    assert found[By.ALL] == found[By.PAGE] == found[By.TEAM]
    assert Place(By.ALL, 0, date(2026, 1, 1)) < Place(By.PAGE, 0, date(2026, 1, 1))
