"""How alive a page is, and when something has to be done for it, whatever the facts."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.upkeep import rules
from app.upkeep.types import Facts, Help, Life, Part, Step, Terms

WELL = Facts(
    age_days=400,
    last_post_days=1,
    last_reply_days=1,
    in_time_14=20,
    answered_14=20,
    in_time_90=100,
    answered_90=100,
    oldest_hours=None,
    waiting=0,
    week=10,
    usual=10,
    campaign_since=0,
    campaign_until=0,
    has_steward=True,
    steward_present=True,
    connected=True,
)
ORDER = list(Life)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
days = st.floats(0, 500)


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    answered_14, waiting = draw(st.integers(0, 50)), draw(st.integers(0, 9))
    return Facts(
        age_days=draw(days),
        last_post_days=draw(st.none() | days),
        last_reply_days=draw(st.none() | days),
        in_time_14=draw(st.integers(0, answered_14)),
        answered_14=answered_14,
        in_time_90=answered_14,
        answered_90=answered_14,
        oldest_hours=draw(st.floats(0, 5_000)) if waiting else None,
        waiting=waiting,
        week=draw(st.integers(0, 100)),
        usual=draw(st.floats(0, 100)),
        campaign_since=draw(st.none() | st.integers(0, 400)),
        campaign_until=draw(st.none() | st.integers(0, 400)),
        has_steward=draw(st.booleans()),
        steward_present=draw(st.booleans()),
        connected=draw(st.booleans()),
    )


@st.composite
def terms(draw: st.DrawFn) -> Terms:
    quieting = draw(st.integers(1, 60))
    at_risk = quieting + draw(st.integers(1, 60))
    ghost = at_risk + draw(st.integers(1, 60))
    return Terms(draw(st.none() | st.integers(1, 60)), draw(st.integers(1, 200)), quieting, at_risk, ghost)


def test_a_page_that_is_well_is_alive_and_each_thing_that_goes_wrong_is_seen() -> None:
    for other, life, help_ in (
        ({}, Life.ALIVE, Help.NOTHING),
        ({"campaign_until": None}, Life.ALIVE, Help.PLAN),
        ({"last_post_days": 13.9}, Life.ALIVE, Help.NOTHING),
        ({"last_post_days": 14}, Life.QUIETING, Help.POST),
        ({"last_post_days": 30}, Life.AT_RISK, Help.POST),
        ({"last_post_days": 90}, Life.AT_RISK, Help.POST),  # we still answer
        ({"last_post_days": 60, "last_reply_days": 60}, Life.GHOST_TOWN, Help.POST),
        ({"last_post_days": None, "last_reply_days": None}, Life.GHOST_TOWN, Help.POST),
        ({"last_post_days": None, "last_reply_days": None, "age_days": 3}, Life.ALIVE, Help.NOTHING),
        ({"last_reply_days": 50}, Life.ALIVE, Help.NOTHING),  # nobody waits
        ({"last_reply_days": 20, "waiting": 1, "oldest_hours": 2}, Life.QUIETING, Help.ANSWER),
        ({"waiting": 1, "oldest_hours": 25}, Life.QUIETING, Help.ANSWER),
        ({"waiting": 1, "oldest_hours": 80}, Life.AT_RISK, Help.ANSWER),
        ({"in_time_14": 15}, Life.QUIETING, Help.ANSWER),
        ({"in_time_14": 9}, Life.AT_RISK, Help.ANSWER),
        ({"in_time_14": 0, "answered_14": 4}, Life.ALIVE, Help.NOTHING),  # too few to tell
        ({"week": 4}, Life.QUIETING, Help.POST),
        ({"steward_present": False}, Life.QUIETING, Help.APPOINT),
        ({"has_steward": False}, Life.QUIETING, Help.APPOINT),
        ({"connected": False, "has_steward": False}, Life.AT_RISK, Help.MEND),
    ):
        verdict = rules.judge(replace(WELL, **other), Terms())
        assert (verdict.life, verdict.help) == (life, help_), other


@given(facts(), terms(), st.floats(0, 200))
def test_a_longer_silence_never_makes_a_page_livelier(found: Facts, held_to: Terms, more: float) -> None:
    before = rules.judge(found, held_to)
    for name in ("last_post_days", "last_reply_days", "oldest_hours", "age_days"):
        value = getattr(found, name)
        if value is not None:
            after = rules.judge(replace(found, **{name: value + more}), held_to)
            assert ORDER.index(after.life) >= ORDER.index(before.life), name


@given(facts(), terms())
def test_every_page_is_judged_by_every_part_and_what_is_wrong_has_a_remedy(found: Facts, held_to: Terms) -> None:
    verdict = rules.judge(found, held_to)
    assert set(verdict.levels) == set(Part)
    assert all(0 <= level <= 3 for level in verdict.levels.values())
    if max(verdict.levels.values()):
        assert verdict.help not in (Help.NOTHING, Help.PLAN)
    if verdict.life is Life.ALIVE:
        assert max(verdict.levels.values()) == 0
    assert {one.name for one in fields(Facts)} == set(found.__slots__)


@given(terms(), st.integers(0, 4_000), st.booleans())
def test_who_falls_behind_is_warned_then_has_a_task_then_others_hear(held_to: Terms, hours: int, quiet: bool) -> None:
    at = NOW + timedelta(hours=hours)
    for clock in (rules.post_clock(NOW, held_to), rules.answer_clock(NOW, held_to)):
        if clock is None:
            assert held_to.post_every_days is None
            continue
        assert NOW < clock.warn_at < clock.due_at < clock.escalate_at
        steps = rules.steps(clock, at, (), quiet=quiet)
        assert steps == list(Step)[: len(steps)]  # never one without those before it
        if quiet:
            assert steps == []
        else:
            assert (Step.TASK in steps) is (at >= clock.due_at)
        assert rules.steps(clock, at, set(Step), quiet=False) == []
    assert rules.answer_clock(None, held_to) is None
