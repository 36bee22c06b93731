"""Whoever comes back is told exactly what came after what they heard, or to look at everything."""

from hypothesis import given
from hypothesis import strategies as st

from app.web.backlog import NOWHERE, Backlog, Place, place_of

PLACES = st.lists(st.tuples(st.integers(1, 50), st.integers(0, 3)), unique=True, max_size=30).map(sorted)


def filled(places: list[Place], length: int) -> Backlog:
    backlog = Backlog(length)
    for place in places:
        backlog.add(place, f"{place}")
    return backlog


@given(PLACES, st.integers(1, 40), st.tuples(st.integers(0, 51), st.integers(0, 3)))
def test_nothing_is_lost_and_nothing_told_twice(places: list[Place], length: int, heard: Place) -> None:
    missed = filled(places, length).after(heard)
    later = [place for place in places if place > heard]
    if missed is None:
        dropped = places[:-length]
        assert (dropped and heard < dropped[-1]) or heard > (places[-1] if places else NOWHERE)
    else:
        assert [place for place, _message in missed] == later


@given(PLACES.filter(bool))
def test_who_heard_the_last_one_has_missed_nothing(places: list[Place]) -> None:
    assert filled(places, 5).after(places[-1]) == []


def test_an_empty_one_knows_only_where_it_began() -> None:
    backlog = Backlog(5)
    assert backlog.at == NOWHERE
    backlog.start((7, 1), [])
    assert backlog.after((7, 1)) == []
    assert backlog.after((7, 0)) is None
    assert backlog.text == "7-1"


def test_numbers_are_read_as_redis_writes_them() -> None:
    assert place_of("1795309643493-12") == (1795309643493, 12)
    for wrong in ("", "7", "7-", "-7", "7-x", "7-1-1", " 7-1", "1" * 40 + "-1", "$"):
        assert place_of(wrong) is None
