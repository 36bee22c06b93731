"""A private reply keeps the promises of a public one, and is never taken for one."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from app.accounts import queries as accounts
from app.accounts import service as people
from app.accounts.types import Actor, Role
from app.connectors import errors
from app.connectors.ports import LengthLimit, LengthUnit, Post, PrivateReplies
from app.core.clock import utc_now
from app.core.errors import Conflict, InvalidInput
from app.inbox import queries, threads
from app.inbox.types import ConversationState, ListFilter, Row
from app.outbox.models import Delivery
from app.replies import approval, speaking
from app.replies import queries as reply_queries
from app.replies import service as replies
from app.replies.approval import Decision
from app.replies.speaking import Answer
from app.replies.types import ReplyView
from app.sending.types import SendState
from app.writing import queries as writing
from app.writing import service as drafts
from app.writing.types import Voice, Words
from tests.domain.conftest import House

ONCE = PrivateReplies(LengthLimit(60, LengthUnit.CHARACTERS), within=timedelta(days=7), once=True)


@pytest.fixture
def talk(house: House, now: datetime) -> int:
    """A conversation that waits for us, on a page where people can be answered in private."""
    house.platform.private = ONCE
    house.platform.say("Eva", "Where is my parcel?", now - timedelta(hours=1))
    house.collect()
    return row(house).id


def row(house: House) -> Row:
    with house.db.read() as session:
        (found,) = queries.rows(session, ListFilter(None))
    return found


def answer(
    house: House,
    talk: int,
    text: str = "Your address, please?",
    *,
    key: str = "k1",
    undo: float = 0,
    private: PrivateReplies | None = ONCE,
) -> int:
    with house.db.write() as session:
        return replies.send(
            session,
            house.ann,
            talk,
            text,
            key=key,
            version=None,
            resolve=False,
            limit=private.length if private else None,
            undo_seconds=undo,
            now=utc_now(),
            private=private,
        )


def told(house: House, talk: int) -> list[ReplyView]:
    with house.db.read() as session:
        return reply_queries.replies(session, house.ann, talk)


def hurry(house: House) -> None:
    """Let waiting times and leases have passed."""
    past = utc_now() - timedelta(seconds=1)
    with house.db.write() as session:
        session.execute(update(Delivery).where(Delivery.state.in_(["queued", "unknown"])).values(due_at=past))
        session.execute(update(Delivery).where(Delivery.lease_until.is_not(None)).values(lease_until=past))


def test_it_reaches_the_person_and_is_never_shown_as_public(house: House, talk: int) -> None:
    assert not row(house).private
    answer(house, talk)
    house.deliverer().run()
    (reply,) = told(house, talk)
    assert (reply.private, reply.delivery.state) == (True, SendState.SENT)
    assert house.platform.letters == [("n1", "Your address, please?")]
    assert house.platform.posted == []
    assert (row(house).private, row(house).state) == (True, ConversationState.WAITING)


def test_the_row_is_public_again_once_they_answer_in_public(house: House, talk: int, now: datetime) -> None:
    answer(house, talk)
    house.platform.say("Eva", "I wrote back!", now, parent="n1")
    house.collect()
    assert (row(house).private, row(house).id) == (False, talk)


@pytest.mark.parametrize("done", [True, False])
def test_an_answer_that_is_lost_is_looked_up_before_anything_is_sent_again(
    house: House, talk: int, *, done: bool
) -> None:
    answer(house, talk)
    lost = errors.OutcomeUnknown(errors.TIMED_OUT)
    (house.platform.fail_after if done else house.platform.fail_before).append(lost)
    house.deliverer().run()
    assert told(house, talk)[0].delivery.state is SendState.UNKNOWN
    hurry(house)
    house.deliverer().run()
    assert told(house, talk)[0].delivery.state is SendState.SENT
    assert len(house.platform.letters) == 1


def test_where_nobody_can_know_a_person_decides(house: House, talk: int) -> None:
    answer(house, talk)
    house.platform.can_look_up = False
    house.platform.fail_after.append(errors.OutcomeUnknown(errors.TIMED_OUT))
    house.deliverer().run()
    hurry(house)
    house.deliverer().run()
    (reply,) = told(house, talk)
    assert reply.delivery.state is SendState.UNCLEAR
    with house.db.write() as session:
        replies.settle(session, house.ann, reply.id, send_again=False, now=utc_now())
    assert told(house, talk)[0].delivery.state is SendState.SENT
    assert len(house.platform.letters) == 1


def test_what_is_taken_back_is_a_private_draft_again(house: House, talk: int) -> None:
    reply = answer(house, talk, undo=10)
    with house.db.write() as session:
        replies.undo(session, house.ann, reply, utc_now())
    hurry(house)
    house.deliverer().run()
    assert house.platform.letters == []
    assert not row(house).private
    with house.db.read() as session:
        begun = writing.begun(session, house.ann, talk, utc_now())
    assert begun.own(house.ann.id, Voice.REPLY) is None
    own = begun.own(house.ann.id, Voice.PRIVATE)
    assert own is not None
    assert own.text == "Your address, please?"


def test_a_platform_that_takes_one_is_not_asked_for_a_second(house: House, talk: int) -> None:
    answer(house, talk)
    with pytest.raises(Conflict):
        answer(house, talk, "And your name?", key="k2")
    assert answer(house, talk, "In public, then", key="k3", private=None)
    house.deliverer().run()
    house.deliverer().run()
    assert (len(house.platform.letters), house.platform.posted) == (1, ["In public, then"])


def test_it_must_fit_and_be_in_time(house: House, talk: int) -> None:
    with pytest.raises(InvalidInput):
        answer(house, talk, "x" * 61)
    with pytest.raises(Conflict):
        answer(house, talk, private=replace(ONCE, within=timedelta(minutes=30)))
    assert told(house, talk) == []


@pytest.mark.parametrize(
    ("answered", "days", "refused"), [(False, 6.9, False), (False, 7.1, True), (True, 1, True), (True, 8, True)]
)
def test_when_it_can_be_sent(*, answered: bool, days: float, refused: bool) -> None:
    now = utc_now()
    said = now - timedelta(days=days)
    assert bool(speaking.against_private(ONCE, "7", said, answered=answered, now=now)) is refused
    free = PrivateReplies(but="mention:")
    assert speaking.against_private(free, "7", said, answered=answered, now=now) == ""
    assert speaking.against_private(free, "mention:7", said, answered=answered, now=now)


def test_what_was_said_to_us_alone_is_not_answered_in_public(house: House, now: datetime) -> None:
    number = house.platform.say("Eva", "My address is 1 Hill Road", now)
    house.platform.comments[number] = replace(house.platform.comments[number], post=Post("p1"), private=True)
    house.collect()
    assert row(house).private
    with house.db.read() as session:
        assert [one.private for one in threads.thread(session, house.ann, row(house).id)] == [True]
    with pytest.raises(Conflict) as caught:
        answer(house, row(house).id, private=None)
    assert caught.value.code == "only_private"
    answer(house, row(house).id)


def test_an_approved_one_still_goes_to_the_person_alone(house: House, talk: int, now: datetime) -> None:
    with house.db.write() as session:
        words = {"login": "chief", "password": "correct horse", "now": now}
        number = people.create_user(session, role=Role.SUPERVISOR, teams=[], **words)  # type: ignore[arg-type]
        chief: Actor = accounts.person(session, number)
        asked = approval.propose(
            session,
            house.ann,
            talk,
            Answer("Your address, please?", False, private=True),
            key="k",
            version=None,
            limit=ONCE.length,
            now=now,
            private=ONCE,
        )
    with house.db.read() as session:
        (proposal,) = reply_queries.proposals(session, chief, talk)
    assert proposal.private
    decision = Decision("Your address, please?", None)
    with house.db.write() as session:
        approval.approve(session, chief, asked, decision, limit=None, undo_seconds=0, now=utc_now(), private=ONCE)
    house.deliverer().run()
    assert (len(house.platform.letters), house.platform.posted) == (1, [])


def test_it_keeps_a_colleague_from_answering_meanwhile(house: House, talk: int) -> None:
    with house.db.write() as session:
        kept = drafts.keep(session, house.bob, talk, Voice.PRIVATE, Words("Your"), revision=0, now=utc_now())
    assert kept.mine
    with pytest.raises(Conflict) as caught:
        answer(house, talk)
    assert caught.value.code == "claimed"
