"""What somebody types becomes what is looked for, whatever they type."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.inbox.types import ConversationState
from app.search import rules
from app.search.types import Asked, Has, Kind, Term, Trouble

NOW = datetime(2026, 5, 14, 15, 30, tzinfo=UTC)
TODAY = datetime(2026, 5, 14, tzinfo=UTC)
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=100 * 365)).map(datetime(1990, 1, 1, tzinfo=UTC).__add__)
ANY_KIND = Term(tuple((f"›{kind}",) for kind in Kind), shown=False)


def read(text: str) -> Asked:
    return rules.read(text, NOW)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Late parcel", (Term((("late",),)), Term((("parcel",),)))),
        ('"late parcel"', (Term((("late", "parcel"),)),)),
        ("„late parcel“ «x»", (Term((("late", "parcel"),)), Term((("x",),)))),
        ('"never closed', (Term((("never", "closed"),)),)),
        ("e-mail", (Term((("e", "mail"),)),)),
        ("-refund parcel", (Term((("refund",),), negated=True), Term((("parcel",),)))),
        ("-refund", (Term((("refund",),), negated=True), ANY_KIND)),
        ("deliv*", (Term((("deliv",),), begins=True),)),
        ("Müller", (Term((("muller",), ("mueller",))),)),
        ("from:Anna", (Term((("‹anna",),), shown=False),)),
        ('from:"Anna Lind"', (Term((("‹anna", "‹lind"),), shown=False),)),
        ("-from:anna x", (Term((("‹anna",),), negated=True, shown=False), Term((("x",),)))),
        ("is:note is:reply", (Term((("›note",), ("›reply",)), shown=False),)),
        ("https://ex.org/a", (Term((("https", "ex", "org", "a"),)),)),
        ("12:30", (Term((("12", "30"),)),)),
        ("- * \" ' :", ()),
    ],
)
def test_words(text: str, terms: tuple[Term, ...]) -> None:
    asked = read(text)
    assert asked.terms == terms
    assert not asked.problems


def test_filters() -> None:
    asked = read('page:"Garden blog" team:service is:new is:mine has:reply after:2026-03 before:1.5.2026')
    assert asked.pages == ("Garden blog",)
    assert asked.teams == ("service",)
    assert asked.states == {ConversationState.NEW}
    assert asked.mine
    assert asked.has == {Has.REPLY}
    assert (asked.since, asked.before) == (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC))
    assert not asked.problems
    assert read("-is:spam").states == set(ConversationState) - {ConversationState.SPAM}
    assert read("is:open -is:waiting").states == {ConversationState.NEW}


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("before:soon", Trouble.NO_DATE),
        ("after:2026-13", Trouble.NO_DATE),
        ("after:9999y", Trouble.NO_DATE),
        ("is:urgent", Trouble.NO_STATE),
        ("-is:mine", Trouble.NO_STATE),
        ("has:legs", Trouble.NO_HAS),
        ("from:", Trouble.NO_VALUE),
        ("-page:garden", Trouble.NO_MINUS),
        ("-tag:vip", Trouble.NO_MINUS),
        ("sender:anna", Trouble.NO_KEY),
        ("ab*", Trouble.TOO_SHORT),
        ("a " * 30, Trouble.TOO_MANY),
    ],
)
def test_what_makes_no_sense_is_told(text: str, trouble: Trouble) -> None:
    assert [problem.trouble for problem in read(text).problems] == [trouble]


@pytest.mark.parametrize(
    ("value", "at"),
    [
        ("2026-03-31", datetime(2026, 3, 31, tzinfo=UTC)),
        ("31.3.2026", datetime(2026, 3, 31, tzinfo=UTC)),
        ("2026", datetime(2026, 1, 1, tzinfo=UTC)),
        ("3d", TODAY - timedelta(days=3)),
        ("2w", TODAY - timedelta(days=14)),
        ("31.02.2026", None),
        ("0000", None),
    ],
)
def test_days(value: str, at: datetime | None) -> None:
    assert rules.day(value, NOW) == at


@given(st.text(), st.sampled_from(["", "from:", "page:", "is:", "before:", "-", '"', "has:"]))
def test_anything_can_be_typed(text: str, before: str) -> None:
    asked = read(before + text)
    rules.as_tsquery(asked.terms)
    assert not asked.terms or any(not term.negated for term in asked.terms)


@given(
    MOMENTS,
    MOMENTS,
    st.integers(0, 2**63 - 1),
)
def test_numbers_are_in_the_order_of_time(one: datetime, other: datetime, source: int) -> None:
    earlier, later = sorted((one, other))
    assert rules.first_key(earlier) <= rules.key(earlier, source) < 2**63
    assert rules.key(earlier, source) <= rules.key(later, source)
    assert abs(rules.moment(rules.key(one, source)) - one) < timedelta(milliseconds=1)


@pytest.mark.parametrize("year", [1, 9999])
def test_any_day_has_a_number_that_databases_keep(year: int) -> None:
    assert 0 <= rules.first_key(datetime(year, 12, 31, tzinfo=UTC)) < 2**63


def test_names() -> None:
    names = [(1, "Garden blog"), (2, "Garden"), (3, "Küche & Herd")]
    assert rules.named("garden", names) == [2]
    assert rules.named("gard", names) == [1, 2]
    assert rules.named("blog garden", names) == [1]
    assert rules.named("kuche", names) == [3]
    assert rules.named("roof", names) == []


def test_the_cheaper_way() -> None:
    def way(
        found: int, candidates: int | None, total: float = 5e6, patience: rules.Patience = rules.QUICK
    ) -> int | None:
        return rules.looks_further(found, candidates, 50, total, patience)

    assert way(0, 0) is None  # nothing near: the index knows
    assert way(5, 5) is None
    further = way(40, 40)
    assert further is not None
    assert 10_000 < further < 20_000
    assert way(40, 40, 1_000) is None  # the whole table is small
    assert way(1, 1) is None
    assert way(1, 2_000) == rules.QUICK.most  # a rare phrase of common words, as far as a quick answer looks
    assert way(0, None) == rules.QUICK.most  # no words: nothing the index could bring
    assert way(0, 2_000, patience=rules.THOROUGH) is None  # who has time lets the index bring the words
    assert way(0, 50_000, patience=rules.THOROUGH) == rules.THOROUGH.most  # unless that is nearly everything


def test_what_the_index_can_tell_by_itself() -> None:
    assert rules.loosely(read('"late parcel" -refund').terms) == [Term((("late",),)), Term((("parcel",),))]
