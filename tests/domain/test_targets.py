"""Targets on what is stored: waits are kept whoever ends them, marks come and go, people are told once."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from app.core.errors import Forbidden, InvalidInput
from app.desk import service as desk_acts
from app.duty import service as duty
from app.duty.service import WayTyped
from app.inbox import queries as inbox
from app.inbox import service as acts
from app.inbox import threads
from app.inbox.models import Conversation, Wait
from app.inbox.types import ConversationState, ListFilter, Mark, Priority
from app.notifications.types import Event
from app.pages.models import Page
from app.replies import service as replies
from app.signals.models import SignalRow
from app.targets import queries, runner, service
from app.targets.service import TargetTyped
from tests.domain.conftest import Desk, House

HOUR = timedelta(hours=1)
EVERYTHING = ListFilter(ConversationState.NEW)


@pytest.fixture
def talk(desk: Desk) -> int:
    """Somebody who has waited for customer service for five minutes."""
    talk_id = desk.talk()
    with desk.house.db.write() as session:
        session.execute(update(Page).values(created_at=desk.now - timedelta(days=3)))
        session.execute(update(Conversation).values(team_id=desk.house.service_team))
    return talk_id


def hold(desk: Desk, target_id: int | None = None, **typed: str) -> None:
    empty = dict.fromkeys(TargetTyped.__slots__, "")
    with desk.house.db.write() as session:
        service.save(session, desk.eve, target_id, TargetTyped(**(empty | typed)), desk.now)


def look(desk: Desk, at: datetime) -> int:
    return runner.watch(desk.house.db, at)


def spread(desk: Desk) -> None:
    """Tell what was to be told later today."""
    with desk.house.db.write() as session:
        session.execute(update(SignalRow).values(due_at=desk.now))
    desk.spread()


def marks(house: House) -> list[tuple[Mark, datetime]]:
    with house.db.read() as session:
        return list(queries.marked(session).values())


def waits(house: House) -> list[tuple[datetime, datetime, ConversationState]]:
    with house.db.read() as session:
        return [(one.since, one.until, one.ended) for one in session.scalars(select(Wait).order_by(Wait.since))]


def answer(house: House, talk_id: int, at: datetime) -> None:
    with house.db.write() as session:
        replies.send(
            session,
            house.ann,
            talk_id,
            "Hello",
            key=f"{at}",
            version=None,
            resolve=False,
            limit=None,
            undo_seconds=0,
            now=at,
        )


def test_warned_marked_told_and_forgotten_once_answered(desk: Desk, talk: int) -> None:
    hold(desk, first_reply="1 h")
    since = desk.now - timedelta(minutes=5)
    assert look(desk, desk.now) == 0
    with desk.house.db.write() as session:
        acts.take(session, desk.house.ann, talk, None, desk.now)
    assert look(desk, since + 50 * HOUR / 60) == 1
    assert marks(desk.house) == [(Mark.SOON, since + HOUR)]
    assert look(desk, since + 55 * HOUR / 60) == 0
    assert look(desk, since + 2 * HOUR) == 1
    assert look(desk, since + 3 * HOUR) == 0
    assert marks(desk.house) == [(Mark.LATE, since + HOUR)]
    with desk.house.db.read() as session:
        (row,) = inbox.rows(session, EVERYTHING)
        head = threads.conversation(session, desk.house.ann, talk)
        past = inbox.rows(session, ListFilter(None, chosen=(("target", "late"),)))
    assert (row.due_at, set(row.marks)) == (since + HOUR, {Mark.LATE})
    assert (head.target, head.due_at) == (Mark.LATE, since + HOUR)
    assert [one.id for one in past] == [talk]
    spread(desk)
    assert desk.told(desk.house.ann) == [Event.TARGET_NEAR]
    assert desk.told(desk.eve) == [Event.TARGET_MISSED]
    assert desk.told(desk.house.bob) == []
    answer(desk.house, talk, since + 4 * HOUR)
    assert marks(desk.house) == []
    assert look(desk, since + 9 * HOUR) == 0


def test_waits_are_kept_whoever_ends_them(desk: Desk, talk: int) -> None:
    house, now = desk.house, desk.now
    since = now - timedelta(minutes=5)
    answer(house, talk, now)
    assert waits(house) == [(since, now, ConversationState.WAITING)]
    with house.db.write() as session:
        acts.resolve(session, house.ann, talk, None, now + HOUR)
    assert waits(house) == [(since, now, ConversationState.DONE)]
    with house.db.write() as session:
        desk_acts.undo(session, house.ann, None, now + HOUR)
    assert waits(house) == [(since, now, ConversationState.WAITING)]
    house.platform.say("Maria", "Still waiting!", now - timedelta(seconds=1), parent="n1")
    house.collect()
    with house.db.write() as session:
        acts.set_aside(session, house.ann, talk, None, now + 2 * HOUR)
    assert [ended for _since, _until, ended in waits(house)] == [ConversationState.WAITING, ConversationState.SPAM]


def test_what_changes_is_marked_anew_without_any_rewrite(desk: Desk, talk: int) -> None:
    since = desk.now - timedelta(minutes=5)
    hold(desk, first_reply="1 h")
    assert look(desk, since + 2 * HOUR) == 1
    with desk.house.db.read() as session:
        (one,) = queries.all_targets(session)
    hold(desk, one.target.id, first_reply="4 h")
    assert look(desk, since + 2 * HOUR) == 1
    assert marks(desk.house) == []
    hold(desk, priority="high", first_reply="10 min")
    with desk.house.db.write() as session:
        session.execute(update(Conversation).values(priority=Priority.HIGH))
    assert look(desk, since + 2 * HOUR) == 1
    assert marks(desk.house) == [(Mark.LATE, since + 10 * HOUR / 60)]
    with desk.house.db.write() as session:
        days = "\n".join(str((since + n * timedelta(days=1)).date()) for n in range(3))
        duty.set_way(session, desk.eve, desk.house.service_team, WayTyped("by_hand", "", "", days), desk.now)
    assert look(desk, since + 2 * HOUR) == 1
    assert marks(desk.house) == []
    with desk.house.db.write() as session:
        duty.set_way(session, desk.eve, desk.house.service_team, WayTyped("by_hand", "", "", ""), desk.now)
        session.execute(update(Page).values(created_at=desk.now))
    assert look(desk, since + 2 * HOUR) == 0, "what waited before the page was connected has no target"


def test_a_resolution_that_was_interrupted_is_found(desk: Desk, talk: int) -> None:
    house, now = desk.house, desk.now
    since = now - timedelta(minutes=5)
    hold(desk, resolution="2 h")
    answer(house, talk, since + HOUR)
    house.platform.say("Maria", "And?", now, parent="n1")
    house.collect()
    with house.db.write() as session:
        session.execute(update(Conversation).values(waiting_since=since + 10 * HOUR, sort_at=since + 10 * HOUR))
    assert look(desk, since + 10 * HOUR) == 0
    assert look(desk, since + 10.6 * HOUR) == 1
    assert marks(house) == [(Mark.SOON, since + 11 * HOUR)]
    spread(desk)
    assert desk.told(house.ann) == [Event.TARGET_NEAR], "nobody has it: its team is warned"
    with house.db.write() as session:
        session.execute(update(Conversation).values(team_id=house.marketing_team))
    look(desk, since + 20 * HOUR)
    spread(desk)
    assert desk.told(desk.eve) == [Event.TARGET_MISSED], "the team has nobody who leads it: all who lead are told"


def test_only_who_may_sets_targets_and_nonsense_is_named(desk: Desk) -> None:
    hold(desk, first_reply="1 h", team=str(desk.house.service_team))
    for typed, field in (
        ({"first_reply": "soon"}, "first_reply"),
        ({}, "first_reply"),
        ({"team": "99", "resolution": "1 h"}, "team"),
        ({"priority": "low", "resolution": "1 h"}, "priority"),
        ({"team": str(desk.house.service_team), "next_reply": "1 h"}, "team"),
    ):
        with pytest.raises(InvalidInput) as refused:
            hold(desk, None, **typed)
        assert refused.value.field == field
    with pytest.raises(Forbidden), desk.house.db.write() as session:
        service.remove(session, desk.house.ann, 1, desk.now)
