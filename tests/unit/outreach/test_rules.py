"""Stances that contradict each other in time, who is meant, how a text sounds."""

import string
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.outreach import phrases, rules
from app.outreach.types import IdKind, Key, Span, Stance

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
moments = st.integers(0, 60).map(lambda hours: BEGIN + timedelta(hours=hours))


@st.composite
def spans(draw: st.DrawFn) -> Span:
    until = draw(st.none() | moments)
    return Span(draw(st.integers(1, 3)), draw(st.sampled_from(Stance)), draw(moments), until)


def holds(span: Span, at: datetime) -> bool:
    return span.since <= at and (span.until is None or at < span.until)


@given(spans(), spans())
def test_two_stances_overlap_exactly_when_both_hold_at_some_moment(one: Span, other: Span) -> None:
    both = any(
        holds(one, BEGIN + timedelta(hours=hour)) and holds(other, BEGIN + timedelta(hours=hour)) for hour in range(121)
    )
    assert rules.overlap(one, other) is both
    assert rules.overlap(other, one) is both


@given(spans(), spans())
def test_only_another_departments_contrary_stance_at_the_same_time_holds_an_act(act: Span, standing: Span) -> None:
    held = rules.conflict(act, standing)
    if held:
        assert act.team_id != standing.team_id
        assert rules.contradicts(act.stance, standing.stance)
        assert rules.overlap(act, standing)
    if act.stance is Stance.NEUTRAL or act.stance is standing.stance:
        assert not held


def test_declining_and_cheerful_acts_wait_for_who_courts_disputes_or_owes() -> None:
    for act, standing, held in (
        (Stance.DECLINING, Stance.COURTING, True),
        (Stance.DECLINING, Stance.DISPUTE, True),
        (Stance.DECLINING, Stance.OWING, True),
        (Stance.DECLINING, Stance.DECLINING, False),
        (Stance.COURTING, Stance.DECLINING, True),
        (Stance.COURTING, Stance.DISPUTE, True),
        (Stance.COURTING, Stance.OWING, True),
        (Stance.COURTING, Stance.COURTING, False),
        (Stance.DISPUTE, Stance.COURTING, True),
        (Stance.NEUTRAL, Stance.COURTING, False),
    ):
        assert rules.contradicts(act, standing) is held, (act, standing)


@pytest.mark.parametrize(
    "spelled",
    [
        "https://www.Honigkuchen.example/ueber-mich/",
        "HTTP://HONIGKUCHEN.EXAMPLE",
        "honigkuchen.example",
        "blog.honigkuchen.example/2026/03/post?x=1#y",
        "https://honigkuchen.example.:443/",
    ],
)
def test_one_site_however_it_is_spelled(spelled: str) -> None:
    assert rules.keys(site=spelled) == [Key(IdKind.SITE, "honigkuchen.example")]


def test_punycode_and_umlauts_are_one_site_and_neighbours_on_one_host_are_two() -> None:
    assert rules.keys(site="https://www.bäckerei-blog.example") == rules.keys(site="xn--bckerei-blog-gcb.example/x")
    assert rules.keys(site="anna.blogspot.com") != rules.keys(site="bert.blogspot.com")
    assert rules.keys(site="anna.wordpress.com") == rules.keys(site="https://anna.wordpress.com/about")
    assert rules.keys(site="anna.blogspot.de") == rules.keys(site="https://anna.blogspot.com/x"), "one blog"
    assert rules.keys(site="blogspot.com") == []


def test_accounts_and_addresses_are_keys_and_names_are_none() -> None:
    assert rules.keys(account="https://twitter.com/Ann") == rules.keys(site="x.com/ann")
    assert rules.keys(account="@ann@example.social") == [Key(IdKind.ACCOUNT, "example.social/ann")]
    assert rules.keys(account="@ann") == []  # could be anywhere
    assert rules.keys(site="facebook.com/profile.php?id=7") == [Key(IdKind.ACCOUNT, "facebook.com/7")]
    assert rules.keys(email=" Ann@Example.org ") == [Key(IdKind.EMAIL, "ann@example.org")]
    assert rules.keys(site="Anna Berg", account="Anna", email="Anna") == []


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_typed_gives_keys_or_none(site: str, account: str, email: str) -> None:
    found = rules.keys(site=site, account=account, email=email)
    assert found == sorted(set(found))


@pytest.mark.parametrize(
    ("text", "stance"),
    [
        ("Unfortunately, we can’t accept your blog into the programme.", Stance.DECLINING),
        ("Thank you for applying! We have decided against it.", Stance.DECLINING),
        ("Leider können wir deine Bewerbung nicht annehmen.", Stance.DECLINING),
        ("Congratulations! You are invited to the tasting.", Stance.COURTING),
        ("Wir laden dich herzlich zu unserem Fest ein.", Stance.COURTING),
        ("Congratulations on your blog, but it was rejected.", Stance.DECLINING),
        ("We open at nine.", Stance.NEUTRAL),
        ("", Stance.NEUTRAL),
    ],
)
def test_a_refusal_is_heard_through_kind_words(text: str, stance: Stance) -> None:
    assert phrases.stance_of(text) is stance


@given(st.text(alphabet=string.printable, max_size=400))
def test_any_text_has_a_stance(text: str) -> None:
    assert phrases.stance_of(text) in (Stance.DECLINING, Stance.COURTING, Stance.NEUTRAL)


def test_another_spacing_is_no_personal_line() -> None:
    assert rules.impersonal("No,\n thank you", "No, thank you ")
    assert not rules.impersonal("No, thank you, Ann", "No, thank you")


ZONES = st.sampled_from([ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe")])
CHANGES = [datetime(2026, *at, tzinfo=UTC) for at in ((3, 29, 1), (10, 25, 1), (11, 1, 6))]


@given(st.sampled_from(CHANGES), ZONES, ZONES, *[st.integers(-180, 180) for _ in range(4)])
def test_stances_overlap_the_same_wherever_their_times_are_read(
    change: datetime, one_zone: ZoneInfo, other_zone: ZoneInfo, a: int, b: int, c: int, d: int
) -> None:
    """Minutes around a night in which clocks change: what holds in UTC holds, whatever zone a moment came from."""
    at = [change + timedelta(minutes=minutes) for minutes in (a, b, c, d)]
    read = zip(at, (one_zone, other_zone) * 2, strict=True)
    there = [moment.astimezone(zone).astimezone(UTC) for moment, zone in read]
    one, other = Span(1, Stance.DECLINING, there[0], there[1]), Span(2, Stance.COURTING, there[2], there[3])
    minutes = set(range(a, b)) & set(range(c, d))
    assert rules.overlap(one, other) is bool(minutes)
    assert rules.conflict(one, other) is bool(minutes)
