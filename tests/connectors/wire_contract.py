"""The part of the contract suite for platforms on a network: nothing that breaks may look like silence or success.

class TestWordPress(ConnectorContract, WireContract):
    @pytest.fixture
    def stage(self, ...) -> Iterator[WireStage]: ...
"""

from datetime import UTC, datetime, timedelta

import pytest

from app.connectors import errors
from app.connectors.errors import AuthExpired, ConnectorError, OutcomeUnknown, Permanent, RateLimited, Transient
from app.connectors.private import PrivateReplier
from app.pages.types import ConnectionState
from app.pages.words import advice
from tests.connectors.cutting import Sender
from tests.connectors.following import Follower
from tests.connectors.reading_house import ReadingHouse
from tests.connectors.stage import Fault, WireStage
from tests.servers.faulty_proxy import Instead

ACTS_FAIL = [one for one in Fault if one not in (Fault.SILENT, Fault.SILENT_AFTER, Fault.THROTTLED_SILENTLY)]
"""Enough to tell what was done from what was not, without waiting for answers that do not come."""


class WireContract:
    """For connectors whose platform is reached over a network, besides ``ConnectorContract``."""

    @pytest.mark.parametrize("fault", list(Fault))
    def test_a_failed_read_is_never_an_empty_one(self, stage: WireStage, fault: Fault) -> None:
        known = stage.say("before")
        follower = Follower(stage)
        follower.poll()
        missed = stage.say("meanwhile")
        with stage.fault(fault), pytest.raises(ConnectorError) as caught:
            follower.poll(later=timedelta(minutes=1))
        self._is_classed(caught.value, fault, with_secret=stage.access.secret is not None)
        if stage.access.secret is not None:
            assert stage.access.secret["password"] not in str(caught.value)
        follower.poll(later=timedelta(minutes=2))
        assert set(follower.items) == {known, missed}

    @pytest.mark.parametrize("own", [False, True], ids=["Retry-After", "its own way"])
    def test_a_limit_told_to_one_worker_holds_the_others(self, stage: WireStage, own: bool) -> None:
        stage.say("before")
        Follower(stage).poll()
        told = stage.own_limit() if own else Instead(429, b"", (("Retry-After", "90"),))
        with stage.answering(told):
            with pytest.raises(RateLimited):
                Follower(stage).poll()
            asked, now = stage.asked(), datetime.now(UTC)
            with pytest.raises(RateLimited) as caught:
                list(stage.colleague().collect(stage.access, None, since=None, now=now))
            assert stage.asked() == asked, "the other asked all the same"
        assert caught.value.retry_at is not None
        assert now < caught.value.retry_at <= now + timedelta(days=1)
        Follower(stage).poll()

    @pytest.mark.parametrize("fast", [timedelta(minutes=-10), timedelta(minutes=10)], ids=["slow", "fast"])
    def test_clocks_that_differ_lose_nothing(self, stage: WireStage, fast: timedelta) -> None:
        """Ours is ten minutes behind the platform's, or ahead of it."""
        said, follower = {stage.say("before")}, Follower(stage, since=datetime.now(UTC) + fast - timedelta(days=1))
        for minute in range(3):
            follower.poll(later=fast + timedelta(minutes=minute))
            said.add(stage.say(f"after {minute}"))
        follower.poll(later=fast + timedelta(minutes=3))
        assert set(follower.items) == said

    def test_a_login_page_for_a_week_is_a_failure_every_time(self, stage: WireStage) -> None:
        known = stage.say("before")
        follower = Follower(stage)
        follower.poll()
        missed, cursor = stage.say("meanwhile"), follower.cursor
        for day in range(1, 8):
            with stage.fault(Fault.HTML), pytest.raises(ConnectorError):
                follower.poll(later=timedelta(days=day))
            assert follower.cursor == cursor, "nothing was read"
        follower.poll(later=timedelta(days=7, minutes=1))
        assert set(follower.items) == {known, missed}

    def test_a_login_page_is_shown_as_failing_at_the_first_poll(
        self, stage: WireStage, reading_house: ReadingHouse
    ) -> None:
        """As the page's health line says it, and until there is something to read again."""
        house = reading_house
        house.connect(stage)
        stage.say("before")
        assert house.poll() == (ConnectionState.OK, None)
        stage.say("meanwhile")
        with stage.fault(Fault.HTML):
            for _poll in range(2):
                state, code = house.poll()
                assert state in (ConnectionState.FAILING, ConnectionState.STOPPED)
                assert code is not None
                assert advice(code).what
        assert house.poll() == (ConnectionState.OK, None)
        assert house.stored() == 2

    @pytest.mark.parametrize("fault", [Fault.BROKEN, Fault.SILENT, Fault.CUT_BEFORE, Fault.THROTTLED])
    def test_a_page_that_can_not_be_read_now_is_not_called_unknown(self, stage: WireStage, fault: Fault) -> None:
        if stage.discovers_by_form:
            with stage.fault(fault):
                assert stage.connector.discover(stage.address) is not None
            return
        with stage.fault(fault), pytest.raises((Transient, RateLimited)):
            stage.connector.discover(stage.address)

    @pytest.mark.parametrize("fault", [Fault.BROKEN, Fault.SILENT, Fault.CUT_BEFORE, Fault.THROTTLED, Fault.HTML])
    def test_a_check_that_can_not_be_made_now_is_no_verdict(self, stage: WireStage, fault: Fault) -> None:
        if stage.access.secret is None:
            return
        with stage.fault(fault), pytest.raises((Transient, RateLimited)):
            stage.connector.check(stage.access)

    def test_revoked_credentials_stop_everything(self, stage: WireStage) -> None:
        if stage.access.secret is None:
            return
        comment = stage.say("Where is my parcel?")
        follower = Follower(stage)
        follower.poll()
        stage.revoke()
        with pytest.raises(AuthExpired):
            follower.poll(later=timedelta(minutes=1))
        with pytest.raises(AuthExpired):
            stage.connector.check(stage.access)
        able = stage.connector.capabilities(stage.access).reply
        with pytest.raises(AuthExpired if able else Permanent):
            stage.connector.reply(stage.access, stage.target(comment), "On its way", key="k1")
        assert stage.answers(comment) == []

    @pytest.mark.parametrize("fault", list(Fault))
    def test_a_reply_that_fails_stands_once_in_the_end(self, stage: WireStage, fault: Fault) -> None:
        if not stage.connector.capabilities(stage.access).reply:
            return  # ConnectorContract holds that it refuses
        comment = stage.say("Where is my parcel?")
        target, began, text = stage.target(comment), datetime.now(UTC), "On its way & soon – it's a promise"
        with stage.fault(fault, acts_only=True), pytest.raises(ConnectorError) as caught:
            stage.connector.reply(stage.access, target, text, key="k1")
        error = caught.value
        if stage.answers(comment):
            assert isinstance(error, OutcomeUnknown), "it was done, so it must not be said that it was not"
        if isinstance(error, OutcomeUnknown):
            Sender(stage).settle(comment, text, began, "k1")
        else:
            self._is_classed(error, fault, with_secret=True)
            stage.connector.reply(stage.access, target, text, key="k1")
        assert len(stage.answers(comment)) == 1

    @pytest.mark.parametrize("private", [False, True], ids=["public", "private"])
    def test_answers_cut_off_again_and_again_stand_once_each(self, stage: WireStage, private: bool) -> None:
        able = stage.connector.capabilities(stage.access)
        if not able.reply or (private and able.private is None):
            return  # ConnectorContract holds that it refuses
        sender = Sender(stage, private=private)
        comments = sender.say_and_cut(guarded=True)
        assert [sender.stands(comment) for comment in comments] == [[f"Answer {n}"] for n in range(len(comments))]

    def test_a_private_reply_that_fails_arrives_once_in_the_end(self, stage: WireStage) -> None:
        connector, text = stage.connector, "On its way & soon – it's a promise"
        if not isinstance(connector, PrivateReplier) or connector.capabilities(stage.access).private is None:
            return  # ConnectorContract holds that it refuses
        for number, fault in enumerate(ACTS_FAIL):
            comment, key = stage.say("Where is my parcel?", author=f"ann{number}"), f"k{number}"
            target, began = stage.target(comment), datetime.now(UTC)
            with stage.fault(fault, acts_only=True), pytest.raises(ConnectorError) as caught:
                connector.reply_privately(stage.access, target, text, key=key)
            done = bool(stage.letters(comment))
            if isinstance(caught.value, OutcomeUnknown):
                found = connector.look_up_private(stage.access, target, text, key=key, since=began)
                assert (found is not None) == done
            else:
                assert not done, "it was done, so it must not be said that it was not"
                self._is_classed(caught.value, fault, with_secret=True)
            if not done:
                connector.reply_privately(stage.access, target, text, key=key)
            assert (len(stage.letters(comment)), stage.answers(comment)) == (1, [])

    def _is_classed(self, error: ConnectorError, fault: Fault, *, with_secret: bool) -> None:
        if fault is Fault.UNAUTHORIZED:
            assert isinstance(error, AuthExpired if with_secret else Permanent)
        elif fault is Fault.FORBIDDEN:
            assert isinstance(error, AuthExpired | Permanent)
        elif fault in (Fault.NOT_FOUND, Fault.GONE):
            assert isinstance(error, Permanent)
        elif fault in (Fault.THROTTLED, Fault.MAINTENANCE):
            assert isinstance(error, RateLimited)
            assert error.retry_at is not None
            assert timedelta(0) < error.retry_at - datetime.now(UTC) <= timedelta(seconds=120)
        elif fault is Fault.THROTTLED_SILENTLY:
            assert isinstance(error, RateLimited)
            assert error.retry_at is None
        elif fault in (Fault.HTML, Fault.NOTHING):
            assert isinstance(error, Transient | Permanent)
            assert error.code in (errors.NOT_JSON, errors.NOT_A_FEED, errors.BAD_ANSWER)
        else:
            assert isinstance(error, Transient)
