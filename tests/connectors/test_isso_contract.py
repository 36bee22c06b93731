"""The contract suite on a real Isso, as administrator and as anybody, and what is peculiar to it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.connectors import errors
from app.connectors.errors import OutcomeUnknown, Permanent, RateLimited
from app.connectors.isso import IssoConnector
from app.connectors.ports import Moderation, Status
from app.core.pace import Pace
from tests.connectors.contract import ConnectorContract
from tests.connectors.following import Follower
from tests.connectors.isso_stage import PASSWORD, IssoStage, Wire
from tests.connectors.proxied_stage import CountingHttp
from tests.connectors.wire_contract import WireContract
from tests.servers import isso
from tests.servers.faulty_proxy import Cut, FaultyProxy
from tests.servers.loopback import Loopback, Reply

pytestmark = pytest.mark.xdist_group("isso")


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    with Loopback() as site:
        try:
            running = isso.running(site.url("/"))
            with running as server, FaultyProxy(("127.0.0.1", server.port)) as proxy:
                yield Wire(server, proxy, site, CountingHttp())
        except isso.NotStarted as error:
            pytest.fail(str(error), pytrace=False)


@pytest.fixture
def stage(wire: Wire) -> IssoStage:
    return IssoStage(wire)


class TestAdministrator(ConnectorContract, WireContract):
    """Everything, broken wires included."""

    kind = "isso"


class TestVisitor(ConnectorContract):
    kind = "isso"

    @pytest.fixture
    def stage(self, wire: Wire) -> IssoStage:
        return IssoStage(wire, signed_in=False)


def test_a_number_that_is_used_again_is_another_comment(stage: IssoStage) -> None:
    first = stage.say("I will be deleted")
    follower = Follower(stage)
    follower.poll()
    stage.remove(first)
    second = stage.say("I inherit the number")
    assert first.partition(".")[0] == second.partition(".")[0]
    assert [item.text for item in follower.poll(later=timedelta(minutes=1))] == ["I inherit the number"]
    assert first != second
    [verdict] = stage.connector.verify(stage.access, [first], now=datetime.now(UTC))
    assert verdict.item is None
    with pytest.raises(Permanent) as caught:
        stage.connector.reply(stage.access, stage.target(first), "On its way", key="k")
    assert caught.value.code == errors.TARGET_GONE
    assert stage.connector.moderate(stage.access, stage.target(first), Moderation.DELETE) is Status.DELETED
    assert stage.answers(second) == []
    assert len(stage.wire.server.rows("1 = ?", [1])) == 1


def test_the_guard_is_waited_for(stage: IssoStage) -> None:
    stage.wire.server.start(PASSWORD, rate=2)
    try:
        targets = [stage.target(one) for one in stage.say_many(["one", "two", "three"])]
        for target in targets[:2]:
            stage.connector.reply(stage.access, target, "On its way", key="k")
        with pytest.raises(RateLimited) as caught:
            stage.connector.reply(stage.access, targets[2], "On its way", key="k")
        assert caught.value.retry_at is not None
        assert caught.value.retry_at > datetime.now(UTC) + timedelta(seconds=50)
        asked = len(stage.wire.proxy.requests)
        with pytest.raises(RateLimited):
            stage.connector.reply(stage.access, targets[2], "On its way", key="k")
        assert not [one for one in stage.wire.proxy.requests[asked:] if one.path.startswith("/new")]
    finally:
        stage.wire.server.start(PASSWORD)


def test_an_answer_that_waits_for_approval_is_not_sent_again(stage: IssoStage) -> None:
    comment = stage.say("Where is my parcel?")
    stage.wire.server.start(PASSWORD, moderated=True)
    try:
        text = 'On its way & "soon" <today>'
        with stage.wire.proxy.fault(Cut(after=True), path="/new"), pytest.raises(OutcomeUnknown):
            stage.connector.reply(stage.access, stage.target(comment), text, key="k")
        with pytest.raises(Permanent) as caught:
            stage.connector.look_up(stage.access, stage.target(comment), text, key="k", since=datetime.now(UTC))
        assert caught.value.code == errors.NOT_SUPPORTED, "a person decides"
        sent = stage.connector.reply(stage.access, stage.target(comment), "Another", key="k2")
        assert sent.status is Status.HELD
    finally:
        stage.wire.server.start(PASSWORD)


def test_nobody_else_can_pass_for_us(stage: IssoStage) -> None:
    comment = stage.say("hello")
    sent = stage.connector.reply(stage.access, stage.target(comment), "And hello to you", key="k")
    [ours] = stage.wire.server.rows("id = ?", [int(sent.external_id.partition(".")[0])])
    forged = stage.say("We give you all our money", author=str(ours["author"]), parent=comment)
    follower = Follower(stage)
    follower.poll()
    assert follower.items[sent.external_id].author.is_us
    assert not follower.items[forged].author.is_us


def test_a_quiet_poll_is_one_request_besides_the_login(stage: IssoStage) -> None:
    stage.say("hello")
    follower = Follower(stage)
    follower.poll()
    stage.http.requests.clear()
    assert follower.poll(later=timedelta(minutes=1)) == []
    assert len(stage.http.requests) == 2


def test_a_server_without_its_list_says_what_to_do(loopback: Loopback) -> None:
    loopback.route("/", lambda _request: Reply(b"<h1>Bad Request", 400))
    loopback.route("/config", lambda _request: Reply(b'{"config": {"reply-to-self": false}}'))
    with pytest.raises(Permanent) as caught:
        IssoConnector(CountingHttp(), Pace()).discover(loopback.url())
    assert "latest-enabled" in caught.value.detail


def test_without_its_page_links_are_left_out(stage: IssoStage) -> None:
    found = stage.connector.discover(stage.wire.proxy.url)
    assert found is not None
    comment = stage.say("hello")
    visitor = replace(stage.access, settings=found.settings, secret=None)
    follower = Follower(stage, access=visitor)
    follower.poll()
    assert follower.items[comment].url is None
