"""One reader a page: a living one keeps its page however long that takes, a dead one loses it soon."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.collecting import runner
from app.connectors.ports import Batch
from app.core.clock import utc_now
from app.pages import leases
from app.pages.models import Connection
from tests.domain.conftest import House
from tests.processes import eventually

A_MINUTE = timedelta(minutes=1)


def lease_until(house: House) -> datetime | None:
    with house.db.read() as session:
        return session.get_one(Connection, house.page_id).lease_until


def test_a_reader_that_lives_keeps_its_page_however_slow_it_is(
    house: House, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_BEAT_SECONDS", 0.02)
    answered, quick = threading.Event(), house.platform.collect

    def slow(*arguments: Any, **named: Any) -> Iterator[Batch]:
        assert answered.wait(30)
        yield from quick(*arguments, **named)

    monkeypatch.setattr(house.platform, "collect", slow)
    house.platform.say("Eva", "Hello", now)
    reading = threading.Thread(target=house.collect)
    reading.start()
    eventually(lambda: lease_until(house), "the page is being read")
    with house.db.write() as session:
        session.get_one(Connection, house.page_id).lease_until = now  # as if it had been slow for half a minute
    eventually(lambda: (lease_until(house) or now) > utc_now(), "the lease was renewed")
    assert house.collector.run([house.page_id], force=True) == [], "nobody else reads it meanwhile"
    answered.set()
    reading.join(30)
    assert lease_until(house) is None


def test_a_reader_that_died_holds_its_page_for_less_than_a_minute(house: House) -> None:
    with house.db.write() as session:
        assert leases.claim_read(session, house.page_id, utc_now(), force=True) is not None
    held_until = lease_until(house)
    assert held_until is not None
    assert datetime.now(UTC) < held_until < datetime.now(UTC) + A_MINUTE
    with house.db.write() as session:
        assert leases.claim_read(session, house.page_id, held_until, force=True) is not None


def test_a_page_that_was_given_back_is_not_held_again(house: House) -> None:
    with house.db.write() as session:
        claim = leases.claim_read(session, house.page_id, utc_now(), force=True)
        assert claim is not None
        leases.release(session, claim)
        leases.keep(session, [claim], utc_now())
    assert lease_until(house) is None
