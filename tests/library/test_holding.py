"""While there is trouble nothing cheerful goes out: a crisis of the page, or a dispute with whom a post names."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.types import Actor
from app.core.clock import utc_now
from app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from app.library import crises, holding, publishing, service
from app.outreach import holding as acts
from app.outreach import service as outreach
from app.outreach.models import HeldAct
from app.outreach.types import By, HeldState, Settled, Source, Typed
from app.sending.types import SendState
from app.signals.models import SignalRow
from app.signals.types import SignalKind
from app.texts import voice
from app.texts.types import TermTyped
from tests.library.conftest import FORM, Shelf

NAMING = "Baked with Anna of https://www.honigkuchen.example/recipes: come and taste!"
DISPUTE = Typed("complaint", "dispute", "Honey cake", site="honigkuchen.example", message="She wants her money back.")


def enter(shelf: Shelf, who: Actor, typed: Typed = DISPUTE) -> int:
    team = shelf.house.marketing_team if who is shelf.house.bob else shelf.house.service_team
    with shelf.house.db.write() as session:
        return outreach.record(session, By(team, who.id, Source.PAGE, who), typed, shelf.now).outreach_id


def crisis(shelf: Shelf, *, until: datetime | None = None) -> None:
    with shelf.house.db.write() as session:
        crises.declare(session, shelf.eve, shelf.house.page_id, "A recall.", until, "later" if until else "", utc_now())


def rewrite(shelf: Shelf, held_id: int, who: Actor, text: str) -> None:
    def other_words(session: Session, actor: Actor, held_id: int, version: int, now: datetime) -> Settled:
        return holding.change(session, actor, held_id, text, version, now, FORM)

    settle(shelf, held_id, other_words, who)


def settle(shelf: Shelf, held_id: int, way: Callable[..., Settled], who: Actor, *more: str) -> None:
    with shelf.house.db.write() as session:
        version = session.get_one(HeldAct, held_id).version
        done = way(session, who, held_id, *more, version, utc_now())
        holding.released(session, done, 0, utc_now())


def held(shelf: Shelf, number: int) -> int:
    one = shelf.view(number)
    assert one.state is SendState.HELD
    assert one.held_id is not None
    return one.held_id


def told(shelf: Shelf, kind: SignalKind) -> list[set[int]]:
    with shelf.house.db.read() as session:
        return [set(row.people) for row in session.scalars(select(SignalRow).where(SignalRow.kind == kind))]


def test_a_dispute_of_any_department_holds_a_post_that_names_them(shelf: Shelf) -> None:
    post, other = shelf.say(NAMING), shelf.say("Baked with Anna of https://kekse.example: come and taste!")
    enter(shelf, shelf.house.ann)
    number = shelf.publish(post)
    shelf.publish(other)
    assert shelf.run() == 1, "another site of the same ending is nobody's business"
    assert held(shelf, number)
    assert told(shelf, SignalKind.ACT_HELD) == [{shelf.house.ann.id, shelf.house.bob.id}]
    own = shelf.say(f"{NAMING} Again.")
    enter(shelf, shelf.house.bob, DISPUTE)
    assert held(shelf, shelf.publish(own))


def test_what_was_planned_before_the_dispute_is_held_at_its_time(shelf: Shelf, now: datetime) -> None:
    number = shelf.publish(shelf.say(NAMING), at=now + timedelta(days=3))
    enter(shelf, shelf.house.ann)
    assert shelf.view(number).state is SendState.QUEUED
    shelf.let_time_pass(number)
    assert shelf.run() == 0
    held_id = held(shelf, number)
    with pytest.raises(InvalidInput):
        rewrite(shelf, held_id, shelf.house.bob, f"{NAMING} Really.")
    rewrite(shelf, held_id, shelf.house.bob, "Come and taste!")
    shelf.let_time_pass(number)
    shelf.run()
    assert [post.text for _key, post in shelf.house.platform.published] == ["Come and taste!"]


def test_other_words_are_held_to_what_the_first_were_held_to(shelf: Shelf, now: datetime) -> None:
    enter(shelf, shelf.house.ann)
    post = shelf.say(NAMING, needs_approval=True)
    with shelf.house.db.write() as session:
        service.approve(session, shelf.eve, post, 1, now)
        voice.add_term(session, shelf.eve, TermTyped(None, "", "cheap", "good value", banned=True), now)
    held_id = held(shelf, shelf.publish(post))
    with pytest.raises(Conflict) as unapproved:
        rewrite(shelf, held_id, shelf.house.bob, "Nobody has looked at this.")
    assert unapproved.value.code == "needs_approval"
    for wrong in ("x" * 501, "Cheap cake!"):
        with pytest.raises(InvalidInput):
            rewrite(shelf, held_id, shelf.eve, wrong)
    rewrite(shelf, held_id, shelf.eve, "Come and taste!")
    shelf.run()
    assert [said.text for _key, said in shelf.house.platform.published] == ["Come and taste!"]


def test_a_held_post_is_not_settled_as_if_it_were_an_outreach(shelf: Shelf) -> None:
    """A stance may be chosen for an outreach; a post in a crisis would go out with it."""
    crisis(shelf)
    number = shelf.publish(shelf.write())
    with pytest.raises(NotFound):
        settle(shelf, held(shelf, number), acts.change, shelf.house.bob, "neutral", "Other words.")
    assert shelf.run() == 0


@pytest.mark.parametrize("way", ["go_on", "agree", "drop"])
def test_ways_on(shelf: Shelf, way: str) -> None:
    enter(shelf, shelf.house.ann)
    number = shelf.publish(shelf.say(NAMING))
    held_id = held(shelf, number)
    if way == "go_on":
        settle(shelf, held_id, acts.go_on, shelf.house.bob, "She agreed on the phone.")
    elif way == "agree":
        settle(shelf, held_id, acts.agree, shelf.house.ann)
    else:
        settle(shelf, held_id, acts.drop, shelf.house.bob)
    shelf.run()
    gone = way == "drop"
    assert shelf.view(number).state is (SendState.CANCELLED if gone else SendState.SENT)
    assert len(shelf.house.platform.published) == (0 if gone else 1)


def test_a_page_in_a_crisis_is_silent_and_only_supervisors_lift_that(shelf: Shelf, now: datetime) -> None:
    number = shelf.publish(shelf.write(), at=now + timedelta(hours=1))
    crisis(shelf)
    with pytest.raises(Forbidden), shelf.house.db.write() as session:
        crises.end(session, shelf.house.bob, shelf.house.page_id, now)
    with pytest.raises(Conflict):
        crisis(shelf)
    shelf.let_time_pass(number)
    assert shelf.run() == 0
    held_id = held(shelf, number)
    with pytest.raises(Forbidden):
        settle(shelf, held_id, acts.go_on, shelf.house.bob, "It is only a recipe.")
    with pytest.raises(InvalidInput):
        rewrite(shelf, held_id, shelf.house.bob, "Other words.")
    settle(shelf, held_id, acts.go_on, shelf.eve, "It says where to bring the kettles back.")
    shelf.run()
    assert shelf.view(number).state is SendState.SENT


def test_the_next_crisis_holds_what_the_last_one_let_go(shelf: Shelf, now: datetime) -> None:
    crisis(shelf)
    number = shelf.publish(shelf.write(), at=now + timedelta(hours=1))
    settle(shelf, held(shelf, number), acts.go_on, shelf.eve, "Fine.")
    with shelf.house.db.write() as session:
        crises.end(session, shelf.eve, shelf.house.page_id, utc_now())
    crisis(shelf)
    shelf.let_time_pass(number)
    assert shelf.run() == 0
    assert held(shelf, number)


def test_when_it_is_over_what_is_still_to_come_goes_on_and_the_rest_asks(shelf: Shelf, now: datetime) -> None:
    crisis(shelf)
    later, missed = shelf.publish(shelf.write(), at=now + timedelta(days=2)), shelf.publish(shelf.write())
    assert held(shelf, later) != held(shelf, missed)
    with shelf.house.db.write() as session:
        crises.end(session, shelf.eve, shelf.house.page_id, utc_now())
    shelf.run()
    assert shelf.view(later).state is SendState.QUEUED
    assert shelf.view(missed).state is SendState.FAILED
    assert told(shelf, SignalKind.POST_FAILED) == [{shelf.house.bob.id}]
    with shelf.house.db.read() as session:
        assert {one.state for one in session.scalars(select(HeldAct))} == {HeldState.OVER}
    assert shelf.house.platform.published == []


def test_a_crisis_that_ends_before_its_time_holds_nothing(shelf: Shelf, now: datetime) -> None:
    crisis(shelf, until=now + timedelta(days=1))
    number = shelf.publish(shelf.write(), at=now + timedelta(days=2))
    assert shelf.view(number).state is SendState.QUEUED


def test_who_wrote_it_takes_back_what_is_held(shelf: Shelf) -> None:
    enter(shelf, shelf.house.ann)
    number = shelf.publish(shelf.say(NAMING))
    with shelf.house.db.write() as session:
        publishing.cancel(session, shelf.house.bob, number, utc_now())
    assert shelf.view(number).state is SendState.CANCELLED
    assert told(shelf, SignalKind.HELD_SETTLED) == [{shelf.house.ann.id, shelf.house.bob.id}]
