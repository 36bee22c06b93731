"""Filling gaps, and finding what a few letters mean."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.texts.rules import PLACEHOLDERS, VARIABLES, fill, find, gaps, is_shortcut, unknown
from app.texts.types import Effects, SavedReply

KNOWN = {"person": "Vera", "page": "Blog"}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Hello {person}!", "Hello Vera!"),
        ("Hello {post}, thanks", "Hello, thanks"),
        ("Hello {post|there}, thanks", "Hello there, thanks"),
        ("Hello {person|there}", "Hello Vera"),
        ("{person}{page}", "VeraBlog"),
        ("{nobody} {person", "{nobody} {person"),
        ("a {b} {{person}}", "a {b} {Vera}"),
        ("{post}", ""),
    ],
)
def test_filling(text: str, filled: str) -> None:
    assert fill(text, KNOWN) == filled


@given(st.text(), st.dictionaries(st.sampled_from(VARIABLES), st.text()))
def test_what_is_put_in_is_never_filled_again(text: str, known: dict[str, str]) -> None:
    """Somebody may call themselves ``{agent}``."""
    marked = {name: f"{value}{{agent}}" for name, value in known.items()} | {"agent": "SECRET"}
    del marked["agent"]
    assert "SECRET" not in fill(text, marked)
    assert fill(fill("{person}", {"person": "{agent}"}), {}) == ""


@given(st.text(alphabet="{}|ab person", max_size=80))
def test_nothing_is_left_to_fill_in_what_was_filled(text: str) -> None:
    assert gaps(fill(text, dict.fromkeys(VARIABLES, "x"))) == []


def test_gaps_are_named_once() -> None:
    assert gaps("Hi {person}, {person} {agent|me} {x}") == ["{person}", "{agent|me}"]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (f"All of them: {' '.join(PLACEHOLDERS)}", []),
        ("Hello {person|dear {friend}", ["{friend}"]),
        ("Hello {person|my friend}", []),
        ("{name}, {name} {Person} { person } {person }", ["{name}", "{Person}", "{ person }", "{person }"]),
        ("{first name|you} {größe}", ["{first name|you}", "{größe}"]),
        ('{"a": 1} {} {5} { {person} }', []),
    ],
)
def test_what_is_no_variable_is_named(text: str, wrong: list[str]) -> None:
    assert unknown(text) == wrong


def saved(number: int, title: str, shortcut: str, text: str = "", used: int = 0) -> SavedReply:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return SavedReply(number, 1, title, shortcut, text, None, None, None, Effects(), False, used, 0, None, now)


ALL = [
    saved(1, "Late parcel", "late", "We are sorry", used=3),
    saved(2, "Parcel lost", "lost", used=9),
    saved(3, "Größe falsch", "size", "Wir tauschen um"),
    saved(4, "Latest news", "news", used=5),
]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", [2, 4, 1, 3]),
        ("late", [1, 4]),
        ("lat", [1, 4]),
        ("parcel", [2, 1]),
        ("par la", [1]),
        ("grosse", [3]),
        ("grösse", [3]),
        ("GRÖSSE", [3]),
        ("größe", [3]),
        ("grosse fal", [3]),
        ("tauschen", [3]),
        ("ost", [2]),
        ("zzz", []),
    ],
)
def test_finding(query: str, ids: list[int]) -> None:
    assert [one.id for one in find(query, ALL)] == ids


@given(st.text(max_size=20))
def test_any_letters_find_a_part_of_all(query: str) -> None:
    found = find(query, ALL)
    assert len(found) == len({one.id for one in found})
    assert set(found) <= set(ALL)


@pytest.mark.parametrize(
    ("text", "fits"), [("late", True), ("größe-2", True), ("a b", False), ("", False), ("a/b", False)]
)
def test_shortcuts(text: str, fits: bool) -> None:
    assert is_shortcut(text) is fits
