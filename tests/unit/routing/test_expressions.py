"""Regular expressions that count: what is found is what is asked for, and what is slow is refused at its place."""

import pytest
import re2
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.routing import effort, expressions, facts
from app.routing.patterns import Patterns
from app.routing.types import Actions, Condition, Fact, Rule

_HALF = ("etaoinshrdluc", "abcdefghijklm", "nopqrstuvwxyz", "aeioubdgkmprs", "thequickbrown")
SLOW = tuple(f"[{letters}].{{{60 + n}}}[{end}]" for n, end in enumerate("uvxz") for letters in _HALF)
"""Each waits for every second letter and counts on from it."""
USUAL = (
    *(rf"(refund|money back|geld zurück).{{0,{30 + n}}}(late|slow|waiting|spät)\w* ?{n}" for n in range(20)),
    *(rf"\b[a-z]{{2}}-?\d{{6,10}}{n}\b" for n in range(40)),
    *(r"\d{3}[-. ]?\d{3}[-. ]?\d{4}", r".{200,}", r"!{3,}", r"[A-Z]{2}\d{2}( ?\w{4}){3,7}", r"\w{3,20}@\w+\.\w+"),
)


@pytest.mark.parametrize(
    ("text", "looser"),
    [
        ("a.{80}b", "a.+b"),
        ("(?:a.{0,40}b){2,9}c", "(?:a.*b)+c"),
        (r"[a{2}].{60}\.{2}[^]{3}]{7}", r"[a{2}].+\.+[^]{3}]+"),
        (r"\x{e9}\pL{60}\p{Greek}{3}", r"\x{e9}\pL+\p{Greek}+"),
        (r"[[:alpha:]{3}]{60}", r"[[:alpha:]{3}]+"),
        (r"a{,5}.{60}", r"a{,5}.+"),
        ("e....................u", "e(?s:.*)u"),
        (r".{60}.....\x41", r".+(?s:.*)"),
        (r".{60}.....\pL9", r".+(?s:.*)9"),
        (r".{60}.....\1019", r".+(?s:.*)9"),
        (r".{60}.....\Qa{60}\E", r".+.....\Qa{60}\E"),
        ("a(b.c?d[e-z]f.g)" * 4, None),
        (r"\Q.{80}\E" * 9, None),
        ("a{5}", None),
        ("(", None),
    ],
)
def test_what_is_looked_for_first(text: str, looser: str | None) -> None:
    assert expressions.looser(text) == looser


_atoms = st.sampled_from(["a", "b", ".", "[ab]", r"\w", "(?:ab|c)", "(?:a.{1,9}b)", r"\.", "[^a{2}]", r"\x{e9}"])
_counted = st.builds(str.__add__, _atoms, st.sampled_from(["", "", "?", "+", "{2}", "{0,30}", "{5,}", "{1,40}", "{0}"]))
_expressions = st.lists(_counted, min_size=1, max_size=5).map("".join) | st.sampled_from(
    ["a.......b", "[ab]" * 9 + "c"]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_expressions, min_size=1, max_size=6), st.text("ab.cé{2\n", max_size=60))
@example([r"[ab]{60}|.....\x62c", r".....\pLc", r".....\Qb{2}\E"], "aaaaabb{2}c")
@example(["a.{30}b", "a.{31}b", "b"], "a" + "c" * 30 + "b")
def test_counting_or_not_what_fits_is_found_and_nothing_else(some: list[str], text: str) -> None:
    options = re2.Options()
    options.case_sensitive = False
    wanted = {7 + at for at, one in enumerate(some) if re2.compile(one, options).search(text)}
    assert Patterns(7, [[one] for one in some]).find(text).keys() == wanted


def test_one_expression_of_a_list_is_enough() -> None:
    found = Patterns(0, [["a.{60}b", "late"], ["a.{60}b", "never"]])
    assert found.find("ab late") == {0: "late"}
    assert found.find("a" + "x" * 60 + "b late") == {0: "a.{60}b", 1: "a.{60}b"}


def _asking(*conditions: tuple[str, ...]) -> list[Rule]:
    return [Rule(f"r{n}", (Condition(Fact.REGEX, one),), Actions(team="t")) for n, one in enumerate(conditions)]


def test_what_people_write_is_taken() -> None:
    assert sum(map(facts.size, USUAL)) > effort.FEW
    assert effort.faults(_asking(*((one,) for one in USUAL))) == []
    assert effort.effort(USUAL) < effort.MOST / 2


def test_what_would_slow_everything_down_is_refused_where_it_stands() -> None:
    assert sum(map(facts.size, SLOW)) < facts.LARGEST_PATTERNS
    found = effort.faults(_asking(("late",), SLOW, USUAL[:5]))
    assert [(fault.rule, fault.part) for fault in found] == [(2, "when.1")]
    assert found[0].why.startswith("regex: Looking for all regular expressions takes too long")


def test_no_more_is_refused_than_has_to_be() -> None:
    each = _asking(*((one,) for one in SLOW), ("late",))
    refused = {fault.rule for fault in effort.faults(each)}
    assert 0 < len(refused) < len(SLOW)
    left = [rule for number, rule in enumerate(each, 1) if number not in refused]
    assert effort.faults(left) == []


def test_a_few_are_not_even_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effort, "effort", None)
    assert effort.faults(_asking(("order #?[0-9]+",), ("late",))) == []
