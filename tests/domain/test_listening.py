"""Staying on the line: a mention makes its page due at once, and trouble there costs nothing but that."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bootstrap import Services
from app.collecting import service as collecting
from app.collecting.listening import FIRST_PAUSE, LONGEST_PAUSE, Listening, pause
from app.connectors.mastodon import MastodonConnector
from app.connectors.ports import Found
from app.connectors.registry import Registry
from app.core.clock import utc_now
from app.core.http import Http
from app.core.pace import Pace
from app.core.sections import Outgoing
from app.pages import earshot
from app.pages import service as pages
from app.pages.models import Connection
from app.pages.types import ConnectionState, PageState
from tests.processes import eventually
from tests.servers.loopback import Loopback
from tests.servers.mastodon_stream import FAVOURITE, MENTION, TOKEN, MastodonStream

LATER = timedelta(hours=1)


class Account(SimpleNamespace):
    """A Mastodon page that was read a while ago and is due in an hour, and who listens for it."""

    services: Services
    stream: MastodonStream
    page_id: int
    listening: Listening

    def change(self, **values: object) -> None:
        with self.services.db.write() as session:
            connection = session.get_one(Connection, self.page_id)
            for name, value in values.items():
                setattr(connection, name, value)

    def rest(self) -> None:
        now = utc_now()
        self.change(
            state=ConnectionState.OK, next_read_at=now + LATER, last_try_at=now - LATER, lease=None, lease_until=None
        )

    def state(self, state: PageState) -> None:
        with self.services.db.write() as session:
            pages.set_state(session, self.page_id, state, utc_now())

    def is_due(self) -> bool:
        self.listening.pass_on()
        with self.services.db.read() as session:
            return collecting.has_due(session, utc_now())

    def told(self) -> set[int]:
        with self.services.db.write() as session:
            return earshot.told(session, [self.page_id], utc_now())

    def takes_up(self, times: int) -> None:
        self.listening.look()
        eventually(lambda: self.stream.listened == times and self.stream.speaking, "nobody listens")


@pytest.fixture
def account(services: Services) -> Iterator[Account]:
    with Loopback() as server:
        stream = MastodonStream(server)
        connector = MastodonConnector(Http(Outgoing.model_validate({"allow_networks": "127.0.0.0/8"})), Pace())
        with services.db.write() as session:
            page_id = pages.add_page(
                session,
                Found("mastodon", "Kettle & Co", stream.account, can_log_in=True),
                team_id=1,
                sealed_secret=services.box.seal({"password": TOKEN}),
                account=None,
                since=None,
                now=utc_now(),
            )
        quick = timedelta(milliseconds=1)
        listening = Listening(services.db, Registry([connector]), services.box, first_pause=quick)
        account = Account(services=services, stream=stream, page_id=page_id, listening=listening)
        account.rest()
        services.redis.flushall()
        yield account
        listening.hang_up()


def test_a_mention_makes_the_page_due_and_wakes_who_reads_it(account: Account) -> None:
    account.takes_up(1)
    account.stream.say(b":thump\n" + FAVOURITE)
    assert not account.is_due()
    account.stream.say(MENTION)
    eventually(account.is_due, "a mention was not heard")
    assert account.services.redis.llen("rq:queue:patient") == 1
    assert account.stream.listened == 1


def test_a_line_that_breaks_is_taken_up_again_and_what_was_said_meanwhile_looked_for(account: Account) -> None:
    account.takes_up(1)
    account.stream.say()
    eventually(account.is_due, "nobody looked for what was said meanwhile")
    account.rest()
    account.takes_up(2)
    account.stream.say(MENTION)
    eventually(account.is_due, "a mention was not heard")


def test_a_refused_token_leaves_the_page_as_it_is(account: Account) -> None:
    account.change(sealed_secret=account.services.box.seal({"password": "another"}))
    account.listening.look()
    eventually(lambda: account.stream.listened, "nobody tried")
    with account.services.db.read() as session:
        assert session.get_one(Connection, account.page_id).state is ConnectionState.OK
    account.change(sealed_secret=account.services.box.seal({"password": TOKEN}))
    account.takes_up(2)


@pytest.mark.parametrize("state", [PageState.PAUSED, PageState.REMOVED])
def test_nobody_listens_for_a_page_that_is_not_read(account: Account, state: PageState) -> None:
    account.takes_up(1)
    account.state(state)
    account.listening.look()
    account.stream.say(MENTION)
    eventually(account.stream.is_left, "the line was not hung up")
    assert not account.is_due()
    if state is PageState.PAUSED:
        account.state(PageState.ACTIVE)
        account.takes_up(2)


def test_a_page_that_is_read_or_was_a_moment_ago_has_its_turn_later(account: Account) -> None:
    now = utc_now()
    for busy in ({"lease": "x", "lease_until": now + LATER}, {"last_try_at": now}):
        account.rest()
        account.change(**busy)
        assert account.told() == {account.page_id}
        assert not account.is_due()
    account.rest()
    assert account.told() == set()
    assert account.is_due()


@pytest.mark.parametrize("state", [ConnectionState.FAILING, ConnectionState.STOPPED])
def test_a_page_in_trouble_keeps_to_the_time_of_its_next_try(account: Account, state: ConnectionState) -> None:
    account.change(state=state)
    assert account.told() == set()
    assert not account.is_due()


def test_only_so_many_lines_are_held_and_only_of_pages_with_a_login_that_works(account: Account) -> None:
    def within(limit: int = 9, kind: str = "mastodon") -> list[int]:
        with account.services.db.read() as session:
            return list(earshot.within(session, [kind], limit))

    assert (within(), within(0), within(kind="feed")) == ([account.page_id], [], [])
    account.change(state=ConnectionState.STOPPED)
    assert within() == []
    account.change(state=ConnectionState.OK, sealed_secret=None)
    assert within() == []


def test_it_ends_when_asked_to_however_silent_its_lines_are(account: Account) -> None:
    stopping = threading.Event()
    running = threading.Thread(target=account.listening.run, args=(stopping,))
    running.start()
    eventually(lambda: account.stream.speaking, "nobody listens")
    stopping.set()
    running.join(30)
    assert not running.is_alive()


@given(st.integers(min_value=1, max_value=10**6), st.floats(min_value=0, max_value=1))
def test_a_line_that_keeps_breaking_is_left_alone_ever_longer_up_to_a_bound(failures: int, drawn: float) -> None:
    wait = pause(FIRST_PAUSE, failures, drawn)
    assert FIRST_PAUSE * 0.75 <= wait <= LONGEST_PAUSE * 1.25
    assert wait <= pause(FIRST_PAUSE, failures + 1, drawn)
