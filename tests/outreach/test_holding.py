"""Contrary acts of two departments are held, talked about and settled; nobody else is."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.accounts import queries as accounts
from app.accounts import service as people
from app.accounts.models import User
from app.accounts.types import Actor, Role
from app.connectors.ports import Author, Item, Post
from app.contacts import joining
from app.contacts.models import Contact
from app.core.errors import Conflict, Forbidden, InvalidInput
from app.inbox.models import Conversation, ConversationMark
from app.inbox.types import Mark
from app.outbox.models import Delivery
from app.outreach import files, holding, queries, service, standings
from app.outreach.models import HeldAct, Outreach
from app.outreach.types import By, HeldState, OutreachState, Recorded, Source, Stance, Typed
from app.replies import approval
from app.replies import holding as replies
from app.replies import service as sending
from app.replies.speaking import Answer
from app.signals.models import SignalRow
from app.signals.types import SignalKind
from tests.domain.conftest import House

NO = "Unfortunately, we cannot accept your blog."
YES = "You are invited to our tasting."
INVITED = Typed("invitation", "courting", "Anna’s blog", site="https://honigkuchen.example", message=YES)
DECLINED = Typed("affiliate", "declining", "Honey cake", site="http://WWW.honigkuchen.example/about", message=NO)


@pytest.fixture
def enter(house: House, now: datetime) -> Callable[..., Recorded]:
    """Enter something for a department: Bob is marketing, Ann customer service."""

    def record(who: Actor, typed: Typed, **other: object) -> Recorded:
        team = house.marketing_team if who is house.bob else house.service_team
        by = By(team, who.id, Source.PAGE, who)
        with house.db.write() as session:
            return service.record(session, by, replace(typed, **other), now)  # type: ignore[arg-type]

    return record


def marks_of(house: House, talk: int) -> list[Mark]:
    """What the conversation's line in a list says."""
    with house.db.read() as session:
        query = select(ConversationMark.mark).where(ConversationMark.conversation_id == talk)
        return list(session.scalars(query))


def say(house: House, now: datetime, *, name: str = "Anna", url: str | None = None, email: str | None = None) -> int:
    """A visitor comments; answers the conversation's id."""
    author = Author(name, f"user:{name}", url, email)
    number = f"c{len(house.platform.comments)}"
    house.platform.comments[number] = Item(number, Post("p1"), author, "May I join?", now - timedelta(minutes=5))
    house.collect()
    with house.db.read() as session:
        return session.scalars(select(Conversation.id).order_by(Conversation.id.desc())).first() or 0


def act_of(house: House, done: Recorded) -> HeldAct:
    assert done.held_id is not None
    with house.db.read() as session:
        return session.get_one(HeldAct, done.held_id)


def state(house: House, done: Recorded) -> tuple[OutreachState, Stance]:
    with house.db.read() as session:
        one = session.get_one(Outreach, done.outreach_id)
        return one.state, one.stance


def signals(house: House) -> dict[SignalKind, set[int]]:
    with house.db.read() as session:
        return {row.kind: set(row.people) for row in session.scalars(select(SignalRow))}


def test_a_refusal_waits_for_who_courts_and_both_owners_hear(house: House, enter: Callable[..., Recorded]) -> None:
    assert enter(house.bob, INVITED).state is OutreachState.LIVE
    done = enter(house.ann, DECLINED)
    assert done.state is OutreachState.HELD
    assert signals(house)[SignalKind.ACT_HELD] == {house.ann.id, house.bob.id}
    with house.db.read() as session:
        one = queries.held_act(session, house.bob, done.held_id or 0, datetime.now().astimezone())
    assert [(side.stance, side.what) for side in one.sides] == [(Stance.COURTING, YES)]
    assert [past.stance for past in one.history] == [Stance.COURTING]
    assert not one.may_settle


def test_the_other_order_and_the_own_department(house: House, enter: Callable[..., Recorded]) -> None:
    assert enter(house.ann, DECLINED).state is OutreachState.LIVE
    assert enter(house.bob, INVITED).state is OutreachState.HELD
    assert enter(house.ann, INVITED, message="We changed our mind").state is OutreachState.LIVE


def test_neither_a_name_nor_a_neighbour_is_held(house: House, enter: Callable[..., Recorded]) -> None:
    enter(house.bob, INVITED, site="anna.blogspot.com")
    assert enter(house.ann, DECLINED, name="Anna’s blog", site="bert.blogspot.com").state is OutreachState.LIVE
    assert enter(house.ann, DECLINED, site="https://ANNA.blogspot.com/x").state is OutreachState.HELD


def test_what_is_over_stands_against_nothing(house: House, now: datetime, enter: Callable[..., Recorded]) -> None:
    since, until = (now - timedelta(days=9)).isoformat(), (now - timedelta(days=1)).isoformat()
    enter(house.bob, INVITED, since=since, until=until)
    assert enter(house.ann, DECLINED).state is OutreachState.LIVE
    lasting = enter(house.bob, INVITED, site="other.example")
    with pytest.raises(Forbidden), house.db.write() as session:
        service.end(session, house.ann, lasting.outreach_id, now)
    with house.db.write() as session:
        service.end(session, house.bob, lasting.outreach_id, now)
    assert enter(house.ann, DECLINED, site="other.example").state is OutreachState.LIVE


def test_what_is_still_to_come_can_be_called_off(house: House, now: datetime, enter: Callable[..., Recorded]) -> None:
    coming = enter(house.bob, INVITED, since=(now + timedelta(days=30)).isoformat())
    with house.db.write() as session:
        service.end(session, house.bob, coming.outreach_id, now)
    assert state(house, coming)[0] is OutreachState.DROPPED
    assert enter(house.ann, DECLINED).state is OutreachState.LIVE
    with pytest.raises(Conflict), house.db.write() as session:
        service.end(session, house.bob, coming.outreach_id, now)


def test_for_an_owner_who_left_their_team_is_told(house: House, now: datetime, enter: Callable[..., Recorded]) -> None:
    with house.db.write() as session:
        gone = people.create_user(
            session, login="gone", role=Role.MARKETER, password=None, now=now, teams=["marketing"]
        )
        by = By(house.marketing_team, gone, Source.API)
        service.record(session, by, INVITED, now)
        session.execute(update(User).where(User.id == gone).values(active=False))
    assert enter(house.ann, DECLINED).state is OutreachState.HELD
    assert signals(house)[SignalKind.ACT_HELD] == {house.ann.id, house.bob.id}


def test_aligning_changes_the_answer(house: House, now: datetime, enter: Callable[..., Recorded]) -> None:
    enter(house.bob, INVITED)
    done = enter(house.ann, DECLINED)
    key = done.held_id or 0
    with house.db.write() as session:
        holding.say(session, house.bob, key, "They come on Friday. Can it wait?", now)
    act = act_of(house, done)
    assert (act.state, act.version) == (HeldState.ALIGNING, 2)
    assert signals(house)[SignalKind.HELD_SAID] == {house.ann.id, house.bob.id}
    with pytest.raises(Conflict), house.db.write() as session:  # has not read it
        holding.change(session, house.ann, key, "neutral", "Later", 1, now)
    with pytest.raises(InvalidInput), house.db.write() as session:
        holding.change(session, house.ann, key, "declining", NO, 2, now)
    with house.db.write() as session:
        holding.change(session, house.ann, key, "courting", "Welcome to the programme!", 2, now)
    assert state(house, done) == (OutreachState.LIVE, Stance.COURTING)
    assert act_of(house, done).state is HeldState.ALIGNED
    with pytest.raises(Conflict), house.db.write() as session:
        holding.drop(session, house.ann, key, 3, now)


def test_going_on_takes_a_reason_that_the_database_wants_too(
    house: House, now: datetime, enter: Callable[..., Recorded]
) -> None:
    enter(house.bob, INVITED)
    done = enter(house.ann, DECLINED)
    key = done.held_id or 0
    for who, reason, error in ((house.ann, " ", InvalidInput), (house.bob, "because", Forbidden)):
        with pytest.raises(error), house.db.write() as session:
            holding.go_on(session, who, key, reason, 1, now)
    with pytest.raises(IntegrityError), house.db.write() as session:
        session.execute(update(HeldAct).where(HeldAct.id == key).values(state=HeldState.GONE_ON))
    with house.db.write() as session:
        holding.go_on(session, house.ann, key, "They copied our texts.", 1, now)
    assert state(house, done) == (OutreachState.LIVE, Stance.DECLINING)
    assert signals(house)[SignalKind.HELD_SETTLED] == {house.ann.id, house.bob.id}


def test_the_other_side_lets_it_go_and_dropping_does_nothing(
    house: House, now: datetime, enter: Callable[..., Recorded]
) -> None:
    enter(house.bob, INVITED)
    done, other = enter(house.ann, DECLINED), enter(house.ann, DECLINED, name="Again")
    with pytest.raises(Forbidden), house.db.write() as session:
        holding.agree(session, house.ann, done.held_id or 0, 1, now)
    with house.db.write() as session:
        holding.agree(session, house.bob, done.held_id or 0, 1, now)
        holding.drop(session, house.ann, other.held_id or 0, 1, now)
    assert state(house, done) == (OutreachState.LIVE, Stance.DECLINING)
    assert state(house, other)[0] is OutreachState.DROPPED


def test_contacts_that_people_joined_are_one_and_separated_they_are_two(
    house: House, now: datetime, enter: Callable[..., Recorded]
) -> None:
    talks = [
        say(house, now, name="Anna", url="https://honigkuchen.example"),
        say(house, now, name="Ann", email="a@b.example"),
    ]
    with house.db.read() as session:
        one, two = (session.get_one(Conversation, talk).contact_id for talk in talks)
    enter(house.bob, INVITED)
    by_mail = replace(DECLINED, site="", email="A@b.example")
    assert enter(house.ann, by_mail).state is OutreachState.LIVE
    with house.db.write() as session:
        versions = [session.get_one(Contact, key).version for key in (one, two)]
        joining.join(
            session,
            house.bob,
            kept_id=one,
            joined_id=two,
            kept_version=versions[0],
            joined_version=versions[1],
            now=now,
        )
    assert enter(house.ann, by_mail, name="Joined").state is OutreachState.HELD
    with house.db.write() as session:
        joining.separate(session, house.bob, two, now)
    assert enter(house.ann, by_mail, name="Separated").state is OutreachState.LIVE


def hold(house: House, who: Actor, talk: int, text: str, now: datetime, key: str = "k1") -> int | None:
    with house.db.write() as session:
        return replies.hold(
            session, who, talk, Answer(text, resolve=True), key=key, version=None, limit=None, tells=(), now=now
        )


def test_a_reply_that_turns_down_whom_another_courts_is_held_until_it_is_settled(
    house: House, now: datetime, enter: Callable[..., Recorded]
) -> None:
    talk = say(house, now, url="https://www.honigkuchen.example/me")
    with house.db.write() as session:
        session.get_one(Conversation, talk).team_id = house.service_team
    enter(house.bob, INVITED)
    assert hold(house, house.ann, talk, "We open at nine.", now) is None
    held_id = hold(house, house.ann, talk, NO, now)
    assert held_id is not None
    assert hold(house, house.ann, talk, NO, now) == held_id
    other_id = hold(house, house.ann, talk, f"{NO} Goodbye.", now, key="k9")
    assert other_id is not None
    assert marks_of(house, talk) == [Mark.HELD]
    with house.db.write() as session:
        holding.drop(session, house.ann, other_id, 1, now)
    assert marks_of(house, talk) == [Mark.HELD], "one still waits"
    with pytest.raises(Conflict) as refused, house.db.write() as session:  # whatever way it takes
        sending.send(
            session, house.ann, talk, NO, key="k2", version=None, resolve=True, limit=None, undo_seconds=0, now=now
        )
    assert refused.value.code == "held"
    with house.db.write() as session:
        holding.go_on(session, house.ann, held_id, "They agreed on the phone.", 1, now)
        done = replies.release(session, held_id, limit=None, undo_seconds=0, now=now)
    assert done.reply_id is not None
    with house.db.read() as session:
        assert session.scalars(select(Delivery.text)).all() == [NO]
    assert marks_of(house, talk) == []


def test_an_answer_that_needs_approval_is_looked_at_again_when_it_is_approved(
    house: House, now: datetime, enter: Callable[..., Recorded]
) -> None:
    talk = say(house, now, url="https://honigkuchen.example")
    with house.db.write() as session:
        session.get_one(Conversation, talk).team_id = house.service_team
        boss = people.create_user(session, login="eve", role=Role.SUPERVISOR, password=None, now=now, teams=[])
        eve = accounts.actor(session, session.get_one(User, boss))
        one = approval.propose(
            session, house.ann, talk, Answer(NO, resolve=True), key="p", version=None, limit=None, now=now
        )
    enter(house.bob, INVITED)
    with pytest.raises(Conflict) as refused, house.db.write() as session:
        approval.approve(session, eve, one, approval.Decision(NO, None), limit=None, undo_seconds=0, now=now)
    assert refused.value.code == "held"


def test_whom_another_team_owes_is_not_courted(house: House, now: datetime, enter: Callable[..., Recorded]) -> None:
    talk = say(house, now, url="https://honigkuchen.example")
    with house.db.write() as session:
        one = session.get_one(Conversation, talk)
        one.team_id, one.remedies_open = house.service_team, 1
    done = enter(house.bob, INVITED)
    assert done.state is OutreachState.HELD
    with house.db.read() as session:
        (side,) = queries.held_act(session, house.ann, done.held_id or 0, now).sides
        assert (side.stance, side.conversation_id) == (Stance.OWING, talk)


def test_two_departments_answering_one_person_within_minutes_are_warned(house: House, now: datetime) -> None:
    talk = say(house, now)
    with house.db.write() as session:
        reply_id = sending.send(
            session, house.ann, talk, "Hi", key="k", version=None, resolve=False, limit=None, undo_seconds=0, now=now
        )
        replies.check_answered(session, house.ann, talk, None, now)  # one's own
        with pytest.raises(replies.AnsweredError) as warned:
            replies.check_answered(session, house.bob, talk, None, now + timedelta(minutes=9))
        assert warned.value.reply_id == reply_id
        replies.check_answered(session, house.bob, talk, reply_id, now)  # has seen it
        replies.check_answered(session, house.bob, talk, None, now + timedelta(minutes=11))


def test_the_same_number_is_the_same_outreach(house: House, enter: Callable[..., Recorded]) -> None:
    first = enter(house.bob, INVITED, key="A-1")
    again = enter(house.bob, INVITED, key="A-1")
    assert (again.outreach_id, again.again) == (first.outreach_id, True)
    for other in ({"message": "Something else"}, {"site": "kekse.example"}, {"until": "2030-01-01"}):
        with pytest.raises(Conflict) as refused:
            enter(house.bob, INVITED, key="A-1", **other)
        assert refused.value.code == "key_used"


def test_a_file_is_taken_line_by_line(house: House, now: datetime, enter: Callable[..., Recorded]) -> None:
    enter(house.bob, INVITED)
    text = (
        "\ufeffkind;stance;name;site;id\n"
        "affiliate;declining;Honey;https://xn--honigkuchen.example;1\n"
        "affiliate;declining;Honey;HONIGKUCHEN.example/;2\n"
        "affiliate;maybe;Honey;a.example;3\n"
        "affiliate;declining;Only a name;;4\n"
    )
    by = By(house.service_team, house.ann.id, Source.CSV, house.ann)
    with house.db.write() as session:
        lines = files.take(session, by, text, now)
    assert [bool(line.error) for line in lines] == [False, False, True, True]
    held = [line.number for line in lines if line.recorded and line.recorded.held_id]
    assert held == [3]
    for wrong in ("", "a,b\n1,2", 'kind,stance,name\n"x'):
        with pytest.raises(InvalidInput), house.db.write() as session:
            files.take(session, by, wrong, now)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_file_is_read_as_its_spreadsheet_wrote_it(encoding: str) -> None:
    said = "kind;stance;name;site\r\naffiliate;declining;Bäckerei Süß;https://bäcker.example\r\n"
    assert files.text_of(said.encode(encoding)) == said


@pytest.mark.parametrize("body", [b"\xff\xfea", b"kind,stance,name\n\x81\xff\x8d", b"a" * (files.LONGEST + 1)])
def test_what_is_no_text_is_no_file(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        files.text_of(body)


def test_however_much_is_known_nothing_hides_who_courts(
    house: House, now: datetime, enter: Callable[..., Recorded], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standings, "GROUP", 2)
    enter(house.bob, INVITED)
    for number in range(3):
        enter(house.ann, DECLINED, stance="neutral", message=f"Export {number}")
        enter(house.bob, INVITED, stance="neutral", message=f"Seen {number}")
        enter(house.bob, INVITED, since="2020-01-01", until="2020-02-01", message=f"Then {number}")
    assert enter(house.ann, DECLINED).state is OutreachState.HELD


def test_of_two_that_contradict_each_other_at_once_one_is_held(house: House, enter: Callable[..., Recorded]) -> None:
    found: list[OutreachState] = []
    start = threading.Barrier(2)

    def run(who: Actor, typed: Typed) -> None:
        start.wait()
        found.append(enter(who, typed).state)

    threads = [threading.Thread(target=run, args=one) for one in ((house.bob, INVITED), (house.ann, DECLINED))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [OutreachState.HELD, OutreachState.LIVE]
