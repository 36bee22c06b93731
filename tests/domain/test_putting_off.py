"""Rules that look at what a comment is and whom it is from, ask for a skill, and put off, as people do by hand:
until the time has come, the person says more, or anybody does something about it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.connectors.ports import Author, SaidAs, Status
from app.core.errors import Conflict, InvalidInput
from app.desk import service as desk
from app.inbox import queries as inbox
from app.inbox import service as inbox_service
from app.inbox import threads, waking
from app.inbox.models import Conversation, Wait
from app.inbox.types import ConversationState, EventKind, ListFilter, Row
from app.outreach import service as outreach
from app.outreach.types import By, Source, Typed
from app.routing import anew, queries, versions
from app.signals.models import SignalRow
from app.signals.types import SignalKind
from tests.domain.conftest import House

HOUR = timedelta(hours=1)
RULES = """
[[rule]]
name = "Blogs we court"
author_stances = ["courting"]
team = "marketing"
tags = ["blogger"]

[[rule]]
name = "Bad reviews with a picture"
comment_kinds = ["review"]
stars = [1, 2]
attachments = true
team = "customer_service"
skills = ["Refunds"]

[[rule]]
name = "Mentions can wait"
comment_kinds = ["mention"]
snooze_hours = 4
"""


def lists(house: House, state: ConversationState) -> list[Row]:
    with house.db.read() as session:
        return inbox.rows(session, ListFilter(state))


def say(house: House, now: datetime, text: str, **changes: object) -> str:
    number = house.platform.say(f"Eva {len(house.platform.comments)}", text, now)
    house.platform.comments[number] = replace(house.platform.comments[number], **changes)  # type: ignore[arg-type]
    return number


def publish(house: House, now: datetime) -> None:
    with house.db.write() as session:
        versions.install(session, RULES, now)


def put_off(house: House, now: datetime, *, as_it_comes: bool = True) -> tuple[str, int]:
    """A mention, and the conversation that a rule put off: as it came in, or, being there before we were, later."""
    publish(house, now)
    if as_it_comes:
        house.collect()
    number = say(house, now, "Ask @us", said_as=SaidAs.MENTION)
    house.collect()
    (row,) = lists(house, ConversationState.WAITING)
    assert not lists(house, ConversationState.NEW)
    return number, row.id


def wake(house: House, at: datetime) -> int:
    with house.db.write() as session:
        due = waking.has_due(session, at)
        count = waking.wake(session, at)
    assert due is bool(count)
    return count


def test_what_was_said_and_by_whom_decides(house: House, now: datetime) -> None:
    publish(house, now)
    with house.db.write() as session:
        courting = Typed("invitation", "courting", "Honey cake", site="https://honigkuchen.example", message="Come!")
        outreach.record(session, By(house.marketing_team, house.bob.id, Source.PAGE, house.bob), courting, now - HOUR)
    say(house, now, "Hello", author=Author("Anna", "user:anna", "http://www.honigkuchen.example/about"))
    say(house, now - 2 * HOUR, "Before", author=Author("Anna", "user:other", "http://honigkuchen.example"))
    say(house, now, "Broken", said_as=SaidAs.REVIEW, stars=2, attached=1)
    say(house, now, "Broken too", said_as=SaidAs.REVIEW, stars=2)
    say(house, now, "Fine", said_as=SaidAs.REVIEW, stars=4, attached=1)
    house.collect()
    found = {row.snippet: (row.tags, row.team_id) for row in lists(house, ConversationState.NEW)}
    marketing = house.marketing_team
    assert found == {
        "Hello": (("blogger",), marketing),
        "Before": ((), marketing),
        "Broken": (("Refunds",), house.service_team),
        "Broken too": ((), marketing),
        "Fine": ((), marketing),
    }
    with house.db.read() as session:
        broken = session.scalars(select(Conversation.id).where(Conversation.snippet == "Broken")).one()
        (why,) = queries.explain(session, broken)
    assert why.skills == ("Refunds",)


@pytest.mark.parametrize("as_it_comes", [True, False])
def test_it_waits_again_when_its_time_has_come(house: House, now: datetime, as_it_comes: bool) -> None:
    _number, talk = put_off(house, now, as_it_comes=as_it_comes)
    assert wake(house, now + 4 * HOUR - timedelta(minutes=1)) == 0
    assert wake(house, now + 4 * HOUR) == 1
    assert wake(house, now + 5 * HOUR) == 0
    (row,) = lists(house, ConversationState.NEW)
    assert (row.id, row.at) == (talk, now)
    with house.db.read() as session:
        told = session.scalars(select(SignalRow.kind).where(SignalRow.kind == SignalKind.NEW_IN_TEAM)).all()
        (why,) = queries.explain(session, talk)
        waits = session.scalars(select(Wait)).all()
    assert (len(told), waits) == (1, [])  # nobody was told before, and nobody was answered
    assert why.snooze == 4


def test_more_words_bring_it_at_once_and_removed_ones_do_not(house: House, now: datetime) -> None:
    number, _talk = put_off(house, now)
    first = house.platform.comments[number]
    held = say(house, now, "Still", author=first.author, parent=number, status=Status.TRASH)
    house.collect()
    assert len(lists(house, ConversationState.WAITING)) == 1
    house.platform.comments[held] = replace(house.platform.comments[held], external_id="n9", status=Status.LIVE)
    house.collect()
    assert len(lists(house, ConversationState.NEW)) == 1
    assert wake(house, now + 5 * HOUR) == 0


def test_another_text_is_judged_by_itself(house: House, now: datetime) -> None:
    number, _talk = put_off(house, now)
    house.platform.comments[number] = replace(house.platform.comments[number], text="Ask @us!")
    house.collect()
    with house.db.write() as session:
        versions.install(session, RULES.replace('["mention"]', '["reply"]'), now)
    house.platform.comments[number] = replace(house.platform.comments[number], text="Broken, @us")
    house.collect()
    with house.db.write() as session:
        assert anew.route_anew(session, now) == 2
    assert len(lists(house, ConversationState.NEW)) == 1
    assert wake(house, now + 5 * HOUR) == 0


def test_done_is_done_and_taking_that_back_puts_it_off_again(house: House, now: datetime) -> None:
    _number, talk = put_off(house, now)
    with house.db.write() as session:
        inbox_service.resolve(session, house.bob, talk, None, now)
    assert wake(house, now + 5 * HOUR) == 0
    with house.db.write() as session:
        assert desk.undo(session, house.bob, None, now).conversations == (talk,)
    assert wake(house, now + 5 * HOUR) == 1


def one_talk(house: House, now: datetime) -> tuple[str, int]:
    """What somebody wrote two hours ago, and its conversation."""
    number = say(house, now - 2 * HOUR, "Where is it?")
    house.collect()
    (row,) = lists(house, ConversationState.NEW)
    return number, row.id


def put_off_by_hand(house: House, talk: int, until: datetime, now: datetime) -> None:
    with house.db.write() as session:
        waking.put_off(session, house.bob, talk, until, None, now)


def waits(house: House) -> list[Wait]:
    with house.db.read() as session:
        return list(session.scalars(select(Wait)))


def test_what_somebody_puts_off_comes_back_to_them_and_has_waited_all_the_time(house: House, now: datetime) -> None:
    _number, talk = one_talk(house, now)
    put_off_by_hand(house, talk, now + HOUR, now)
    assert not lists(house, ConversationState.NEW)
    with house.db.read() as session:
        (row,) = inbox.rows(session, ListFilter(None, put_off=True))
    assert (row.id, row.at, row.put_off_until) == (talk, now + HOUR, now + HOUR)
    assert (wake(house, now + HOUR - timedelta(seconds=1)), wake(house, now + HOUR)) == (0, 1)
    (row,) = lists(house, ConversationState.NEW)
    assert (row.id, row.at, row.put_off_until) == (talk, now - 2 * HOUR, None)
    assert not waits(house), "nobody was answered"
    with house.db.read() as session:
        (told,) = session.scalars(select(SignalRow).where(SignalRow.kind == SignalKind.WOKE))
        kinds = [one.kind for one in threads.record(session, house.bob, talk).events]
    assert (told.people, told.conversation_id) == ([house.bob.id], talk)
    assert kinds == [EventKind.PUT_OFF, EventKind.WOKE]


def test_what_was_answered_and_comes_back_waits_from_then_on(house: House, now: datetime) -> None:
    _number, talk = one_talk(house, now)
    with house.db.write() as session:
        answered = session.get_one(Conversation, talk)
        inbox_service.set_state(answered, ConversationState.WAITING, None, now)
    (before,) = waits(house)
    put_off_by_hand(house, talk, now + 3 * HOUR, now + HOUR)
    assert wake(house, now + 3 * HOUR) == 1
    (row,) = lists(house, ConversationState.NEW)
    assert row.at == now + 3 * HOUR
    with house.db.write() as session:
        inbox_service.resolve(session, house.bob, talk, None, now + 4 * HOUR)
    assert before.until in [one.until for one in waits(house)], "the first answer came when it came"


def test_an_answer_of_before_stays_when_it_is_opened_again_and_put_off(house: House, now: datetime) -> None:
    _number, talk = one_talk(house, now)
    with house.db.write() as session:
        inbox_service.set_state(session.get_one(Conversation, talk), ConversationState.WAITING, None, now)
    (answered,) = waits(house)
    with house.db.write() as session:
        inbox_service.reopen(session, house.bob, talk, None, now + HOUR)
    put_off_by_hand(house, talk, now + 3 * HOUR, now + 2 * HOUR)
    (kept,) = waits(house)
    assert (kept.since, kept.until, kept.ended) == (answered.since, answered.until, answered.ended)


def test_another_comment_brings_back_at_once_what_somebody_put_off(house: House, now: datetime) -> None:
    number, talk = one_talk(house, now)
    put_off_by_hand(house, talk, now + HOUR, now)
    say(house, now, "Hello?", author=house.platform.comments[number].author, parent=number)
    house.collect()
    (row,) = lists(house, ConversationState.NEW)
    assert (row.id, row.put_off_until, wake(house, now + HOUR)) == (talk, None, 0)


def test_no_rule_undoes_what_somebody_put_off(house: House, now: datetime) -> None:
    number, talk = one_talk(house, now)
    publish(house, now)
    put_off_by_hand(house, talk, now + HOUR, now)
    with house.db.write() as session:
        versions.install(session, RULES.replace('comment_kinds = ["mention"]', 'words = ["lawyer"]'), now)
    house.platform.comments[number] = replace(house.platform.comments[number], text="My lawyer will write")
    house.collect()
    with house.db.write() as session:
        anew.route_anew(session, now)
    with house.db.read() as session:
        assert session.get_one(Conversation, talk).put_off_until == now + HOUR


def test_what_cannot_be_put_off_says_why(house: House, now: datetime) -> None:
    _number, talk = one_talk(house, now)
    for until in (now, now - HOUR, now + timedelta(days=400)):
        with pytest.raises(InvalidInput, match="at most a year"):
            put_off_by_hand(house, talk, until, now)
    with house.db.write() as session:
        inbox_service.resolve(session, house.bob, talk, None, now)
    with pytest.raises(Conflict, match="Open it again"):
        put_off_by_hand(house, talk, now + HOUR, now)
