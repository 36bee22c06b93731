"""A review is prepared on its rhythm, skipped in sight, closed by its owner; what it decided is carried until done."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from app.notifications import letters, outgoing, places, words
from app.notifications import queries as notifications
from app.notifications import service as notices
from app.notifications.types import Channel, Event
from app.pages.models import Page
from app.reviews import queries, service
from app.reviews.types import DecisionTyped, Figure, ReviewRow, ReviewState, ReviewView, Rhythm
from app.upkeep import rolling
from app.upkeep.types import Life
from tests.domain.conftest import Desk
from tests.reports.test_counting import answer, count, say

WEDNESDAY = datetime(2026, 2, 11, 9, tzinfo=UTC)
MONDAY = datetime(2026, 2, 16, 6, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.fixture
def week(desk: Desk) -> Desk:
    """Somebody wrote and was answered in the week from 9 to 15 February 2026."""
    with desk.house.db.write() as session:
        session.execute(update(Page).values(created_at=WEDNESDAY - timedelta(days=90)))
    talk, _number = say(desk.house, WEDNESDAY)
    answer(desk.house, talk, WEDNESDAY + timedelta(hours=2))
    count(desk.house.db, MONDAY)
    return replace(desk, now=MONDAY)


def prepare(desk: Desk, at: datetime) -> int | None:
    with desk.house.db.write() as session:
        return service.work(session, at)


def rows(desk: Desk) -> list[ReviewRow]:
    with desk.house.db.read() as session:
        return queries.reviews(session)


def view(desk: Desk, review_id: int, at: datetime) -> ReviewView:
    with desk.house.db.read() as session:
        return queries.review(session, review_id, at)[0]


def decide(desk: Desk, review_id: int, at: datetime, text: str = "Write a saved reply") -> None:
    due = (at + WEEK).date().isoformat()
    with desk.house.db.write() as session:
        service.decide(session, desk.eve, review_id, DecisionTyped(text, str(desk.house.ann.id), due), at)


def test_nothing_to_look_at_makes_no_review(desk: Desk) -> None:
    assert prepare(desk, MONDAY) is None


def test_prepared_once_and_told_with_its_figures(week: Desk) -> None:
    week.address(week.eve)
    with week.house.db.write() as session:
        rolling.keep_life(session, week.house.page_id, MONDAY - 8 * timedelta(days=1), Life.ALIVE)
        rolling.keep_life(session, week.house.page_id, MONDAY - timedelta(days=1), Life.QUIETING)
    number = prepare(week, MONDAY)
    assert number is not None
    assert prepare(week, MONDAY + timedelta(days=6)) is None
    (row,) = rows(week)
    assert (row.first, row.last, row.owner, row.state) == (date(2026, 2, 9), date(2026, 2, 15), "eve", ReviewState.OPEN)
    shown = view(week, number, MONDAY)
    figures = {one.figure: one for one in shown.figures}
    assert (figures[Figure.CONVERSATIONS].now, figures[Figure.CONVERSATIONS].before) == (1, 0)
    assert figures[Figure.ANSWERED].now == 1.0
    assert [(one.before, one.now) for one in shown.changes.pages] == [(Life.ALIVE, Life.QUIETING)]
    week.spread()
    assert week.told(week.eve) == [Event.REVIEW]
    assert week.told(week.house.ann) == []
    with week.house.db.write() as session:
        claimed = outgoing.claim(session, week.messages()[0].id, MONDAY + timedelta(days=365))
    assert claimed is not None
    text = letters.letter(claimed, base="https://x.example", sender="p@x.example", leave="l").get_body(("plain",))
    assert text is not None
    assert "Conversations: 1 (before: 0)" in text.get_content()
    assert f"https://x.example/reviews/{number}" in text.get_content()


def test_everybody_who_wants_it_hears_how_it_went_for_them(week: Desk) -> None:
    ann = week.house.ann
    with week.house.db.write() as session:
        notices.choose(session, ann, [(Event.OWN_FIGURES, Channel.APP)])
    prepare(week, MONDAY)
    week.spread()
    assert week.told(ann) == [Event.OWN_FIGURES]
    assert week.told(week.house.bob) == [], "nobody is told who did not choose it"
    with week.house.db.read() as session:
        [told] = notifications.listed(session, ann.id)
    assert words.line(told).startswith("How it went for you from Feb 9, 2026")
    assert places.place(told) == f"/reports?by=agent&of={ann.id}&since=2026-02-09&until=2026-02-15"
    assert any(line.startswith("Answered") for line in words.details(told))


def test_skipped_in_sight_and_carried_over(week: Desk) -> None:
    first = prepare(week, MONDAY) or 0
    decide(week, first, MONDAY)
    second = prepare(week, MONDAY + WEEK) or 0
    third = prepare(week, MONDAY + 2 * WEEK) or 0
    assert [row.state for row in rows(week)] == [ReviewState.OPEN, ReviewState.SKIPPED, ReviewState.SKIPPED]
    shown = view(week, third, MONDAY + 2 * WEEK)
    assert [one.id for one in shown.skipped_before] == [second, first]
    assert [one.text for one in shown.carried] == ["Write a saved reply"]
    with pytest.raises(Conflict):
        decide(week, first, MONDAY)
    with week.house.db.write() as session:
        assert service.done(session, week.house.ann, shown.carried[0].id, MONDAY + 2 * WEEK) == first
        service.close(session, week.eve, third, "All well.", MONDAY + 2 * WEEK)
    fourth = prepare(week, MONDAY + 3 * WEEK) or 0
    shown = view(week, fourth, MONDAY + 3 * WEEK)
    assert (shown.skipped_before, shown.carried, shown.previous_id) == ([], [], third)
    assert [one.done_by for one in view(week, third, MONDAY).carried] == ["ann"]
    with week.house.db.write() as session:
        service.done(session, week.house.ann, view(week, third, MONDAY).carried[0].id, MONDAY, again=True)
    assert len(view(week, fourth, MONDAY).carried) == 1


def test_closed_by_its_owner_and_then_it_stays(week: Desk) -> None:
    number = prepare(week, MONDAY) or 0
    forbidden: list[Callable[[Session], object]] = [
        lambda session: service.close(session, week.house.bob, number, "", MONDAY),
        lambda session: service.take_over(session, week.house.bob, number, MONDAY),
        lambda session: service.plan(session, week.house.bob, "week", "", MONDAY),
        lambda session: service.decide(session, week.house.bob, number, DecisionTyped("x", "1", "2026-03-01"), MONDAY),
    ]
    for work in forbidden:
        with pytest.raises(Forbidden), week.house.db.write() as session:
            work(session)
    with week.house.db.write() as session:
        service.close(session, week.eve, number, " Fine. ", MONDAY)
    talk, _number = say(week.house, WEDNESDAY, "Ken")
    count(week.house.db, MONDAY)
    shown = view(week, number, MONDAY)
    assert talk
    assert shown.words == "Fine."
    assert {one.figure: one.now for one in shown.figures}[Figure.CONVERSATIONS] == 1
    with pytest.raises(Conflict), week.house.db.write() as session:
        service.close(session, week.eve, number, "", MONDAY)
    with pytest.raises(NotFound):
        view(week, 99, MONDAY)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        (DecisionTyped(" ", "{ann}", "2026-03-01"), "text"),
        (DecisionTyped("x" * 501, "{ann}", "2026-03-01"), "text"),
        (DecisionTyped("x", "77", "2026-03-01"), "owner"),
        (DecisionTyped("x", "{ann}", "soon"), "due"),
        (DecisionTyped("x", "{ann}", "2026-02-15"), "due"),
        (DecisionTyped("x", "{ann}", "9999-12-31"), "due"),
    ],
)
def test_what_is_no_decision(week: Desk, typed: DecisionTyped, field: str) -> None:
    number = prepare(week, MONDAY) or 0
    given = replace(typed, owner=typed.owner.format(ann=week.house.ann.id))
    with pytest.raises(InvalidInput) as refused, week.house.db.write() as session:
        service.decide(session, week.eve, number, given, MONDAY)
    assert refused.value.field == field


def test_who_sees_to_it_is_told_when_given_and_once_when_due(week: Desk) -> None:
    number = prepare(week, MONDAY) or 0
    decide(week, number, MONDAY)
    for days in (6, 7, 8, 9):
        prepare(week, MONDAY + timedelta(days=days))
    week.spread()
    assert week.told(week.house.ann) == [Event.DECISION, Event.DECISION]
    with week.house.db.read() as session:
        assert [one.text for one in queries.of_person(session, week.house.ann.id)] == ["Write a saved reply"]


def test_the_rhythm_can_change_and_the_owner_be_named(week: Desk) -> None:
    prepare(week, MONDAY)
    with week.house.db.write() as session:
        service.plan(session, week.eve, "month", str(week.house.bob.id), MONDAY)
    assert prepare(week, MONDAY + WEEK) is None
    assert prepare(week, datetime(2026, 3, 1, tzinfo=UTC)) is not None
    newest = rows(week)[0]
    assert (newest.first, newest.last, newest.owner) == (date(2026, 2, 16), date(2026, 2, 28), "bob")
    with week.house.db.read() as session:
        assert queries.plan(session).every is Rhythm.MONTH


def test_two_workers_prepare_one(week: Desk) -> None:
    both = [threading.Thread(target=prepare, args=(week, MONDAY)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(rows(week)) == 1
