"""The life of a remedy and who may decide, as pure rules."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.types import Role
from app.core.errors import Conflict
from app.remedies import policy as policies
from app.remedies import rules
from app.remedies.types import OPEN, Act, Barred, Content, Decider, Kind, State, Target

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
POLICY = policies.read(resources.files("app.remedies").joinpath("default_policy.toml").read_text(encoding="utf-8"))
SAM = Decider(5, 5, Role.SUPERVISOR, True, frozenset({1}), NOW)
CONTENT = Content(1, 1, 2, 3, 4, "A1", "", Kind.REFUND, 2000, "EUR", "late", "Late again", Target.ORIGINAL, "", 1)


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("act", list(Act))
def test_only_listed_steps_happen(state: State, act: Act) -> None:
    if (state, act) in rules.STEPS:
        assert rules.after(state, act) is rules.STEPS[state, act]
    else:
        with pytest.raises(Conflict):
            rules.after(state, act)


def test_nothing_is_carried_out_that_was_not_approved() -> None:
    assert {before for (before, act), _after in rules.STEPS.items() if act is Act.BEGIN} == {State.APPROVED}
    leads_to_approved = {key for key, after in rules.STEPS.items() if after is State.APPROVED}
    assert leads_to_approved == {
        (State.ASKED, Act.APPROVE),
        (State.EXECUTING, Act.RELEASE),
        (State.UNSURE, Act.RELEASE),
        (State.FAILED, Act.AGAIN),
    }


def test_refused_withdrawn_and_expired_are_the_end() -> None:
    for state in (State.REFUSED, State.WITHDRAWN, State.EXPIRED):
        assert state not in OPEN
        assert not any(before is state for before, _act in rules.STEPS)


@pytest.mark.parametrize("name", [field.name for field in fields(Content)])
def test_every_part_of_the_content_changes_the_hash(name: str) -> None:
    old: Any = getattr(CONTENT, name)
    new: Any = {Kind.REFUND: Kind.CREDIT, Target.ORIGINAL: Target.OTHER}.get(old)
    if isinstance(old, tuple):
        new = ("https://blog.example/1",)
    elif new is None:
        new = old + 1 if isinstance(old, int) else f"{old}x"
    assert rules.content_hash(replace(CONTENT, **{name: new})) != rules.content_hash(CONTENT)


def test_pieces_of_evidence_can_not_be_told_as_one() -> None:
    one, two = replace(CONTENT, evidence=("a", "b")), replace(CONTENT, evidence=("a, b",))
    assert rules.content_hash(one) != rules.content_hash(two)


@pytest.mark.parametrize(
    ("who", "more", "why"),
    [
        (SAM, {}, None),
        (replace(SAM, role=Role.AGENT), {}, Barred.ROLE),
        (replace(SAM, role=Role.MARKETER), {}, Barred.ROLE),
        (replace(SAM, active=False), {}, Barred.ROLE),
        (SAM, {"requester_person": 5}, Barred.OWN),
        (replace(SAM, user_id=6), {"requester_person": 5}, Barred.SAME_PERSON),
        (SAM, {"barred_people": {5}}, Barred.EDITED),
        (SAM, {"profiting_people": {5}}, Barred.PROFITS),
        (SAM, {"signed_people": {5}}, Barred.DECIDED),
        (replace(SAM, role=Role.ADMIN), {}, None),
    ],
)
def test_who_is_barred(who: Decider, more: dict[str, Any], why: Barred | None) -> None:
    usual: dict[str, Any] = {
        "requester_person": 9,
        "barred_people": {9},
        "profiting_people": set(),
        "signed_people": set(),
    }
    assert rules.barred(who, **{**usual, **more}) is why


def turn(who: Decider, **more: Any) -> Barred | None:
    usual: dict[str, Any] = {
        "team_id": 1,
        "asked_at": NOW,
        "policy_writers": (),
        "policy_since": NOW - timedelta(days=9),
        "stands_in": False,
        "now": NOW,
    }
    policy = more.pop("policy", POLICY)
    return rules.not_their_turn(who, policy, **{**usual, **more})


def test_admins_step_in_when_nobody_decided_in_time() -> None:
    admin = replace(SAM, role=Role.ADMIN)
    assert turn(SAM) is None
    assert turn(admin) is Barred.NOT_YET
    assert turn(admin, asked_at=NOW - timedelta(hours=4)) is None
    assert turn(admin, stands_in=True) is None


def test_with_same_team_others_wait_for_the_target_time() -> None:
    policy = replace(POLICY, same_team=True)
    assert turn(SAM, policy=policy) is None
    assert turn(SAM, policy=policy, team_id=2) is Barred.NOT_YET
    assert turn(SAM, policy=policy, team_id=2, asked_at=NOW - timedelta(hours=5)) is None


def test_who_wrote_the_policy_rests_for_a_day() -> None:
    assert turn(SAM, policy_writers=(5,), policy_since=NOW - timedelta(hours=23)) is Barred.POLICY
    assert turn(SAM, policy_writers=(5,), policy_since=NOW - timedelta(hours=24)) is None


@pytest.mark.parametrize(
    ("ago", "fresh"), [(None, False), (-1, False), (0, True), (300, True), (301, False), (86400, False)]
)
def test_a_proof_holds_five_minutes(ago: int | None, fresh: bool) -> None:
    proved = None if ago is None else NOW - timedelta(seconds=ago)
    assert rules.proof_is_fresh(proved, NOW) is fresh


@given(first=st.dates(date(2020, 1, 1), date(2030, 1, 1)), days=st.integers(0, 9_000))
def test_a_chart_covers_its_period_in_a_readable_number_of_parts(first: date, days: int) -> None:
    last = first + timedelta(days=days)
    found = rules.spans(first, last)
    assert found == sorted(set(found))
    assert len(found) <= 62
    assert found[0] <= first
    assert found[-1] <= last
    assert first - found[0] < timedelta(days=366)


@pytest.mark.parametrize(
    ("line", "name"), [("Lamp #315", "Lamp"), ("#315", "#315"), ("Lamp", "Lamp"), ("A #1 b", "A #1 b")]
)
def test_the_product_of_a_line(line: str, name: str) -> None:
    assert rules.product(line) == name


@pytest.mark.parametrize(
    "text",
    [
        "Your order a-1001 is paid back",
        "order A - 1001",
        "A\u20131001",
        "A\u20111001",
        "A\u22121001",
        "\uff21-\uff11001",
        "A-10\u200b01",
        "A1001",
        "#A-1001",
    ],
)
def test_an_order_is_recognised_however_it_is_spelled(text: str) -> None:
    for number in ("A-1001", "#A-1001", "a\u20111001"):
        assert rules.names_order(text, number)


@pytest.mark.parametrize(("text", "number"), [("A 1002", "A-1001"), ("all 12 of them", "12"), ("an a1 lamp", "A-1")])
def test_other_words_are_no_order(text: str, number: str) -> None:
    assert not rules.names_order(text, number)
