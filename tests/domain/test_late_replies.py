"""A reply that got no answer may still arrive: until it no longer can, its absence proves nothing."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.connectors import errors
from app.core.clock import utc_now
from app.inbox import queries, threads
from app.inbox.types import ConversationState, ListFilter
from app.outbox.carrying import deliveries
from app.outbox.models import Delivery
from app.outbox.types import Act
from app.replies import service as replies
from app.sending.types import SendState
from tests.domain.conftest import House

LEASE = 120.0
UNKNOWN = errors.OutcomeUnknown(errors.TIMED_OUT)


@pytest.fixture
def talk(house: House, now: datetime) -> int:
    house.platform.say("Eva", "Where is my parcel?", now - timedelta(hours=1))
    house.collect()
    with house.db.read() as session:
        (row,) = queries.rows(session, ListFilter(ConversationState.NEW))
    return row.id


def delivery(house: House) -> Delivery:
    with house.db.read() as session:
        return session.scalars(select(Delivery)).one()


def test_it_is_not_looked_up_before_its_time_is_over(house: House, talk: int) -> None:
    with house.db.write() as session:
        replies.send(
            session,
            house.ann,
            talk,
            "On its way!",
            key="key",
            version=None,
            resolve=True,
            limit=None,
            undo_seconds=0,
            now=utc_now(),
        )
    house.platform.fail_before.append(UNKNOWN)
    begun = utc_now()
    house.deliverer(LEASE).run()
    assert delivery(house).state is SendState.UNKNOWN
    assert delivery(house).due_at >= begun + timedelta(seconds=LEASE)
    assert house.deliverer(LEASE).run() == 0
    with house.db.write() as session:  # by a worker that heard of it before, when it was to be sent
        assert deliveries.claim(session, delivery(house).id, utc_now(), LEASE) is None


def test_what_may_be_done_twice_is_tried_again_soon(house: House, talk: int) -> None:
    with house.db.write() as session:
        comment = threads.reply_target(session, talk)
        assert comment is not None
        replies.moderate(session, house.ann, talk, comment, Act.SPAM, key="key", now=utc_now())
    house.platform.fail_before.append(UNKNOWN)
    house.deliverer(LEASE).run()
    assert delivery(house).state is SendState.UNKNOWN
    assert delivery(house).due_at < utc_now() + timedelta(seconds=30)
