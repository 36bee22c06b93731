"""Words that are not said are found wherever they stand, and nowhere else."""

import re

from hypothesis import given
from hypothesis import strategies as st

from app.texts import tone
from app.texts.types import Term

CHEAP = Term(1, "cheap*", "good value", banned=True)
SORRY = Term(2, "sorry for the inconvenience", "", banned=False)
SHORT = Term(3, "sorry", "", banned=False)
plain_words = st.text(alphabet="abcäß ", min_size=1, max_size=8).filter(lambda word: bool(word.strip()))


def said(text: str, *terms: Term) -> list[tuple[int, str]]:
    return [(one.term.id, one.said) for one in tone.find(text, terms)]


def test_whole_words_are_found_whatever_their_case() -> None:
    assert said("It is CHEAPER today, and cheap.", CHEAP) == [(1, "CHEAPER")]
    assert said("A birdcheap? Recheap.", CHEAP) == []
    assert said("Sorry for\n the   inconvenience!", SORRY) == [(2, "Sorry for\n the   inconvenience")]


def test_of_two_that_begin_together_the_longer_one_counts() -> None:
    assert said("sorry for the inconvenience", SHORT, SORRY) == [(2, "sorry for the inconvenience")]
    assert said("sorry, so sorry", SHORT, SORRY) == [(3, "sorry")]
    assert said("anything", *()) == []


@given(st.lists(plain_words, min_size=1, max_size=6), st.text(alphabet="abcäß .,", max_size=60))
def test_a_term_is_found_exactly_where_it_stands_by_itself(terms: list[str], text: str) -> None:
    listed = [Term(number, term, "", banned=True) for number, term in enumerate(terms)]
    patterns = [r"\s+".join(map(re.escape, term.split())) for term in terms]
    stands = [bool(re.search(rf"(?<!\w){pattern}(?!\w)", text, re.IGNORECASE)) for pattern in patterns]
    found = {one.term.id for one in tone.find(text, listed)}
    assert all(stands[number] for number in found)
    assert bool(found) is any(stands)


@given(st.text(max_size=40), st.text(max_size=80))
def test_whatever_is_listed_and_written_is_looked_through(term: str, text: str) -> None:
    if term.strip("* \n\t\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0"):
        tone.find(text, [Term(1, term, "", banned=True)])
