"""The contract suite on a real AT Protocol network: signed in with an app password, and as anybody."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.connectors import errors
from app.connectors.errors import AuthExpired, Permanent, Transient
from app.connectors.ports import Moderation, Target
from tests.connectors.bluesky_stage import BlueskyStage, Sky
from tests.connectors.contract import ConnectorContract
from tests.connectors.following import Follower
from tests.connectors.publish_contract import PublishContract, PublishWireContract
from tests.connectors.wire_contract import WireContract
from tests.processes import eventually
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

    kind = "bluesky"


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
    stage.network.settle()  # posts are taken in side by side, and nobody is told of an answer to an unknown one
    below = stage.say("below", parent=above)
    stage.network.settle()  # this one has to come before that deletion
    stage.remove(above)
    follower, wanted = Follower(stage), {typed["uri"], quote["uri"], below, *chain}

    def all_found() -> bool:
        """Somebody who has just signed up may be shown a moment after their posts were taken in."""
        follower.poll()
        return wanted <= set(follower.items)

    eventually(all_found, "all of them were found")
    assert set(follower.items) == wanted
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
