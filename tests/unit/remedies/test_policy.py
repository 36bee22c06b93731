"""What the policy asks for: lines, limits over time, splitting, refusals."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.types import Role
from app.core.errors import InvalidInput
from app.remedies import policy as policies
from app.remedies.types import Kind, Past, Per, Policy, Request, State, Target

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DEFAULT = resources.files("app.remedies").joinpath("default_policy.toml").read_text(encoding="utf-8")
REASON = '[[reason]]\nkey = "late"\nen = "Late"\nde = "Spät"\n'
ASKED = Request(Kind.REFUND, 2000, "EUR", "late", Role.AGENT, 1, 10, 7, (1, "A1", ""), Target.ORIGINAL)
PAST = Past(99, 10, 8, 1, (1, "A1", ""), Kind.REFUND, 2000, "EUR", NOW - timedelta(hours=1), State.ASKED)


@pytest.fixture
def default() -> Policy:
    return policies.read(DEFAULT)


def approvals(policy: Policy, request: Request, *past: Past, refused_before: bool = False) -> int:
    return policies.need(policy, request, past, refused_before=refused_before, now=NOW).approvals


@pytest.mark.parametrize(
    ("amount", "currency", "needed"),
    [(2500, "EUR", 0), (2501, "EUR", 1), (10000, "EUR", 1), (10001, "EUR", 2), (25, "JPY", 0), (26, "JPY", 1)],
)
def test_the_tiers_that_come_along(default: Policy, amount: int, currency: str, needed: int) -> None:
    assert approvals(default, replace(ASKED, amount=amount, currency=currency)) == needed


def test_splitting_is_added_up(default: Policy) -> None:
    assert approvals(default, ASKED) == 0
    assert approvals(default, ASKED, PAST) == 1, "20 and 20 are 40"
    assert approvals(default, ASKED, replace(PAST, contact_id=11)) == 1, "the same order, under another name"
    assert approvals(default, ASKED, replace(PAST, contact_id=11, order=(1, "B2", ""))) == 0
    assert approvals(default, ASKED, replace(PAST, state=State.REFUSED)) == 0
    assert approvals(default, ASKED, replace(PAST, asked_at=NOW - timedelta(days=8))) == 0


@given(pieces=st.lists(st.integers(1, 3000), min_size=1, max_size=12))
def test_pieces_never_need_fewer_signatures_than_the_whole(pieces: list[int]) -> None:
    policy = policies.read(DEFAULT)
    whole = approvals(policy, replace(ASKED, amount=sum(pieces)))
    past: list[Past] = []
    most = 0
    for number, piece in enumerate(pieces):
        most = max(most, approvals(policy, replace(ASKED, amount=piece), *past))
        past.append(replace(PAST, remedy_id=number, amount=piece))
    assert most >= whole


def test_limits_over_time(default: Policy) -> None:
    long_ago = replace(PAST, amount=14000, asked_at=NOW - timedelta(days=20), order=(1, "B2", ""))
    assert approvals(default, ASKED, long_ago) == 2, "more than 150 in 30 days"
    assert approvals(default, ASKED, replace(long_ago, asked_at=NOW - timedelta(days=31))) == 0
    assert approvals(default, ASKED, replace(long_ago, amount=13000)) == 0, "exactly 150 is not more"


def test_a_day_ends_at_the_businesss_midnight() -> None:
    text = (
        f'time_zone = "Europe/Berlin"\n{REASON}[[line]]\nname = "All"\n'
        '[[cap]]\nname = "Day"\nper = "agent"\namount = 30\ndays = 0\nforbid = true\n'
    )
    policy = policies.read(text)
    just_after = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)  # half past midnight in Berlin
    mine = replace(PAST, requester_id=7, contact_id=1, order=(1, "Z", ""), asked_at=just_after)
    assert policies.need(policy, ASKED, [mine], refused_before=False, now=NOW).refused == "Day"
    before = replace(mine, asked_at=just_after - timedelta(hours=1))
    assert policies.need(policy, ASKED, [before], refused_before=False, now=NOW).refused is None


def test_money_without_an_order_or_to_another_account_never_goes_alone(default: Policy) -> None:
    assert approvals(default, replace(ASKED, order=(1, "", ""))) == 1
    assert approvals(default, replace(ASKED, target=Target.OTHER)) == 2
    assert approvals(default, replace(ASKED, kind=Kind.CREDIT, order=(1, "", ""))) == 0


def test_a_refusal_sticks_and_a_changed_offer_needs_anothers_eyes(default: Policy) -> None:
    assert approvals(default, ASKED, refused_before=True) == 2
    assert approvals(default, replace(ASKED, counter_offer=True)) == 1


def test_what_no_line_speaks_of_needs_two() -> None:
    policy = policies.read(f'{REASON}[[line]]\nname = "Refunds"\nkinds = ["refund"]\n')
    assert approvals(policy, ASKED) == 0
    assert approvals(policy, replace(ASKED, kind=Kind.OTHER)) == 2


def test_units_make_limits_fit_a_currency() -> None:
    policy = policies.read(f"{REASON}[[line]]\nname = 'x'\nover = 25\napprovals = 1\n[units]\nJPY = 150\n")
    assert approvals(policy, replace(ASKED, amount=3751, currency="JPY")) == 1
    needed = policies.need(policy, replace(ASKED, amount=3750, currency="JPY"), [], refused_before=False, now=NOW)
    assert needed.approvals == 2, "no line speaks of small amounts"


def test_a_cap_per_approver_counts_what_they_signed() -> None:
    cap = '[[cap]]\nname = "Mine"\nper = "approver"\namount = 30\ndays = 1\nforbid = true\n'
    policy = policies.read(f'{REASON}[[line]]\nname = "All"\n{cap}')
    signed = replace(PAST, approver_ids=frozenset({5}))
    assert policies.over_their_day(policy, frozenset({5}), 1000, "EUR", [signed], NOW) is None
    assert policies.over_their_day(policy, frozenset({5}), 1001, "EUR", [signed], NOW) == "Mine"
    assert policies.over_their_day(policy, frozenset({6}), 1001, "EUR", [signed], NOW) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("line = ", "TOML"),
        ("", "reason"),
        (f"{REASON}", "line"),
        (f'{REASON}[[line]]\nname = "x"\nover = -1\n', "line.1.over"),
        (f'{REASON}[[line]]\nname = "x"\nsurprise = 1\n', "surprise"),
        (f'{REASON}[[line]]\nname = "x"\nreasons = ["no"]\n', "no"),
        (f'{REASON}{REASON}[[line]]\nname = "x"\n', "late"),
        (f'time_zone = "Mars/Base"\n{REASON}[[line]]\nname = "x"\n', "Mars"),
        (f'{REASON}[[line]]\nname = "x"\n[units]\nXXX = 1\n', "XXX"),
        (f'{REASON}[[line]]\nname = "x"\n[approvers]\nroles = ["agent"]\n', "supervisors"),
        (f'{REASON}[[line]]\nname = "x"\n[approvers]\nroles = []\n', "supervisors"),
        (f'{REASON}[[line]]\nname = "x"\n[[cap]]\nname = "y"\nper = "approver"\namount = 1\ndays = 1\n', "forbid"),
    ],
)
def test_a_policy_that_can_not_be_used_says_where(text: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        policies.read(text)


def test_a_campaign_has_limits_and_lines_of_its_own() -> None:
    text = (
        f'{REASON}[[line]]\nname = "small"\napprovals = 0\n'
        '[[line]]\nname = "launch"\ncampaigns = [3]\nover = 15\napprovals = 2\n'
        '[[cap]]\nname = "launch budget"\nper = "campaign"\namount = 50\ndays = 30\nforbid = true\n'
    )
    policy = policies.read(text)
    ours = replace(ASKED, campaign_id=3)
    assert approvals(policy, ASKED) == 0
    assert approvals(policy, ours) == 2
    others = replace(PAST, contact_id=11, order=(1, "B2", ""), amount=4000, campaign_id=3)

    def refused(request: Request) -> str | None:
        return policies.need(policy, request, [others], refused_before=False, now=NOW).refused

    assert refused(ours) == "launch budget"
    assert refused(replace(ours, campaign_id=4)) is None
    assert refused(ASKED) is None, "what belongs to no campaign is in nobody's budget"


def test_every_setting_of_the_policy_is_described_for_admins() -> None:
    text = (Path(__file__).parents[3] / "docs" / "admins.md").read_text(encoding="utf-8")
    settings = text[text.index("## Remedies") : text.index("## Chat rooms")]
    tables = (policies._Text, policies._Approvers, policies._Line, policies._Cap, policies._Reason, policies._Phrases)
    names = {name for table in tables for name in table.model_fields} | {per.value for per in Per}
    missing = [name for name in names if not re.search(rf"`\[*{name}\]*`", settings)]
    assert missing == []
