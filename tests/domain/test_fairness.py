"""One page's trouble, or its thousand acts, hold up no other page, and no answer."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.connectors import errors
from app.connectors.ports import Access, Found, Sent, Target
from app.core.clock import utc_now
from app.inbox.models import Comment
from app.outbox import service as outbox
from app.outbox.carrying import deliveries
from app.outbox.models import Delivery
from app.outbox.types import Act
from app.pages import service as pages
from app.sending.types import SendState
from tests.domain.conftest import House
from tests.domain.platform import Platform

PATIENCE = 20
"""Seconds that something may take on a busy machine."""


@dataclass
class Slow(Platform):
    """A platform with two pages; whoever answers on the slow one goes through ``hang``."""

    hang: Callable[[], None] = lambda: None
    asked: list[str] = field(default_factory=list)

    def reply(self, access: Access, target: Target, text: str, *, key: str) -> Sent:
        self.asked.append(text)
        if access.url == "memory:slow":
            self.hang()
        return super().reply(access, target, text, key=key)


@dataclass
class Two:
    """The house with a second page, and a comment on each."""

    house: House
    platform: Slow
    slow_page: int
    now: datetime

    def ask(self, page_id: int, act: Act, text: str) -> None:
        with self.house.db.write() as session:
            comment = session.scalars(select(Comment).where(Comment.page_id == page_id)).one()
            outbox.request(
                session,
                key=f"{act} {text}",
                act=act,
                comment=comment,
                conversation_id=comment.conversation_id or 0,
                text=text,
                actor_id=None,
                now=self.now,
                due_at=self.now,
            )

    def waiting(self) -> dict[str, tuple[SendState, int]]:
        """Key, state and tries of everything."""
        with self.house.db.read() as session:
            rows = session.execute(select(Delivery.key, Delivery.state, Delivery.attempts))
            return {key: (state, attempts) for key, state, attempts in rows}


@pytest.fixture
def two(house: House, now: datetime) -> Two:
    platform = house.platform = Slow()
    platform.say("Eva", "Where is my parcel?", now - timedelta(hours=1))
    with house.db.write() as session:
        slow = pages.add_page(
            session,
            Found("memory", "Slow", "memory:slow"),
            team_id=house.marketing_team,
            sealed_secret=house.box.seal({"login": "us", "password": "x"}),
            account=None,
            since=None,
            now=now - timedelta(minutes=1),
        )
    house.collector.run([house.page_id, slow], force=True)
    return Two(house, platform, slow, now)


def test_an_answer_leaves_while_another_page_hangs(two: Two) -> None:
    """Also one that is written while the other already hangs."""
    hangs, goes_on = threading.Event(), threading.Event()

    def hang() -> None:
        hangs.set()
        assert goes_on.wait(PATIENCE)

    two.platform.hang = hang
    two.ask(two.slow_page, Act.REPLY, "slow")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(two.house.deliverer().run)
        assert hangs.wait(PATIENCE)
        two.ask(two.house.page_id, Act.REPLY, "quick")
        end = utc_now() + timedelta(seconds=PATIENCE)
        while two.waiting()["reply quick"][0] is not SendState.SENT and utc_now() < end:
            assert not running.done()
        assert two.waiting() == {"reply slow": (SendState.SENDING, 1), "reply quick": (SendState.SENT, 1)}
        goes_on.set()
        assert running.result(PATIENCE) == 2


def test_a_silent_page_is_asked_once_and_left_alone(two: Two) -> None:
    def silent() -> None:
        raise errors.Transient(errors.TIMED_OUT)

    two.platform.hang = silent
    for text in ("one", "two", "three"):
        two.ask(two.slow_page, Act.REPLY, text)
        two.ask(two.house.page_id, Act.REPLY, f"quick {text}")
    assert two.house.deliverer().run() == 4
    assert sorted(two.platform.posted) == ["quick one", "quick three", "quick two"]
    assert [text for text in two.platform.asked if "quick" not in text] == ["one"]


def test_answers_leave_before_a_thousand_acts_and_other_pages_have_their_turn(two: Two) -> None:
    for number in range(30):
        two.ask(two.slow_page, Act.APPROVE, str(number))
    two.ask(two.slow_page, Act.REPLY, "sorry")
    two.ask(two.house.page_id, Act.APPROVE, "late")
    with two.house.db.read() as session:
        found = deliveries.next_of_pages(session, utc_now(), 2)
        keys = {number: session.get_one(Delivery, number).key for _page, number in found}
    assert [keys[number] for _page, number in found if _page == two.slow_page] == ["reply sorry", "approve 0"]
    assert [page for page, _number in found].count(two.house.page_id) == 1
    assert two.house.deliverer().run() == 32


def test_a_time_that_the_platform_names_holds_what_is_like_it(two: Two) -> None:
    later = two.now + timedelta(hours=1)
    for number in range(3):
        two.ask(two.house.page_id, Act.APPROVE, str(number))
    two.platform.fail_before.append(errors.RateLimited(errors.RATE_LIMITED, retry_at=later))
    assert two.house.deliverer().run() == 1
    assert {attempts for _state, attempts in two.waiting().values()} == {0, 1}
    two.ask(two.house.page_id, Act.REPLY, "an answer")
    assert two.house.deliverer().run() == 1, "answers are counted by themselves"
    assert two.platform.posted == ["an answer"]
    with two.house.db.read() as session:
        held = session.scalars(select(Delivery).where(Delivery.act == Act.APPROVE))
        assert all(one.due_at >= later and one.state is SendState.QUEUED for one in held)
