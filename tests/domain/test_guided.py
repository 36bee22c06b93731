"""Being given one after another: two never get the same, nobody gets what somebody has or answers."""

import threading
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select

from app.accounts.types import Actor
from app.desk import guided
from app.inbox import queries
from app.inbox import service as inbox
from app.inbox.models import Conversation
from app.inbox.types import ConversationState, ListFilter
from app.writing.models import Claim
from tests.domain.conftest import House

ALL = ListFilter(ConversationState.NEW)


def fill(house: House, now: datetime, count: int) -> list[int]:
    """So many wait; answers their ids, the longest waiting first."""
    for number in range(count):
        house.platform.say(f"P{number}", "Hello", now - timedelta(minutes=count - number))
    house.collect()
    with house.db.read() as session:
        return [row.id for row in queries.rows(session, ALL, limit=count)]


def serve(house: House, actor: Actor, now: datetime) -> int | None:
    with house.db.write() as session:
        return guided.serve(session, actor, ALL, now)


def test_the_longest_waiting_first_until_none_is_left(house: House, now: datetime) -> None:
    ids = fill(house, now, 4)
    with house.db.write() as session:
        inbox.take(session, house.bob, ids[1], None, now)
        session.add(Claim(conversation_id=ids[2], user_id=house.bob.id, since=now, until=now + timedelta(seconds=60)))
    assert [serve(house, house.ann, now) for _turn in range(3)] == [ids[0], ids[3], None]
    with house.db.read() as session:
        assert session.get_one(Conversation, ids[0]).assignee_id == house.ann.id


def test_a_claim_that_ran_out_holds_nothing_back(house: House, now: datetime) -> None:
    (talk,) = fill(house, now, 1)
    with house.db.write() as session:
        session.add(Claim(conversation_id=talk, user_id=house.bob.id, since=now, until=now))
    assert serve(house, house.ann, now) == talk


def test_not_now_goes_on_and_comes_back_at_the_end(house: House, now: datetime) -> None:
    first, second = fill(house, now, 2)
    assert serve(house, house.ann, now) == first
    with house.db.write() as session:
        after = guided.pass_on(session, house.ann, first, now)
        assert guided.serve(session, house.ann, ALL, now, after=after) == second
    with house.db.write() as session:
        after = guided.pass_on(session, house.ann, second, now)
        assert guided.serve(session, house.ann, ALL, now, after=after) == first


def test_many_at_once_never_get_the_same(house: House, now: datetime) -> None:
    ids = fill(house, now, 40)
    got: list[int] = []
    lock = threading.Lock()
    start = threading.Barrier(8)

    def work(number: int) -> None:
        me = replace(house.ann, id=house.ann.id if number % 2 else house.bob.id)
        start.wait()
        while (talk := serve(house, me, now)) is not None:
            with lock:
                got.append(talk)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while (talk := serve(house, house.ann, now)) is not None:  # what was locked at the very end
        got.append(talk)
    assert Counter(got) == Counter(ids)
    with house.db.read() as session:
        assert None not in set(session.scalars(select(Conversation.assignee_id)))
