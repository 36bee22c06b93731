"""A rule as a form, as a text and as it is decided by are the same rule."""

from hypothesis import given, settings
from hypothesis import strategies as st

from app.routing import reading, writing
from app.routing.types import Condition, Fact, Match, Rule
from app.web.rules import buttons, fields, form
from tests.unit.routing import made


def spaced(rule: Rule) -> bool:
    """A form's one-line fields keep no runs of blanks."""
    return all(text == " ".join(text.split()) for text in (rule.name, rule.note))


@settings(max_examples=120, deadline=None)
@given(made.rules.filter(spaced))
def test_form_text_and_rule_say_the_same(rule: Rule) -> None:
    sent = fields.fields(form.typed(rule))
    assert form.rule(fields.read(sent)) == rule
    (stored,) = reading.read(writing.write([rule]))
    assert form.rule(fields.read(fields.fields(form.typed(stored)))) == rule


@settings(max_examples=80, deadline=None)
@given(made.rules.filter(spaced), st.sampled_from(["up", "down", "remove"]), st.integers(0, 4), st.integers(0, 3))
def test_buttons_rearrange_and_lose_nothing_else(rule: Rule, act: str, at: int, inner: int) -> None:
    before = form.typed(rule)
    after = buttons.changed(before, f"{act}:{at}", {})
    wanted = list(before.when)
    if act == "remove":
        wanted[at : at + 1] = []
    else:
        other = at - 1 if act == "up" else at + 1
        if max(at, other) < len(wanted) and other >= 0:
            wanted[at], wanted[other] = wanted[other], wanted[at]
    assert list(after.when) == wanted
    within = buttons.changed(before, f"{act}:{at}.{inner}", {})
    assert len(within.when) == len(before.when)
    assert [one for n, one in enumerate(within.when) if n != at] == [
        one for n, one in enumerate(before.when) if n != at
    ]


def test_conditions_and_groups_are_added() -> None:
    one = buttons.changed(form.Typed(), "add", {"add": "links_at_least"})
    one = buttons.changed(one, "group", {})
    one = buttons.changed(one, "add:1", {"add.1": "confidence_at_least"})
    first, block = one.when
    assert first == form.Line(Fact.LINKS, ("1",))
    assert isinstance(block, form.Block)
    assert [line.fact for line in block.lines] == [Fact.WORDS, Fact.CONFIDENCE]
    assert buttons.changed(one, "nonsense:x", {}) == one


def test_what_is_wrong_is_found_at_its_place() -> None:
    typed = form.Typed(
        name="x",
        to="marketing",
        when=(
            form.Line(Fact.WORDS, ("late",)),
            form.Block(Match.ANY, (form.Line(Fact.REGEX, ("(",)), form.Line(Fact.CONFIDENCE, ("much",)))),
            form.Line(Fact.LINKS, ("-1",)),
            form.Line(Fact.PAGES, ("one",)),
            form.Line(Fact.QUESTION, ("perhaps",)),
        ),
    )
    assert [fault.part for fault in reading.faults_of([form.rule(typed)])] == [
        "when.2.1",
        "when.2.2",
        "when.3",
        "when.4",
        "when.5",
    ]


def test_a_percentage_stays_what_was_typed() -> None:
    line = form.Line(Fact.CONFIDENCE, ("80",))
    rule = form.rule(form.Typed(name="x", to="spam", when=(line,)))
    assert rule.when == (Condition(Fact.CONFIDENCE, 0.8),)
    assert form.typed(rule).when == (line,)
