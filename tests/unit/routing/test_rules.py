"""The engine: order, going on, groups, words; and that many rules together decide as each alone would."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import hours
from app.inbox.arrivals import Facts
from app.inbox.types import Priority
from app.routing import facts as values
from app.routing import reading, rules, scene, spots, words
from app.routing.book import compiled
from app.routing.types import Actions, Condition, Fact, Group, Match, Rule
from tests.unit.routing import made

ONLY = Condition(Fact.KNOWN, value=True)


def facts(text: str = "", **changes: object) -> Facts:
    plain: dict[str, object] = {
        "conversation_id": 1,
        "page_id": 1,
        "default_team_id": 1,
        "texts": (text,),
        "author_known": False,
        "held_as_spam": False,
    }
    return Facts(**{**plain, **changes})  # type: ignore[arg-type]


def holds(member: Condition | Group, seen: Facts, language: str | None) -> bool:
    """One condition by itself, by the slow and obvious way."""
    if isinstance(member, Group):
        answers = [holds(one, seen, language) for one in member.members]
        return all(answers) if member.match is Match.ALL else any(answers)
    book = compiled([Rule("r", (member,), Actions(team="t"))])
    return rules.decide(book, seen, language).rule is not None


def takes(rule: Rule, seen: Facts, language: str | None) -> bool:
    answers = [holds(one, seen, language) for one in rule.when]
    return all(answers) if rule.match is Match.ALL else any(answers)


@settings(max_examples=80, deadline=None)
@given(st.lists(made.rules, max_size=6), made.facts, made.languages)
def test_rules_are_tried_in_order_and_the_first_that_does_not_go_on_ends_it(
    some: list[Rule], seen: Facts, language: str | None
) -> None:
    expected = []
    for rule in some:
        if takes(rule, seen, language):
            expected.append(rule)
            if not rule.goes_on:
                break
    book = compiled(some)
    assert rules.matching(book, book.scene(seen, language)) == expected
    verdict = rules.decide(book, seen, language)
    assert [hit.rule for hit in verdict.hits] == [rule.name for rule in expected]
    placing = [rule for rule in expected if rule.then.team or rule.then.spam]
    assert verdict.team == (placing[0].then.team if placing else None)
    assert verdict.spam == bool(placing and placing[0].then.spam)
    assert verdict.tags == tuple(dict.fromkeys(tag for rule in expected for tag in rule.then.tags))
    assert verdict.priority is next((r.then.priority for r in expected if r.then.priority), Priority.NORMAL)
    assert verdict.hide == any(rule.then.hide for rule in expected)


@settings(max_examples=100, deadline=None)
@given(made.conditions(), made.facts, made.languages)
def test_not_turns_an_answer_round(one: Condition, seen: Facts, language: str | None) -> None:
    other = Condition(one.fact, one.value, negated=not one.negated)
    assert holds(one, seen, language) is not holds(other, seen, language)


@settings(max_examples=100, deadline=None)
@given(made.rules, made.facts, made.languages)
def test_what_nearly_matched_lacks_that_one_condition(rule: Rule, seen: Facts, language: str | None) -> None:
    book = compiled([rule])
    near = rules.nearly(book, book.scene(seen, language))
    answers = [holds(one, seen, language) for one in rule.when]
    if near == [] and not any(
        map(rules._tells, [one for one, holds_ in zip(rule.when, answers, strict=True) if holds_])
    ):
        return
    if rule.match is Match.ALL and len(answers) > 1 and answers.count(False) == 1:
        assert [(one.failing, one.place) for one in near] == [
            (rule.when[answers.index(False)], answers.index(False) + 1)
        ]
    else:
        assert near == []


@settings(max_examples=100, deadline=None)
@given(made.words, st.text(st.characters(codec="utf-8"), max_size=40))
def test_a_word_found_is_a_word_shown(word: str, text: str) -> None:
    said = words.normal(text)
    index = words.WordIndex([[word]])
    tokens = words.tokens(said)
    if index.find(tokens):
        ((begin, end), *_more) = words.spans(said, tokens, [word])
        assert words.tokens(said[begin:end]) == words.tokens(words.normal(word))


@pytest.mark.parametrize(
    ("word", "text", "found"),
    [
        ("win", "the window", False),
        ("win", "#WIN!", True),
        ("bestell*", "Bestellungen", True),
        ("geld zurück", "Geld\n\n  zurück", True),
        ("geld zurück*", "geld zurückgeben", True),
        ("doesn't work", "it doesn’t work", True),
        ("zurück", "zuru\u0308ck", True),
        ("straße", "STRASSE", True),
        ("rip off", "rip-off", False),
        ("🤮", "yuck🤮🤮", True),
        ("c++", "C++, please", True),
    ],
)
def test_words(word: str, text: str, found: bool) -> None:
    rule = Rule("r", (Condition(Fact.WORDS, (word,)),), Actions(team="t"))
    assert (rules.decide(compiled([rule]), facts(text), None).rule is not None) is found


@pytest.mark.parametrize(
    ("one", "seen", "answer"),
    [
        (Condition(Fact.ONLY, ("emoji",)), facts("❤️ 👍🏽!!"), True),
        (Condition(Fact.ONLY, ("emoji",)), facts("great 👍"), False),
        (Condition(Fact.ONLY, ("mentions", "links")), facts("@ann @bob https://x.example/a?b=c"), True),
        (Condition(Fact.ONLY, ("mentions",)), facts("   "), False),
        (Condition(Fact.POSTS, ("BREAD",)), facts(post_title="Our bread"), True),
        (Condition(Fact.POSTS, ("/2025/",)), facts(post_url="https://b.example/2026/x"), False),
        (Condition(Fact.COMMENT_KINDS, ("reply",)), facts(is_reply=True), True),
        (Condition(Fact.CONFIDENCE, 0.8), facts(confidence=None), False),
        (Condition(Fact.CONFIDENCE, 0.8), facts(confidence=0.8), True),
        (Condition(Fact.EARLIER, 3), facts(earlier=2), False),
        (Condition(Fact.REGEX, (r"order #\d+",)), facts("My ORDER #12"), True),
        (Condition(Fact.LINKS, 2), facts("www.a.example and HTTPS://b.example"), True),
    ],
)
def test_facts(one: Condition, seen: Facts, answer: bool) -> None:
    assert holds(one, seen, None) is answer


@pytest.mark.parametrize(
    ("text", "at", "within"),
    [
        ("mo-fr 09:00-17:00", datetime(2026, 11, 20, 9, 0, tzinfo=UTC), True),
        ("mo-fr 09:00-17:00", datetime(2026, 11, 20, 17, 0, tzinfo=UTC), False),
        ("mo-fr 09:00-17:00", datetime(2026, 11, 21, 10, 0, tzinfo=UTC), False),
        ("mo-fr 9:00-17:00 Europe/Berlin", datetime(2026, 7, 1, 7, 30, tzinfo=UTC), True),
        ("mo-fr 9:00-17:00 Europe/Berlin", datetime(2026, 12, 1, 7, 30, tzinfo=UTC), False),
        ("fr 22:00-06:00", datetime(2026, 11, 21, 5, 59, tzinfo=UTC), True),
        ("fr 22:00-06:00", datetime(2026, 11, 20, 5, 59, tzinfo=UTC), False),
        ("sa-mo,we 00:00-24:00", datetime(2026, 11, 22, 23, 59, tzinfo=UTC), True),
    ],
)
def test_hours(text: str, at: datetime, within: bool) -> None:
    found = hours.read(text)
    assert found is not None
    assert found.hold(at) is within


@pytest.mark.parametrize("text", ["", "mo", "9-17", "xx 09:00-17:00", "mo 25:00-26:00", "mo 09:00-17:00 Nowhere/Else"])
def test_no_hours(text: str) -> None:
    assert hours.read(text) is None


def test_what_an_earlier_rule_said_stands() -> None:
    some = [
        Rule("vip", (ONLY,), Actions(priority=Priority.HIGH, tags=("vip",)), goes_on=True),
        Rule("a", (ONLY,), Actions(team="one", priority=Priority.NORMAL, tags=("x", "vip")), goes_on=True),
        Rule("b", (ONLY,), Actions(team="two", assignee="ann")),
        Rule("c", (ONLY,), Actions(team="three")),
    ]
    verdict = rules.decide(compiled(some), facts(author_known=True), None)
    assert (verdict.team, verdict.rule, verdict.priority) == ("one", "a", Priority.HIGH)
    assert (verdict.tags, verdict.assignee) == (("vip", "x"), "ann")
    assert [hit.rule for hit in verdict.hits] == ["vip", "a", "b"]


@pytest.mark.parametrize("bad", ["(a+)+$", "(a|aa)*b", "(x*)*y", "(a|b)*a(a|b){12}c", "(?:.*a){12}c"])
def test_an_expression_that_would_never_end_costs_no_more_than_the_text_is_long(bad: str) -> None:
    book = compiled([Rule("r", (Condition(Fact.REGEX, (bad,)),), Actions(team="t"))])
    text = ("ab" * 50 + "a" * 400) * 40
    begun = time.process_time()
    for _again in range(3):
        rules.decide(book, facts(text), None)
    assert time.process_time() - begun < 2


def test_an_automaton_that_grows_too_large_gives_the_same_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    book = compiled([Rule("r", (Condition(Fact.REGEX, ("(late|spät)",)),), Actions(team="t"))])

    class Exhausted:
        def Match(self, _text: str) -> list[int]:
            return []

    monkeypatch.setattr(book.patterns, "_set", Exhausted())
    assert rules.decide(book, facts("so late"), None).rule == "r"
    assert rules.decide(book, facts("so soon"), None).rule is None


def test_what_is_shown_as_seen_is_what_was_said() -> None:
    rule = Rule(
        "r", (Condition(Fact.WORDS, ("refund*", "my order")), Condition(Fact.REGEX, (r"#\d+",))), Actions(team="t")
    )
    text = "Refunded? My order #12, my  ORDER"
    assert [text[a:b] for a, b in spots.seen(rule, text)] == ["Refunded", "My order", "#12", "my  ORDER"]


@pytest.mark.parametrize("bad", ["(", "(?<=a)b", r"(a)\1", "a{1001}", "a*", ""])
def test_bad_expressions_are_refused(bad: str) -> None:
    with pytest.raises(values.WrongValueError):
        values.checked(Fact.REGEX, [bad])


def test_every_fact_is_checked_and_asked() -> None:
    assert set(values.CHECKS) == set(Fact)
    assert set(scene.ASK) | {Fact.WORDS, Fact.REGEX} == set(Fact)
    assert reading.read("") == ()
