"""Two people at the same moment: one answers, one is told."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.accounts.types import Actor
from app.core.errors import Conflict
from app.inbox.models import Conversation
from app.replies import service as replies
from app.replies.models import Reply
from app.writing import service as writing
from app.writing.models import Claim, Draft
from app.writing.types import Voice, Words
from tests.domain.conftest import House

ROUNDS = 8


@pytest.fixture
def talks(house: House, now: datetime) -> list[int]:
    for number in range(ROUNDS):
        house.platform.say(f"Visitor {number}", "Where is my order?", now - timedelta(hours=1))
    house.collect()
    with house.db.read() as session:
        return list(session.scalars(select(Conversation.id)))


def together(*acts: Callable[[], None]) -> None:
    """Begin all at once, and wait for the last."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], None]) -> None:
        start.wait()
        act()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_two_first_letters_make_one_person_the_one_who_answers(house: House, talks: list[int], now: datetime) -> None:
    for talk in talks:
        kept: dict[int, bool] = {}

        def type_in(who: Actor, talk: int = talk, kept: dict[int, bool] = kept) -> None:
            with house.db.write() as session:
                found = writing.keep(session, who, talk, Voice.REPLY, Words("H"), revision=0, now=now)
            kept[who.id] = found.mine

        together(lambda: type_in(house.ann), lambda: type_in(house.bob))
        assert sorted(kept.values()) == [False, True]
    with house.db.read() as session:
        assert len(session.scalars(select(Claim)).all()) == ROUNDS
        assert len(session.scalars(select(Draft)).all()) == 2 * ROUNDS


def test_two_answers_at_once_are_one_answer(house: House, talks: list[int], now: datetime) -> None:
    codes: list[str] = []
    for talk in talks:
        with house.db.read() as session:
            seen = session.get_one(Conversation, talk).version

        def answer(who: Actor, talk: int = talk, seen: int = seen) -> None:
            try:
                with house.db.write() as session:
                    replies.send(
                        session,
                        who,
                        talk,
                        "On its way",
                        key=f"form-{talk}",
                        version=seen,
                        resolve=True,
                        limit=None,
                        undo_seconds=10,
                        now=now,
                    )
            except Conflict as error:
                codes.append(error.code)

        together(lambda: answer(house.ann), lambda: answer(house.bob))
    assert codes == ["stale"] * ROUNDS
    with house.db.read() as session:
        assert len(session.scalars(select(Reply)).all()) == ROUNDS


def test_an_answer_and_a_take_over_at_once(house: House, talks: list[int], now: datetime) -> None:
    """Either the answer was there first and the taker is told, or the take-over was and the writer's text is kept."""
    for talk in talks:
        with house.db.write() as session:
            writing.keep(session, house.ann, talk, Voice.REPLY, Words("On its way"), revision=0, now=now)
            seen = session.get_one(Conversation, talk).version
        refused: list[str] = []

        def answer(talk: int = talk, seen: int = seen, refused: list[str] = refused) -> None:
            try:
                with house.db.write() as session:
                    replies.send(
                        session,
                        house.ann,
                        talk,
                        "On its way",
                        key=f"form-{talk}",
                        version=seen,
                        resolve=True,
                        limit=None,
                        undo_seconds=10,
                        now=now,
                    )
            except Conflict:
                refused.append("answer")

        def take(talk: int = talk, seen: int = seen, refused: list[str] = refused) -> None:
            try:
                with house.db.write() as session:
                    writing.take(session, house.bob, talk, seen, now)
            except Conflict:
                refused.append("take")

        together(answer, take)
        with house.db.read() as session:
            sent = session.scalar(select(Reply.id).where(Reply.conversation_id == talk))
            draft = session.get(Draft, (talk, house.ann.id, Voice.REPLY))
        assert refused == (["take"] if sent else ["answer"])
        assert (draft is None) is (sent is not None)
