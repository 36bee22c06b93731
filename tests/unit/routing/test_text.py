"""Rules as text: read, written, and every fault told at its place."""

import re
from contextlib import suppress
from importlib import resources
from pathlib import Path

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from app.routing import facts, reading, writing
from app.routing.book import compiled
from app.routing.faults import InvalidRules, told, with_lines
from app.routing.types import Fact, Rule
from tests.unit.routing import made


@settings(max_examples=100, deadline=None)
@given(st.lists(made.rules, max_size=4))
def test_what_is_written_is_read_back(some: list[Rule]) -> None:
    text = writing.write(some)
    assert list(reading.read(text)) == some
    assert writing.write(reading.read(text)) == text
    assert reading.faults_of(some) == []


def test_the_first_rules_survive_being_written() -> None:
    shipped = reading.read(resources.files("app.routing").joinpath("default_rules.toml").read_text(encoding="utf-8"))
    assert reading.read(writing.write(shipped)) == shipped
    assert len(shipped) == 12


def test_the_examples_of_the_documentation_are_right() -> None:
    text = Path("docs/admins.md").read_text(encoding="utf-8")
    examples = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    rules = [rule for one in examples for rule in reading.read(one)]
    assert rules[1].goes_on
    assert {fact.value for fact in Fact if f"`{fact.value} = " not in text} == set()


@settings(max_examples=80, deadline=None)
@given(
    st.recursive(
        st.booleans()
        | st.integers()
        | st.floats(allow_nan=False)
        | st.sampled_from(["", "words", "x", "all", "normal"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["words", "any", "all", "not", "when", "pages", "hours"]), inner, max_size=3
            )
        ),
        max_leaves=8,
    ),
    st.sampled_from(
        ["name", "when", "match", "words", "pages", "team", "priority", "tags", "spam", "continue", "kinds"]
    ),
)
def test_whatever_stands_in_a_rule_is_read_or_refused(value: object, key: str) -> None:
    def toml(one: object) -> str:
        if isinstance(one, dict):
            return "{" + ", ".join(f"{k} = {toml(v)}" for k, v in one.items()) + "}"
        if isinstance(one, list):
            return "[" + ", ".join(map(toml, one)) + "]"
        if isinstance(one, bool):
            return str(one).lower()
        return repr(one).replace("'", '"') if isinstance(one, str) else (repr(one) if "inf" not in repr(one) else "inf")

    text = f"[[rule]]\n{key} = {toml(value)}\n"
    with suppress(InvalidRules):
        reading.read(text)


def test_every_fault_is_told_with_its_place() -> None:
    text = """
[[rule]]
name = "fine"
words = ["late"]
team = "a"

[[rule]]
name = "not fine"
regex = ["("]
when = [
  { words = ["x"], not = "yes" },
  { any = [{ hours = ["always"] }, { pages = [1] }] },
  { languages = ["german"] },
]
team = "a"
priority = "huge"
colour = "red"
"""
    with pytest.raises(InvalidRules) as caught:
        reading.read(text)
    assert [(fault.rule, fault.part) for fault in caught.value.faults] == [
        (2, "colour"),
        (2, "when.1"),
        (2, "when.2"),
        (2, "when.3.1"),
        (2, "when.4"),
        (2, "priority"),
    ]
    assert "Rule 2, condition 1 of group 3, value 1: hours: “always”" in caught.value.message


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("name = 'x'\nwords = ['a']\nspam = true\nteam = 'y'", "spam"),
        ("name = 'x'\nwords = ['a']", ""),
        ("name = 'x'\nteam = 'y'", "when"),
        ("name = 'x'\nteam = 'y'\nwhen = [{ any = [] }]", "when.1"),
        ("name = 'x'\nteam = 'y'\nwhen = [{ any = [{ any = [] }] }]", "when.1.1"),
        ("name = 'x'\nteam = 'y'\nwhen = [{ author_known = true, not = true }]", "when.1"),
        ("name = 'x'\nteam = 'y'\nwords = ['a']\ntags = ['']", "tags"),
        ("name = 'x'\nteam = 'y'\nwords = ['a']\ntags = ['a, b']", "tags"),
        ("name = 'x'\nteam = 'y'\nwords = ['a']\ntags = [1]", "tags"),
    ],
)
def test_a_fault_has_its_place(text: str, part: str) -> None:
    with pytest.raises(InvalidRules) as caught:
        reading.read(f"[[rule]]\n{text}\n")
    assert caught.value.faults[0].part == part


def test_what_tears_a_reader_apart_is_refused() -> None:
    for text in ("snooze_hours = " + "9" * 5000, "when = " + "[" * 50_000):
        with pytest.raises(InvalidRules, match="not TOML"):
            reading.read(f'[[rule]]\nname = "Hungry"\nteam = "marketing"\n{text}')


@pytest.mark.parametrize("sign", ["\\u0000", "\\n", "\\u0085"])
def test_a_name_is_one_line_that_a_database_holds(sign: str) -> None:
    with pytest.raises(InvalidRules, match="name: A name is one line"):
        reading.read(f'[[rule]]\nname = "Two{sign}lines"\nteam = "marketing"\nwords = ["late"]')


def _asking(*expressions: str) -> str:
    """A rule for each expression."""
    return "".join(
        f'[[rule]]\nname = "R"\nteam = "marketing"\nregex = [{", ".join(one.split(" | "))}]\n' for one in expressions
    )


def test_expressions_that_are_too_large_together_are_refused_at_the_largest() -> None:
    """What looks for all of them at once has to be made and kept; small ones are not to blame for a large one."""
    small = [f"'order {number}'" for number in range(20)]
    large = ["'a.{950}b'", "'c.{900}d'", "'e.{850}f'"]
    with pytest.raises(InvalidRules, match="too large") as refused:
        reading.read(_asking(*large, *small))
    assert [(fault.rule, fault.part) for fault in refused.value.faults] == [(1, "when.1")]
    assert "7606 of 20000 steps" in refused.value.message
    within = reading.read(_asking(*large[1:], *small))
    assert len(compiled(within).tests) == len(small) + 2
    assert [fault.rule for fault in reading.faults_of([*within, within[0]])] == [1]


def test_one_expression_or_one_condition_can_be_too_large() -> None:
    with pytest.raises(InvalidRules, match="pattern too large") as refused:
        reading.read(_asking(r"'(?:\pL{300})+y'", "'late'"))
    assert [(fault.rule, fault.value) for fault in refused.value.faults] == [(1, 1)]
    with pytest.raises(InvalidRules, match="too large together") as refused:
        reading.read(_asking(" | ".join(f"'{letter}.{{900}}y'" for letter in "abcdef")))
    assert [(fault.part, fault.value) for fault in refused.value.faults] == [("when.1", 3)]


@pytest.mark.parametrize("bad", [r"'(?:\pL{300})+y%d'", "'%d.{999}y' | '%d.{999}x' | '%d.{999}z'"])
def test_making_expressions_ends_soon_whatever_is_asked_for(bad: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    real = re2.compile

    def count(text: str, options: "re2.Options") -> object:
        made.append(text)
        return real(text, options)

    monkeypatch.setattr(re2, "compile", count)
    with pytest.raises(InvalidRules):
        reading.read(_asking(*(bad.replace("%d", str(number)) for number in range(1000, 1900))))
    assert len(made) < 50


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(["late", "a.{900}b", "(x|y){300}", r"\pL{9}", "[a-z]{400}é", ".{50}z"]), max_size=12))
def test_what_is_taken_has_no_more_steps_than_all_may_have(some: list[str]) -> None:
    text = _asking(*(f"'{one}'" for one in some))
    if sum(map(facts.size, some)) <= facts.LARGEST_PATTERNS:
        assert len(reading.read(text)) == len(some)
    else:
        with pytest.raises(InvalidRules):
            reading.read(text)


def test_all_bad_values_of_a_list_are_told() -> None:
    text = """
[[rule]]
name = "several"
team = "marketing"
when = [
  { regex = [
    "(",
    "fine",
    "x*",
    "",
  ] },
  { any = [{ languages = ["english", "de",
      "GER"] }, { stars = [0, 5, 6, "1"] }] },
]
hours = ["never", "mo-fr 09:00-17:00", 3]
"""
    with pytest.raises(InvalidRules) as caught:
        reading.read(text)
    found = with_lines(text, caught.value.faults)
    assert sorted((one.part, one.value, one.line) for one in found) == [
        ("when.1", 1, 15),
        ("when.1", 3, 15),
        ("when.2", 1, 7),
        ("when.2", 3, 9),
        ("when.2", 4, 10),
        ("when.3.1", 1, 12),
        ("when.3.1", 3, 13),
        ("when.3.2", 1, 13),
        ("when.3.2", 3, 13),
        ("when.3.2", 4, 13),
    ]
    assert told(found[0]).startswith("Rule 1, condition 2, value 1, line 7: regex: “(”")


def test_lines_are_found_however_the_text_is_written() -> None:
    text = """rule = [
  { name = "a", words = ["late"], team = 1 },
  { name = "b", words = ["late"], colour = "red", team = "x" },
]"""
    with pytest.raises(InvalidRules) as caught:
        reading.read(text)
    assert [(one.rule, one.part, one.line) for one in with_lines(text, caught.value.faults)] == [
        (1, "team", 2),
        (2, "colour", 3),
    ]
