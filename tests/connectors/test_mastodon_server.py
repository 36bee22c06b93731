"""What is peculiar to Mastodon: whom a reply is for, who may see it, what it may not become; once, whatever breaks."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from app.connectors import errors
from app.connectors.errors import AuthExpired, OutcomeUnknown, Permanent, RateLimited
from app.connectors.mastodon import MastodonConnector
from app.connectors.mastodon.parse import item, root
from app.core.pace import Pace
from tests.connectors.following import Follower
from tests.connectors.mastodon_stage import MastodonStage
from tests.connectors.proxied_stage import CountingHttp
from tests.connectors.stage import Fault
from tests.servers.faulty_proxy import FaultyProxy, Instead
from tests.servers.loopback import Loopback
from tests.servers.mastodon import DESCRIPTION, NOWHERE, TOKEN, Mastodon

pytestmark = pytest.mark.xdist_group("mastodon")
RECORDED = Path(__file__).parent / "mastodon_data"
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def stage(mastodon: Mastodon) -> Iterator[MastodonStage]:
    with FaultyProxy(mastodon.address) as proxy:
        yield MastodonStage(mastodon, proxy)


def recorded(name: str) -> Any:
    return json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))["response"]["body"]


def answer(stage: MastodonStage, comment: str, text: str = "On its way", key: str = "k") -> None:
    stage.connector.reply(stage.access, stage.target(comment), text, key=key)


def test_a_reply_names_whom_it_is_for_and_keeps_who_may_see_it(stage: MastodonStage) -> None:
    comment = stage.say("Where is my parcel?")
    stage.server.set(comment, visibility="direct", spoiler_text="parcels")
    answer(stage, comment)
    [sent] = stage.server.statuses(comment)
    assert sent["text"].startswith("@guest")
    assert (sent["visibility"], sent["warning"]) == ("direct", "parcels")


def test_what_is_said_to_us_alone_is_known_to_be_private(stage: MastodonStage) -> None:
    comment, began = stage.say("My address is 1 Hill Road"), datetime.now(UTC)
    stage.server.set(comment, visibility="direct")
    answer(stage, comment, "Thank you")
    follower = Follower(stage)
    follower.poll()
    assert all(one.private for one in follower.items.values())
    found = stage.connector.look_up(stage.access, stage.target(comment), "Thank you", key="k", since=began)
    assert found is not None, "the answer was as private as what it answers"


def test_a_name_that_is_written_already_is_not_written_twice(stage: MastodonStage) -> None:
    comment = stage.say("Where is my parcel?")
    answer(stage, comment)
    name = stage.server.statuses(comment)[0]["text"].split()[0]
    answer(stage, comment, f"Dear {name}, it is there!", "k2")
    assert stage.server.statuses(comment)[1]["text"] == f"Dear {name}, it is there!"


def test_a_server_that_ignores_the_key_still_gets_one_reply(stage: MastodonStage) -> None:
    comment = stage.say("Where is my parcel?")
    answer(stage, comment, key="one try")
    answer(stage, comment, key="another, as if the first had been forgotten")
    assert len(stage.server.statuses(comment)) == 1


def test_a_reply_to_what_has_vanished_is_never_posted(stage: MastodonStage) -> None:
    comment = stage.say("Where is my parcel?")
    stage.remove(comment)
    before = len(stage.server.statuses())
    with pytest.raises(Permanent) as caught:
        answer(stage, comment)
    assert caught.value.code == errors.TARGET_GONE
    assert len(stage.server.statuses()) == before


def test_a_reply_whose_parent_was_deleted_is_found_again(stage: MastodonStage) -> None:
    comment, began = stage.say("Where is my parcel?"), datetime.now(UTC)
    with stage.fault(Fault.CUT_AFTER, acts_only=True), pytest.raises(OutcomeUnknown):
        answer(stage, comment)
    [sent] = stage.server.statuses(comment)
    stage.remove(comment)
    stage.server.set(sent["id"], in_reply_to_id=None)  # as Mastodon does
    found = stage.connector.look_up(stage.access, stage.target(comment), "On its way", key="k", since=began)
    assert found is not None
    assert found.external_id == sent["id"]


def test_our_echo_is_known_though_the_answer_to_the_call_never_came(stage: MastodonStage) -> None:
    comment, follower = stage.say("Where is my parcel?"), Follower(stage)
    follower.poll()
    with stage.fault(Fault.CUT_AFTER, acts_only=True), pytest.raises(OutcomeUnknown):
        answer(stage, comment)
    [echo] = [one for one in follower.poll() if one.author.is_us]
    assert (echo.parent, echo.text) == (comment, "On its way")


def test_length_counts_addresses_as_23_and_leaves_room_for_the_name(stage: MastodonStage) -> None:
    comment, limit = stage.say("How long?"), stage.connector.capabilities(stage.access).length
    assert limit is not None
    address = "https://kettle.example/" + "a" * 300
    with pytest.raises(Permanent) as caught:
        answer(stage, comment, "x" * (limit.maximum - 22) + " " + address)
    assert caught.value.code == errors.INVALID_TEXT


def test_what_the_token_lacks_is_named(stage: MastodonStage) -> None:
    known = {"id": "1", "name": "Kettle", "vapid_key": "k", "redirect_uri": NOWHERE, "redirect_uris": [NOWHERE]}
    lacking = {**known, "scopes": ["read", "follow"]}
    with _answering(stage, "/api/v1/apps/verify_credentials", lacking), pytest.raises(AuthExpired) as caught:
        stage.connector.check(stage.access)
    assert (caught.value.code, caught.value.detail) == (errors.MISSING_SCOPES, "write:statuses")


def test_somebody_elses_token_is_told_apart(stage: MastodonStage) -> None:
    path, token = "/api/v1/accounts/verify_credentials", {"Authorization": f"Bearer {TOKEN}"}
    ours = requests.get(f"{stage.server.base}{path}", headers=token, timeout=10).json()
    theirs = {**ours, "id": "8", "username": "ann", "acct": "ann"}
    with _answering(stage, path, theirs), pytest.raises(AuthExpired) as caught:
        stage.connector.check(stage.access)
    assert (caught.value.code, caught.value.detail) == (errors.OTHER_ACCOUNT, "@ann")


@pytest.mark.parametrize("told", ["2099-01-01T00:00:00.000Z", "4070908800"], ids=["Mastodon", "epoch"])
def test_a_limit_is_kept_to_as_each_server_tells_it(stage: MastodonStage, told: str) -> None:
    limited = Instead(429, b'{"error": "Too many requests"}', (("X-RateLimit-Reset", told),))
    with stage.proxy.fault(limited), pytest.raises(RateLimited) as caught:
        Follower(stage).poll()
    assert caught.value.retry_at is not None
    assert 0.99 < (caught.value.retry_at - datetime.now(UTC)).days + 1 <= 1.01, "at most a day"


def test_another_server_of_the_interface_is_read() -> None:
    """Takahē: ids as text of other lengths, full names for local accounts, markup typed as text."""
    mentions = recorded("takahe-04-notifications-mentions")
    read = [item(one["status"], None, "1", "kettleco2", NOW) for one in mentions]
    assert all(one.author.key and one.url and not one.author.is_us for one in read)
    assert not any(one.text.lower().startswith("@kettleco2") for one in read)
    assert "<script>" in item(recorded("takahe-14-status-markup"), None, "1", "kettleco2", NOW).text
    warned = recorded("takahe-13-status-cw")
    assert item(warned, None, "1", "kettleco2", NOW).text.startswith(warned["spoiler_text"])
    orphan = recorded("takahe-19-reply-to-missing")
    assert root(orphan, orphan["account"]["id"]).ours


@pytest.mark.parametrize("typed", ["blog.example.org", "https://example.org/a/b", "@", "ann", "http://[/@x"])
def test_what_can_not_be_an_account_costs_no_request(loopback: Loopback, typed: str) -> None:
    assert _connector().discover(typed) is None
    assert loopback.requests == []


def _connector() -> MastodonConnector:
    return MastodonConnector(CountingHttp(), Pace())


@contextmanager
def _answering(stage: MastodonStage, path: str, body: Any) -> Iterator[None]:
    """Another answer that Mastodon could give to a read."""
    DESCRIPTION.check_answer("GET", path, 200, body)
    with stage.proxy.fault(Instead(200, json.dumps(body).encode()), path=path):
        yield
