"""Tokens renewed ahead, by one process at a time; one that is good for one use is never used twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from app.collecting.runner import Runner
from app.connectors import errors
from app.connectors.errors import AuthExpired, ConnectorError, OutcomeUnknown, Transient
from app.connectors.oauth import Tokens
from app.connectors.ports import Account, Capabilities
from app.connectors.sign_in import SignIn
from app.core.clock import utc_now
from app.pages import rules, tokens
from app.pages import service as pages
from app.pages.models import Connection, TokenLife
from app.pages.runner import Renewer
from app.pages.types import ConnectionState
from app.signals.models import SignalRow
from app.signals.types import SignalKind
from tests.domain.conftest import House
from tests.web.signing_in import MemoryOAuth

Signed = Callable[..., MemoryOAuth]


@pytest.fixture
def signed(house: House) -> Signed:
    """The page is signed in, and its token due."""

    def make(**more: object) -> MemoryOAuth:
        oauth = MemoryOAuth(**more)  # type: ignore[arg-type]
        house.platform.sign_in = SignIn(how="Sign in there.", oauth=oauth)
        first = Tokens("access-0", "refresh-0", utc_now() + timedelta(hours=1), oauth.ends_at)
        with house.db.write() as session:
            connection = session.get_one(Connection, house.page_id)
            connection.sealed_secret = house.box.seal(first.secret())
            tokens.note(session, house.page_id, first, utc_now())
            due(session)
        return oauth

    return make


def due(session: object) -> None:
    session.execute(update(TokenLife).values(refresh_at=utc_now() - timedelta(seconds=1)))  # type: ignore[attr-defined]


def renewer(house: House) -> Renewer:
    return Renewer(house.db, house.registry, house.box)


def state_of(house: House) -> tuple[ConnectionState, str]:
    with house.db.read() as session:
        connection = session.get_one(Connection, house.page_id)
        assert connection.sealed_secret is not None
        return connection.state, house.box.open(connection.sealed_secret)["password"]


def told(house: House, kind: SignalKind) -> int:
    with house.db.read() as session:
        return session.scalar(select(func.count()).select_from(SignalRow).where(SignalRow.kind == kind)) or 0


def test_a_token_is_renewed_ahead_and_kept(house: House, signed: Signed) -> None:
    oauth = signed()
    assert renewer(house).run() == 1
    assert oauth.used == ["refresh-0"]
    assert state_of(house)[1] == "access-1"
    assert renewer(house).run() == 0, "it is not due again"


def test_many_at_once_use_a_token_once(house: House, signed: Signed) -> None:
    oauth, start = signed(), Barrier(4)

    def work(_number: int) -> int:
        start.wait()
        return renewer(house).run()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 1
    assert oauth.used == ["refresh-0"]


def test_a_platform_that_can_not_be_reached_is_asked_again(house: House, signed: Signed) -> None:
    oauth = signed()
    oauth.fails.append(Transient(errors.UNREACHABLE))
    renewer(house).run()
    assert (oauth.used, state_of(house)) == ([], (ConnectionState.NEW, "access-0"))
    with house.db.write() as session:
        due(session)
    renewer(house).run()
    assert state_of(house)[1] == "access-1"


@pytest.mark.parametrize(
    "error", [OutcomeUnknown(errors.TIMED_OUT), AuthExpired(errors.WRONG_CREDENTIALS)], ids=["no answer", "dead"]
)
def test_a_token_that_died_is_told_once_and_never_sent_again(
    house: House, signed: Signed, error: ConnectorError
) -> None:
    oauth = signed()
    oauth.fails.append(error)
    for _time in range(3):
        renewer(house).run()
        with house.db.write() as session:
            due(session)
    assert oauth.used == ["refresh-0"]
    assert state_of(house)[0] is ConnectionState.STOPPED
    assert told(house, SignalKind.PAGE_STOPPED) == 1


def test_a_process_that_dies_with_a_token_in_its_hands_leaves_no_second_use(house: House, signed: Signed) -> None:
    oauth = signed()
    with house.db.write() as session:
        turn = tokens.claim(session, house.page_id, utc_now())
        assert turn is not None
        tokens.spend(session, turn, "refresh-0")
        session.execute(update(TokenLife).values(lease_until=utc_now() - timedelta(seconds=1)))
    renewer(house).run()
    assert oauth.used == []
    assert state_of(house)[0] is ConnectionState.STOPPED


def test_where_tokens_stay_good_no_answer_is_no_end(house: House, signed: Signed) -> None:
    oauth = signed(rotates=False)
    oauth.fails.append(OutcomeUnknown(errors.TIMED_OUT))
    renewer(house).run()
    with house.db.write() as session:
        due(session)
    renewer(house).run()
    assert oauth.used == ["refresh-0", "refresh-0"]
    assert state_of(house) == (ConnectionState.NEW, "access-1")


def test_a_reader_who_began_with_the_old_token_stops_nothing(house: House, signed: Signed) -> None:
    signed()

    def renewed_meanwhile(*_arguments: object, **_named: object) -> object:
        del house.platform.collect
        renewer(house).run()
        raise AuthExpired(errors.WRONG_CREDENTIALS)

    house.platform.collect = renewed_meanwhile  # type: ignore[assignment, method-assign]
    Runner(house.db, house.registry, house.box, 1, 30).run([house.page_id], force=True)
    assert state_of(house) == (ConnectionState.NEW, "access-1")
    assert told(house, SignalKind.PAGE_STOPPED) == 0


def test_the_end_of_a_sign_in_is_told_two_weeks_before_and_once(house: House, signed: Signed) -> None:
    signed(ends_at=utc_now() + timedelta(days=13))
    assert told(house, SignalKind.SIGN_IN_ENDS) == 0
    for _time in range(2):
        renewer(house).run()
    with house.db.write() as session:
        assert tokens.announce_ends(session, utc_now()) == 0
    assert told(house, SignalKind.SIGN_IN_ENDS) == 1


def test_the_end_of_credentials_that_were_typed_in_is_told_too(house: House) -> None:
    def enter(ends_at: datetime | None) -> None:
        account = Account("user:1", "Our brand", Capabilities(), ends_at=ends_at)
        pages.set_credentials(session, house.page_id, house.box.seal({"password": "x"}), account, utc_now())

    with house.db.write() as session:
        enter(utc_now() + timedelta(days=13))
        assert tokens.announce_ends(session, utc_now()) == 1
        enter(None)
        assert tokens.announce_ends(session, utc_now()) == 0
        assert tokens.ends_at(session, house.page_id) is None
    assert told(house, SignalKind.SIGN_IN_ENDS) == 1


def test_the_end_of_a_sign_in_is_not_told_earlier_nor_once_it_died(house: House, signed: Signed) -> None:
    signed(ends_at=utc_now() + timedelta(days=15))
    with house.db.write() as session:
        assert tokens.announce_ends(session, utc_now()) == 0
        pages.stop(session, house.page_id, utc_now(), errors.WRONG_CREDENTIALS, "taken back")
        assert tokens.announce_ends(session, utc_now() + timedelta(days=2)) == 0
    assert (told(house, SignalKind.PAGE_STOPPED), told(house, SignalKind.SIGN_IN_ENDS)) == (1, 0)


@given(st.timedeltas(timedelta(seconds=1), timedelta(days=90)))
def test_a_token_is_renewed_well_before_its_end(life: timedelta) -> None:
    now = datetime(2026, 11, 22).astimezone()
    at = rules.refresh_at(now, now + life)
    assert now < at < now + life
    assert rules.refresh_at(now, now - life) > now


def test_a_token_that_ended_while_nobody_ran_is_renewed_and_not_given_up(house: House, signed: Signed) -> None:
    """After a weekend the first read may come before the first renewal."""
    signed()
    house.platform.fail_before.append(AuthExpired(errors.WRONG_CREDENTIALS, "expired"))
    house.collector.run([house.page_id], force=True)
    assert state_of(house)[0] is ConnectionState.FAILING
    assert told(house, SignalKind.PAGE_STOPPED) == 0
    assert renewer(house).run() == 1
    house.collect()
    assert state_of(house) == (ConnectionState.OK, "access-1")


def test_a_token_that_ended_and_can_not_be_renewed_is_told_of_once(house: House, signed: Signed) -> None:
    oauth = signed(rotates=False)
    house.platform.fail_before.append(AuthExpired(errors.WRONG_CREDENTIALS, "expired"))
    house.collector.run([house.page_id], force=True)
    oauth.fails.append(AuthExpired(errors.WRONG_CREDENTIALS, "invalid_grant"))
    renewer(house).run()
    renewer(house).run()
    assert state_of(house)[0] is ConnectionState.STOPPED
    assert told(house, SignalKind.PAGE_STOPPED) == 1
