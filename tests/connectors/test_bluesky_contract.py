"""The contract suite on a real AT Protocol network: signed in with an app password, and as anybody."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.connectors import errors
from app.connectors.errors import AuthExpired, OutcomeUnknown, Permanent, Transient
from app.connectors.ports import Moderation, Target
from tests.connectors.bluesky_stage import BlueskyStage, Sky
from tests.connectors.contract import ConnectorContract, Follower
from tests.connectors.publish_contract import PublishContract, PublishWireContract
from tests.connectors.stage import Fault
from tests.connectors.wire_contract import WireContract
from tests.servers import bluesky
from tests.servers.postgres import Postgres

pytestmark = pytest.mark.xdist_group("bluesky")


@pytest.fixture(scope="module")
def sky(postgres: Postgres) -> Iterator[Sky]:
    try:
        starting = bluesky.running(postgres)
        with starting as network, Sky.over(network) as found:
            yield found
    except bluesky.NotStarted as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
def stage(sky: Sky) -> Iterator[BlueskyStage]:
    stage = BlueskyStage(sky)
    yield stage
    stage.close()


class TestBluesky(ConnectorContract, WireContract, PublishContract, PublishWireContract):
    """Everything, broken wires included."""


def test_an_answer_cut_off_a_hundred_times_stands_once_each(stage: BlueskyStage) -> None:
    """The line is cut once the network has acted, or before: what was done is found, what was not is sent again."""
    comments = stage.say_many([f"Question {n}" for n in range(100)])
    stage.network.settle()
    stage.http.behind = stage.http.catches_up = False  # nobody looks at the public view meanwhile
    doubled = unknown = 0
    for number, comment in enumerate(comments):
        target, key, text = stage.target(comment), f"key {number}", f"Answer {number}"
        with (
            stage.fault(Fault.CUT_BEFORE if number % 4 == 0 else Fault.CUT_AFTER, acts_only=True),
            pytest.raises(OutcomeUnknown),
        ):
            stage.connector.reply(stage.access, target, text, key=key)
        found = stage.connector.look_up(stage.access, target, text, key=key, since=datetime.now(UTC))
        assert (found is None) == (number % 4 == 0)
        unknown += found is None
        again = stage.connector.reply(stage.access, target, text, key=key)  # also where it stands: it stays one
        doubled += found is not None and found.external_id != again.external_id
        stage.http.behind = False
    stage.http.catches_up = True
    stand = [one["value"] for one in stage.network.records(stage.page)]
    replies = [one["reply"]["parent"]["uri"] for one in stand if "reply" in one]
    assert (doubled, unknown) == (0, 25)
    assert len(replies) == len(set(replies)) >= 99, "the newest hundred records, of which one is the page's own post"


def test_what_each_list_alone_misses_is_found(stage: BlueskyStage) -> None:
    """A handle typed without a link (search), answers far below (threads), below a deleted one (notifications)."""
    visitor = stage.network.join("Zoe")
    typed = stage.network.post(visitor, f"has anybody tried @{stage.page.handle} yet?")
    quote = stage.network.post(
        visitor,
        "look at this",
        embed={"$type": "app.bsky.embed.record", "record": {n: stage.root[n] for n in ("uri", "cid")}},
    )
    chain = [stage.say("deep 0")]
    for depth in range(1, 8):
        chain.append(stage.say(f"deep {depth}", parent=chain[-1]))
    above = stage.say("soon gone")
    below = stage.say("below", parent=above)
    stage.network.settle()  # people's posts are taken in side by side, and this one has to come before that deletion
    stage.remove(above)
    follower = Follower(stage)
    follower.poll()
    assert set(follower.items) == {typed["uri"], quote["uri"], below, *chain}
    asked = len(stage.http.requests)
    assert follower.poll(later=timedelta(minutes=1)) == []
    assert len(stage.http.requests) - asked == 3, "a quiet poll: notifications, own posts, search"


def test_a_token_that_ended_is_exchanged_and_the_password_not_used_again(stage: BlueskyStage) -> None:
    stage.say("hello")
    Follower(stage).poll()
    sessions = stage.bluesky.sessions
    [(name, session)] = [one for one in sessions._known.items() if one[1].did == stage.page.did]
    sessions._known[name] = replace(session, access=session.refresh)  # no access token any more
    stage.http.requests.clear()
    Follower(stage).poll()
    assert [one for one in stage.http.requests if one.startswith("POST")] == ["POST com.atproto.server.refreshSession"]


def test_anybody_may_read_but_not_act(stage: BlueskyStage) -> None:
    comment = stage.say("hello")
    answer = stage.say("and you?", parent=comment)
    visitor = replace(stage.access, secret=None)
    follower = Follower(stage, access=visitor)
    follower.poll()
    assert set(follower.items) == {comment, answer}
    assert [one.external_id for one in stage.connector.latest(visitor, count=1, now=datetime.now(UTC))] == [answer]
    for act in (
        lambda: stage.connector.reply(visitor, stage.target(comment), "hi", key="k"),
        lambda: stage.connector.moderate(visitor, stage.target(comment), Moderation.HOLD),
    ):
        with pytest.raises(Permanent) as caught:
            act()
        assert caught.value.code == errors.NOT_SUPPORTED


def test_only_our_own_threads_can_be_hidden_in(stage: BlueskyStage) -> None:
    elsewhere = Target(stage.say("hello"), stage.say("another thread"))
    with pytest.raises(Permanent) as caught:
        stage.connector.moderate(stage.access, elsewhere, Moderation.HOLD)
    assert caught.value.code == errors.NOT_SUPPORTED


def test_somebody_elses_login_is_refused(stage: BlueskyStage) -> None:
    other = stage.network.join("Zoe")
    with pytest.raises(AuthExpired) as caught:
        stage.connector.check(replace(stage.access, secret=other.secret))
    assert other.handle in str(caught.value)


def test_an_answer_carries_its_links(stage: BlueskyStage) -> None:
    text = f"See https://example.org/größe and ask @{stage.page.handle} #brot"
    stage.connector.reply(stage.access, stage.target(stage.say("Where?")), text, key="k")
    record = stage.network.records(stage.page)[0]["value"]
    assert [one["features"][0]["$type"].partition("#")[2] for one in record["facets"]] == ["link", "mention", "tag"]


def test_a_family_of_emoji_is_one_character_but_many_bytes(stage: BlueskyStage) -> None:
    target, family = stage.target(stage.say("How many?")), "👨‍👩‍👧‍👦"
    stage.connector.reply(stage.access, target, family * 119, key="k1")
    with pytest.raises(Permanent) as caught:
        stage.connector.reply(stage.access, target, family * 121, key="k2")
    assert caught.value.code == errors.INVALID_TEXT


def test_an_overtaken_act_does_not_leave(stage: BlueskyStage) -> None:
    comment = stage.say("Where is my parcel?")
    late = replace(stage.access, act_before=datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(Transient):
        stage.connector.reply(late, stage.target(comment), "On its way", key="k1")
    assert stage.answers(comment) == []
