"""Promise 4: a reply is posted at most once and never silently dropped."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.connectors import errors
from app.connectors.ports import LengthLimit, LengthUnit, Status
from app.core.clock import utc_now
from app.core.errors import Conflict, Forbidden, InvalidInput, PorchlightError
from app.inbox import access, queries, rules, threads
from app.inbox.models import Comment, Conversation
from app.inbox.types import ConversationState, EventKind, ListFilter, Mark
from app.outbox import rules as outbox_rules
from app.outbox.carrying import deliveries
from app.outbox.models import Delivery
from app.outbox.types import Act
from app.pages import queries as page_queries
from app.pages import service as pages
from app.pages.types import ConnectionState
from app.replies import queries as reply_queries
from app.replies import service as replies
from app.replies import speaking
from app.replies.types import ReplyView
from app.sending import rules as sending_rules
from app.sending.types import SendState
from tests.domain.conftest import House
from tests.domain.platform import US


@pytest.fixture
def talk(house: House, now: datetime) -> int:
    """A conversation that waits for us."""
    house.platform.say("Eva", "Where is my parcel?", now - timedelta(hours=1))
    house.collect()
    with house.db.read() as session:
        (row,) = queries.rows(session, ListFilter(ConversationState.NEW))
    return row.id


def answer(
    house: House, talk: int, text: str = "On its way!", *, key: str = "k1", undo: float = 0, resolve: bool = False
) -> int:
    with house.db.write() as session:
        return replies.send(
            session,
            house.ann,
            talk,
            text,
            key=key,
            version=None,
            resolve=resolve,
            limit=None,
            undo_seconds=undo,
            now=utc_now(),
        )


def test_a_second_click_that_comes_while_the_first_is_stored(
    house: House, talk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both say the same version; the second is answered as the first was, not told that the conversation changed."""
    with house.db.read() as session:
        seen = session.get_one(Conversation, talk).version
    asked, first, door = threading.Event(), threading.get_ident(), access.conversation

    def noted(*arguments: Any, **named: Any) -> Any:
        if threading.get_ident() != first:
            asked.set()
        return door(*arguments, **named)

    monkeypatch.setattr(access, "conversation", noted)

    def click(session: Session) -> int:
        words = {
            "key": "one-form",
            "version": seen,
            "resolve": False,
            "limit": None,
            "undo_seconds": 9,
            "now": utc_now(),
        }
        return replies.send(session, house.ann, talk, "Hello", **words)  # type: ignore[arg-type]

    def click_again() -> int:
        with house.db.write() as session:
            return click(session)

    with ThreadPoolExecutor(1) as pool:
        with house.db.write() as session:
            made = click(session)
            again = pool.submit(click_again)
            if house.db.engine.dialect.name == "postgresql":  # SQLite admits the second only once the first is done
                assert asked.wait(30)
        assert again.result(30) == made


def reply_of(house: House, talk: int) -> ReplyView:
    with house.db.read() as session:
        (reply,) = reply_queries.replies(session, house.ann, talk)
    return reply


def hurry(house: House) -> None:
    """Let waiting times and leases have passed."""
    with house.db.write() as session:
        past = utc_now() - timedelta(seconds=1)
        session.execute(update(Delivery).where(Delivery.state.in_(["queued", "unknown"])).values(due_at=past))
        session.execute(update(Delivery).where(Delivery.lease_until.is_not(None)).values(lease_until=past))


def state_of(house: House, talk: int) -> ConversationState:
    with house.db.read() as session:
        return threads.conversation(session, house.ann, talk).state


def test_a_reply_is_sent_with_its_address(house: House, talk: int) -> None:
    answer(house, talk)
    assert state_of(house, talk) is ConversationState.WAITING
    house.deliverer().run()
    reply = reply_of(house, talk)
    assert reply.delivery.state is SendState.SENT
    assert reply.delivery.url == f"https://b.example/p1#{reply.external_id}"
    assert house.platform.posted == ["On its way!"]


def test_its_echo_is_not_a_new_comment_to_answer(house: House, talk: int) -> None:
    answer(house, talk, resolve=True)
    house.deliverer().run()
    house.collect()
    assert state_of(house, talk) is ConversationState.DONE
    with house.db.read() as session:
        assert [one.is_us for one in threads.thread(session, house.ann, talk)] == [False, True]
        assert queries.rows(session, ListFilter(ConversationState.NEW)) == []


def test_a_second_click_makes_no_second_reply(house: House, talk: int) -> None:
    assert answer(house, talk, key="same") == answer(house, talk, key="same")
    house.deliverer().run()
    assert len(house.platform.posted) == 1


def test_undo_brings_everything_back(house: House, talk: int, now: datetime) -> None:
    reply = answer(house, talk, undo=10, resolve=True)
    with house.db.write() as session:
        assert replies.undo(session, house.ann, reply, utc_now()) == talk
    hurry(house)
    house.deliverer().run()
    assert house.platform.posted == []
    with house.db.read() as session:
        view = threads.conversation(session, house.ann, talk)
        assert (view.state, view.waiting_since, view.assignee_id) == (
            ConversationState.NEW,
            now - timedelta(hours=1),
            None,
        )
        assert reply_queries.replies(session, house.ann, talk) == []


def test_undo_is_for_the_author_and_only_in_time(house: House, talk: int) -> None:
    reply = answer(house, talk, undo=10)
    with pytest.raises(Forbidden), house.db.write() as session:
        replies.undo(session, house.bob, reply, utc_now())
    hurry(house)
    house.deliverer().run()
    with pytest.raises(Conflict), house.db.write() as session:
        replies.undo(session, house.ann, reply, utc_now())
    assert len(house.platform.posted) == 1


def test_nothing_leaves_before_the_time_for_undo_is_over(house: House, talk: int) -> None:
    answer(house, talk, undo=10)
    assert house.deliverer().run() == 0
    assert house.platform.posted == []


@pytest.mark.parametrize("fault", [errors.Transient(errors.SERVER_ERROR), errors.RateLimited(errors.RATE_LIMITED)])
def test_what_certainly_did_not_arrive_is_sent_again(house: House, talk: int, fault: errors.ConnectorError) -> None:
    answer(house, talk)
    house.platform.fail_before.append(fault)
    house.deliverer().run()
    reply = reply_of(house, talk)
    assert reply.delivery.state is SendState.QUEUED
    assert reply.delivery.due_at > utc_now()
    assert reply.delivery.error_code == fault.code
    hurry(house)
    house.deliverer().run()
    assert house.platform.posted == ["On its way!"]


def test_an_unknown_outcome_is_looked_up_and_found(house: House, talk: int) -> None:
    answer(house, talk)
    house.platform.fail_after.append(errors.OutcomeUnknown(errors.TIMED_OUT))
    house.deliverer().run()
    assert reply_of(house, talk).delivery.state is SendState.UNKNOWN
    hurry(house)
    house.deliverer().run()
    assert reply_of(house, talk).delivery.state is SendState.SENT
    assert house.platform.posted == ["On its way!"]


def test_an_unknown_outcome_that_never_arrived_is_sent_again(house: House, talk: int) -> None:
    answer(house, talk)
    house.platform.fail_before.append(errors.OutcomeUnknown(errors.TIMED_OUT))
    house.deliverer().run()
    hurry(house)
    house.deliverer().run()
    assert reply_of(house, talk).delivery.state is SendState.SENT
    assert house.platform.posted == ["On its way!"]


@pytest.mark.parametrize("arrived", [True, False])
def test_a_worker_that_died_while_sending(house: House, talk: int, arrived: bool) -> None:
    answer(house, talk)
    with house.db.write() as session:
        claimed = deliveries.claim(session, deliveries.next_of_pages(session, utc_now(), 1)[0][1], utc_now(), 120)
    assert claimed is not None
    if arrived:
        house.platform.reply(None, claimed.what.target, claimed.what.text, key=claimed.key)  # type: ignore[arg-type]
    assert house.deliverer().run() == 0, "the lease still holds"
    hurry(house)
    house.deliverer().run()
    assert house.platform.posted == ["On its way!"]
    assert reply_of(house, talk).delivery.state is SendState.SENT


def test_an_echo_is_a_receipt(house: House, talk: int) -> None:
    answer(house, talk)
    house.platform.fail_after.append(errors.OutcomeUnknown(errors.TIMED_OUT))
    house.deliverer().run()
    house.collect()
    assert reply_of(house, talk).delivery.state is SendState.SENT
    hurry(house)
    assert house.deliverer().run() == 0


def test_where_nobody_can_know_a_person_decides(house: House, talk: int) -> None:
    house.platform.can_look_up = False
    reply = answer(house, talk, resolve=True)
    house.platform.fail_after.append(errors.OutcomeUnknown(errors.TIMED_OUT))
    house.deliverer().run()
    hurry(house)
    house.deliverer().run()
    assert reply_of(house, talk).delivery.state is SendState.UNCLEAR
    assert state_of(house, talk) is ConversationState.NEW
    with house.db.read() as session:
        assert EventKind.REPLY_UNCLEAR in [event.kind for event in threads.record(session, house.ann, talk).events]
    with house.db.write() as session:
        replies.settle(session, house.bob, reply, send_again=False, now=utc_now())
    assert house.deliverer().run() == 0
    assert reply_of(house, talk).delivery.state is SendState.SENT
    with pytest.raises(Conflict), house.db.write() as session:
        replies.settle(session, house.ann, reply, send_again=True, now=utc_now())


def test_a_refusal_for_good_comes_back_to_the_agent(house: House, talk: int) -> None:
    reply = answer(house, talk, resolve=True)
    house.platform.fail_before.append(errors.Permanent(errors.COMMENTS_CLOSED, "closed"))
    house.deliverer().run()
    assert reply_of(house, talk).delivery.state is SendState.FAILED
    assert state_of(house, talk) is ConversationState.NEW
    with house.db.write() as session:
        replies.settle(session, house.ann, reply, send_again=True, now=utc_now())
    house.deliverer().run()
    assert house.platform.posted == ["On its way!"]


def by_hand(house: House, text: str) -> str:
    """One of us answers Eva at the platform itself."""
    number = house.platform.say("Our brand", text, utc_now(), parent="n1")
    house.platform.comments[number] = replace(house.platform.comments[number], author=US)
    house.collect()
    return number


def test_a_refused_reply_is_settled_once_it_was_written_at_the_page_by_hand(house: House, talk: int) -> None:
    answer(house, talk)
    house.platform.fail_before.append(errors.Permanent(errors.REPLY_RESTRICTED, "not asked"))
    house.deliverer().run()
    assert reply_of(house, talk).delivery.state is SendState.FAILED
    assert state_of(house, talk) is ConversationState.NEW
    by_hand(house, "Something else")
    assert reply_of(house, talk).delivery.state is SendState.FAILED, "other words are another answer"
    number = by_hand(house, "On its  way!\n")
    settled = reply_of(house, talk)
    assert (settled.delivery.state, settled.external_id) == (SendState.SENT, number)
    assert settled.delivery.error_code is None
    assert state_of(house, talk) is ConversationState.WAITING
    with house.db.read() as session:
        assert queries.rows(session, ListFilter(None, mark=Mark.UNSENT)) == []
    hurry(house)
    assert house.deliverer().run() == 0
    assert house.platform.posted == []


def test_an_echo_is_first_of_what_may_be_on_its_way(house: House, talk: int) -> None:
    answer(house, talk)
    house.platform.fail_before.append(errors.Permanent(errors.COMMENTS_CLOSED, "closed"))
    house.deliverer().run()
    answer(house, talk, key="k2")
    house.platform.fail_after.append(errors.OutcomeUnknown(errors.TIMED_OUT))
    house.deliverer().run()
    house.collect()
    with house.db.read() as session:
        states = [one.delivery.state for one in reply_queries.replies(session, house.ann, talk)]
    assert states == [SendState.FAILED, SendState.SENT]


def test_wrong_credentials_stop_the_page_and_lose_nothing(house: House, talk: int, now: datetime) -> None:
    answer(house, talk)
    house.platform.fail_before.append(errors.AuthExpired(errors.WRONG_CREDENTIALS))
    house.deliverer().run()
    with house.db.read() as session:
        page = page_queries.page(session, house.page_id)
    assert page is not None
    assert page.connection_state is ConnectionState.STOPPED
    hurry(house)
    assert house.deliverer().run() == 0
    with house.db.write() as session:
        pages.set_credentials(session, house.page_id, house.box.seal({"login": "us", "password": "new"}), None, now)
    house.deliverer().run()
    assert house.platform.posted == ["On its way!"]


def test_a_fault_of_ours_is_never_repeated_blindly(house: House, talk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(house, talk)
    with monkeypatch.context() as patched:
        patched.setattr(house.platform, "reply", lambda *_a, **_k: 1 / 0)
        house.deliverer().run()
    assert reply_of(house, talk).delivery.state is SendState.UNKNOWN


def test_two_workers_send_once(house: House, talk: int, now: datetime) -> None:
    from concurrent.futures import ThreadPoolExecutor

    for number in range(10):
        house.platform.say(f"P{number}", "Hi", now)
    house.collect()
    with house.db.read() as session:
        talks = [row.id for row in queries.rows(session, ListFilter(ConversationState.NEW))]
    for number, one in enumerate(talks):
        answer(house, one, f"Hello {number}", key=f"k{number}")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _n: house.deliverer().run(), range(4)))
    house.deliverer().run()
    assert sorted(house.platform.posted) == sorted(f"Hello {number}" for number in range(len(talks)))


def test_an_answer_to_something_that_changed_is_refused(house: House, talk: int) -> None:
    with pytest.raises(Conflict) as refused, house.db.write() as session:
        replies.send(
            session,
            house.ann,
            talk,
            "Hi",
            key="k",
            version=77,
            resolve=False,
            limit=None,
            undo_seconds=0,
            now=utc_now(),
        )
    assert refused.value.code == "stale"


@pytest.mark.parametrize("text", ["", "   \n ", "\x00"])
def test_an_empty_answer_is_refused(house: House, talk: int, text: str) -> None:
    with pytest.raises(InvalidInput):
        answer(house, talk, text)


def test_length_is_counted_the_platforms_way() -> None:
    assert speaking.checked("äää", LengthLimit(3, LengthUnit.CHARACTERS)) == "äää"
    with pytest.raises(InvalidInput, match="3 characters"):
        speaking.checked("äää", LengthLimit(3, LengthUnit.BYTES))


def test_moderation_is_carried_out_and_recorded(house: House, talk: int) -> None:
    with house.db.read() as session:
        comment = threads.conversation(session, house.ann, talk).reply_to_id
    assert comment is not None
    for _click in range(2):
        with house.db.write() as session:
            replies.moderate(session, house.ann, talk, comment, Act.HOLD, key="m1", now=utc_now())
    house.platform.fail_after.append(errors.OutcomeUnknown(errors.TIMED_OUT))
    house.deliverer().run()
    hurry(house)
    house.deliverer().run()
    with house.db.read() as session:
        assert session.get_one(Comment, comment).status is Status.HELD
    with house.db.write() as session:
        replies.moderate(session, house.ann, talk, comment, Act.LIKE, key="m2", now=utc_now())
    house.deliverer().run()
    with house.db.read() as session:
        assert session.get_one(Comment, comment).status is Status.HELD, "what is liked stays hidden"


def test_a_comment_of_another_conversation_is_not_moderated(house: House, talk: int, now: datetime) -> None:
    house.platform.say("Tom", "Other", now)
    house.collect()
    with house.db.read() as session:
        foreign = session.scalars(select(Comment.id).where(Comment.author_name == "Tom")).one()
    with pytest.raises(PorchlightError), house.db.write() as session:
        replies.moderate(session, house.ann, talk, foreign, Act.TRASH, key="m", now=utc_now())


def test_waits_grow_and_end() -> None:
    now = utc_now()
    waits = [sending_rules.retry_at(now, attempts, 0.5) for attempts in range(1, sending_rules.TRIES + 1)]
    assert waits[-1] is None
    known = [when for when in waits if when is not None]
    assert known == sorted(known)
    named = now + timedelta(hours=3)
    assert sending_rules.retry_at(now, 1, 0.5, named) == named
    assert sending_rules.look_again_at(now, now - timedelta(hours=25), 0.5) is None


def test_white_space_does_not_hide_an_echo() -> None:
    assert outbox_rules.same_words("a\n\nb ", "a b")
    assert not outbox_rules.same_words("a", "b")
    assert rules.snippet("x" * 500).endswith("…")
