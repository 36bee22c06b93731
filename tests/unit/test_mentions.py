"""Whom a note names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.inbox.rules import mentioned

PEOPLE = [
    (1, ("Ann", "ann")),
    (2, ("Ann Marie Weiß", "annmarie")),
    (3, ("Bob", "bob")),
    (4, ("Bob", "bob2")),
]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("@Ann look", [1]),
        ("@ann marie weiss, look", [2]),
        ("(@ANN MARIE WEISS)", [2]),
        ("@Ann Marieke", [1]),
        ("ask @bob2, then @Ann and @ann again", [4, 1]),
        ("@Bob", [3, 4]),
        ("mail ann@bob.example", []),
        ("@Anna @ Ann @", []),
        ("@@ann", [1]),
        ("", []),
    ],
)
def test_who_is_meant(text: str, ids: list[int]) -> None:
    assert mentioned(text, PEOPLE) == ids


@given(st.text(max_size=30), st.sampled_from(PEOPLE), st.text(max_size=30))
def test_a_name_between_other_words_is_found(before: str, person: tuple[int, tuple[str, str]], after: str) -> None:
    number, (_name, login) = person
    assert number in mentioned(f"{before} @{login} {after}", PEOPLE)


@given(st.text(alphabet="@anbo ", max_size=200))
def test_nobody_is_invented(text: str) -> None:
    assert set(mentioned(text, PEOPLE)) <= {1, 3, 4}
