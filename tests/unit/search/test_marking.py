"""What was looked for is pointed out, in an excerpt that shows it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search import rules
from app.search.marking import ROOM, excerpt, hits
from app.search.types import Term

NOW = datetime(2026, 5, 14, tzinfo=UTC)


def terms(query: str) -> tuple[Term, ...]:
    return rules.read(query, NOW).terms


def marked(text: str, query: str) -> list[str]:
    return [text[start:end] for start, end in hits(text, terms(query))]


@pytest.mark.parametrize(
    ("text", "query", "found"),
    [
        ("Die GRÖSSE stimmt, die Größe!", "grosse", ["GRÖSSE", "Größe"]),
        ("Frau Mueller und Frau Müller", "Müller", ["Mueller", "Müller"]),
        ("late parcel, parcel late", '"late parcel"', ["late", "parcel"]),
        ("delivered, delivery, liver", "deliv*", ["delivered", "delivery"]),
        ("my order here", '"my ord*"', []),
        ("send an e-mail", "e-mail", ["e", "mail"]),
        ("parcel and refund", "parcel -refund", ["parcel"]),
        ("from anna", "from:anna", []),
        ("<script>alert(1)</script>", "script", ["script", "script"]),
    ],
)
def test_hits(text: str, query: str, found: list[str]) -> None:
    assert marked(text, query) == found


def test_an_excerpt_shows_the_first_hit_of_a_long_text() -> None:
    text = "blah " * 200 + "the parcel is late " + "blah " * 200
    pieces = excerpt(text, terms("parcel"))
    assert [piece.text for piece in pieces if piece.hit] == ["parcel"]
    assert pieces[0].text == "…"
    assert pieces[-1].text == "…"
    assert sum(len(piece.text) for piece in pieces) <= ROOM + 2


@given(st.text(), st.text(min_size=1, max_size=20))
def test_an_excerpt_is_a_part_of_the_text(text: str, query: str) -> None:
    said = "".join(piece.text for piece in excerpt(text, terms(query)) if piece.text != "…")
    assert "".join(said.split()) in "".join(text.split())
