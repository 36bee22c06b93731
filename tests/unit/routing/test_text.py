"""Rules as text: read, written, and every fault told at its place."""

import re
from contextlib import suppress
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.routing import reading, writing
from app.routing.book import compiled
from app.routing.reading import InvalidRules
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
    assert "Rule 2, condition 1 of group 3: hours: “always”" in caught.value.message


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


def test_expressions_that_are_too_large_together_are_refused_where_they_become_so() -> None:
    """Each of them is small enough by itself; what looks for all of them at once has to be made too."""
    large = "".join(
        f'[[rule]]\nname = "R{number}"\nteam = "marketing"\nregex = ["(?:\\\\pL{{80}}|x{number})+y"]\n'
        for number in range(200)
    )
    with pytest.raises(InvalidRules) as refused:
        reading.read(large)
    assert [fault.part for fault in refused.value.faults] == ["when.1"]
    fits = refused.value.faults[0].rule - 1
    assert 1 < fits < 20
    within = reading.read("[[rule]]".join(large.split("[[rule]]")[: fits + 1]))
    book = compiled(within)
    assert len(book.tests) == fits
    with pytest.raises(InvalidRules, match="too large"):
        reading.read('[[rule]]\nname = "R"\nteam = "marketing"\nregex = ["(?:\\\\pL{300})+y"]')
    several = ", ".join(f"'\\pL{{80}}y{number}'" for number in range(20))
    with pytest.raises(InvalidRules, match="too large together"):
        reading.read(f'[[rule]]\nname = "R"\nteam = "marketing"\nregex = [{several}]')
    assert [fault.part for fault in reading.faults_of([*within, *within])] == ["when.1"]
