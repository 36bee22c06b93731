"""What is peculiar to X: replies it refuses for good, money, limits, names of fields, tokens good for one use."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.connectors import errors
from app.connectors.code_flow import App, challenge
from app.connectors.errors import AuthExpired, OutcomeUnknown, Permanent, RateLimited
from app.connectors.meter import LooseMeter
from app.connectors.ports import Access, Payload
from app.connectors.x import XConnector, parse, prices
from app.connectors.x.connector import Terms
from app.core.clock import utc_now
from app.core.pace import Pace
from tests.connectors.following import Follower
from tests.connectors.proxied_stage import CountingHttp
from tests.connectors.stage import Fault
from tests.connectors.x_stage import TERMS, XStage
from tests.servers.faulty_proxy import FaultyProxy, Instead
from tests.servers.x import US, X

BACK = "https://porch.example/pages/sign-in/back"


@pytest.fixture
def stage() -> Iterator[XStage]:
    with X() as server, FaultyProxy(server.address) as proxy:
        yield XStage(server, proxy)
        assert server.mistakes == [], "X would have refused these"


def answer(stage: XStage, comment: str, text: str = "On its way") -> str:
    return stage.connector.reply(stage.access, stage.target(comment), text, key="k").external_id


def test_what_x_lets_no_program_answer_is_refused_for_good(stage: XStage) -> None:
    stranger = stage.server.publish("Any kettles?", author=stage.server.person("Ann"))
    stage.server.restricted = True
    with pytest.raises(Permanent) as caught:
        answer(stage, stranger)
    assert caught.value.code == errors.REPLY_RESTRICTED
    assert parse.link(stranger) == f"https://x.com/i/status/{stranger}"


def test_the_same_text_again_is_ours_and_not_a_refusal(stage: XStage) -> None:
    comment = stage.say("Where is my parcel?")
    assert answer(stage, comment, "See https://kettle.example/a?b=c & wait") == answer(
        stage, comment, "See https://kettle.example/a?b=c & wait"
    )


def test_our_echo_is_known_though_the_answer_to_the_call_never_came(stage: XStage) -> None:
    comment, follower = stage.say("Where is my parcel?"), Follower(stage)
    follower.poll()
    with stage.fault(Fault.CUT_AFTER, acts_only=True), pytest.raises(OutcomeUnknown):
        answer(stage, comment)
    [echo] = {one.external_id: one for one in follower.poll() if one.author.is_us}.values()
    assert (echo.parent, echo.text) == (comment, "On its way")


def test_answers_in_our_threads_that_do_not_name_us_are_found(stage: XStage) -> None:
    follower, ann = Follower(stage), stage.say("Is it loud?")
    hidden_name = stage.server.publish("Not at all", author=stage.server.person("Bob"), parent=ann)
    follower.poll()
    assert follower.items[hidden_name].parent == ann


def test_quotes_are_found_once_x_counts_one_more(stage: XStage) -> None:
    follower = Follower(stage)
    follower.poll()
    quote = stage.server.publish("Look at this", author=stage.server.person("Ann"), quoted=stage.post)
    follower.poll(later=timedelta(minutes=1))
    assert quote not in follower.items, "quotes are asked for once an hour"
    follower.poll(later=timedelta(hours=2))
    assert follower.items[quote].text == "Look at this"
    asked = len(stage.http.requests)
    follower.poll(later=timedelta(hours=4))
    assert not any("quote_tweets" in one for one in stage.http.requests[asked:])


def test_more_quotes_than_fit_into_one_answer_are_all_found(stage: XStage) -> None:
    follower, server = Follower(stage), stage.server
    follower.poll()
    eva = server.person("Eva")
    first = {server.publish(f"Look {number}", author=eva, quoted=stage.post) for number in range(230)}
    follower.poll(later=timedelta(hours=2))
    assert first <= set(follower.items)
    gone = sorted(first)[:40]
    for one in gone:
        stage.remove(one)
    second = {server.publish(f"Again {number}", author=eva, quoted=stage.post) for number in range(110)}
    asked = len(stage.http.requests)
    follower.poll(later=timedelta(hours=4))
    assert second <= set(follower.items), "though X counts only 70 more"
    assert sum("quote_tweets" in one for one in stage.http.requests[asked:]) == 2, "and no further back than needed"


def test_a_quote_that_comes_after_another_went_is_found(stage: XStage) -> None:
    follower, server = Follower(stage), stage.server
    follower.poll()
    first = server.publish("Look at this", author=server.person("Ann"), quoted=stage.post)
    follower.poll(later=timedelta(hours=2))
    stage.remove(first)
    follower.poll(later=timedelta(hours=4))
    second = server.publish("Look at that", author=server.person("Bob"), quoted=stage.post)
    follower.poll(later=timedelta(hours=6))
    assert second in follower.items


def test_an_edit_keeps_its_name(stage: XStage) -> None:
    comment, follower = stage.say("befor"), Follower(stage)
    follower.poll()
    stage.edit(comment, "after")
    follower.poll(later=timedelta(minutes=45))
    assert follower.items[comment].text == "after"
    assert len(follower.items) == 1


def test_what_is_old_is_not_looked_at_again_for_money(stage: XStage) -> None:
    old = stage.say("long ago", at=datetime.now(UTC) - timedelta(days=3))
    before = dict(stage.meter.used)
    assert list(stage.connector.verify(stage.access, [old], now=datetime.now(UTC))) == []
    assert stage.meter.used == before


def test_each_call_is_charged_for_what_came(stage: XStage) -> None:
    stage.say("one")
    stage.say("two")
    stage.meter.used.clear()
    Follower(stage).poll()
    # Our post, its author, and again by its number for the count of its quotes; two mentions and their authors, twice:
    # as mentions and as answers in the thread.
    own = 2 * (prices.OWN_POST + prices.USER)
    assert sum(stage.meter.used.values()) == own + 2 * 2 * (prices.POST + prices.USER)
    comment = stage.say("three")
    stage.meter.used.clear()
    answer(stage, comment, "See kettle.example.com")
    assert sum(stage.meter.used.values()) == prices.POST + prices.USER + prices.CREATE_WITH_ADDRESS


def test_nothing_is_asked_when_the_month_is_used_up(stage: XStage) -> None:
    poor = XConnector(stage.http, Pace(), LooseMeter(), replace(TERMS, dollars=0.001), base=stage.proxy.url.rstrip("/"))
    stage.http.requests.clear()
    with pytest.raises(RateLimited) as caught:
        list(poor.collect(stage.access, None, since=None, now=utc_now()))
    assert caught.value.code == errors.BUDGET_SPENT
    assert caught.value.retry_at is not None
    assert caught.value.retry_at.day == 1
    assert stage.http.requests == []


def test_what_is_refused_is_not_charged(stage: XStage) -> None:
    comment = stage.say("one")
    stage.meter.used.clear()
    with stage.proxy.fault(Instead(429)), pytest.raises(RateLimited):
        answer(stage, comment)
    assert sum(stage.meter.used.values()) == 0


def test_a_limit_that_one_worker_hears_of_holds_for_all(stage: XStage) -> None:
    ends = int((utc_now() + timedelta(minutes=9)).timestamp())
    stage.server.headers = {"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(ends)}
    stage.connector.latest(stage.access, count=5, now=utc_now())
    other = XConnector(stage.http, stage.pace, stage.meter, TERMS, base=stage.proxy.url.rstrip("/"))
    stage.http.requests.clear()
    with pytest.raises(RateLimited) as caught:
        other.latest(stage.access, count=5, now=utc_now())
    assert caught.value.retry_at == datetime.fromtimestamp(ends, UTC)
    assert stage.http.requests == []
    stage.server.headers = {}
    assert other.check(stage.access) is not None, "other kinds of calls, and other accounts, go on"


@pytest.mark.parametrize(
    ("status", "problem", "code"),
    [
        (429, {}, errors.RATE_LIMITED),
        (429, {"type": "https://api.x.com/2/problems/usage-capped"}, errors.BUDGET_SPENT),
        (402, {}, errors.BUDGET_SPENT),
    ],
)
def test_a_limit_and_an_empty_purse_are_told_apart(
    stage: XStage, status: int, problem: dict[str, Any], code: str
) -> None:
    refused = Instead(status, json.dumps({"title": "no", **problem}).encode())
    with stage.proxy.fault(refused), pytest.raises(RateLimited) as caught:
        stage.connector.latest(stage.access, count=5, now=utc_now())
    assert caught.value.code == code


def test_fields_that_x_no_longer_knows_are_not_taken_for_strangers_posts(stage: XStage) -> None:
    """Without a word on whose they are even our own would come as questions."""
    bare = {"data": [{"id": "1860000000000000002", "text": "Spring is here"}], "meta": {"result_count": 1}}
    with stage.proxy.fault(Instead(200, json.dumps(bare).encode())), pytest.raises(Permanent) as caught:
        Follower(stage).poll()
    assert caught.value.code == errors.BAD_ANSWER


def test_both_spellings_of_the_fields_are_read(stage: XStage) -> None:
    old = {
        "data": [
            {
                "id": "1860000000000000002",
                "author_id": "7",
                "text": "@kettleco short",
                "created_at": "2026-11-20T10:00:00.000Z",
                "conversation_id": "1860000000000000000",
                "in_reply_to_user_id": US,
                "edit_history_tweet_ids": ["1860000000000000001", "1860000000000000002"],
                "referenced_tweets": [{"type": "replied_to", "id": "1860000000000000000"}],
                "note_tweet": {"text": "@kettleco the whole of it"},
            }
        ],
        "includes": {"users": [{"id": "7", "name": "Ann", "username": "ann"}]},
        "meta": {"result_count": 1},
    }
    new = json.loads(
        json.dumps(old)
        .replace("_tweet_ids", "_post_ids")
        .replace("d_tweets", "d_posts")
        .replace("note_tweet", "note_post")
    )
    read = [
        stage.connector.parse(stage.access, Payload("x", "application/json", json.dumps(one).encode()), now=utc_now())
        for one in (old, new)
    ]
    assert read[0] == read[1]
    [item] = read[0]
    assert (item.external_id, item.text, item.parent) == ("1860000000000000001", "the whole of it", None)


def test_there_and_back_and_each_refresh_token_once(stage: XStage) -> None:
    oauth = stage.connector.sign_in.oauth if stage.connector.sign_in else None
    assert oauth is not None
    assert oauth.rotates
    start = oauth.begin(stage.access.url, redirect_uri=BACK, state="st", challenge=challenge("v" * 64))
    assert "code_challenge_method=S256" in start.url
    assert "offline.access" in start.url
    first = oauth.exchange(stage.access.url, code="c", verifier="v" * 64, redirect_uri=BACK, kept=start.kept)
    second = oauth.refresh(stage.access.url, first)
    assert second.refresh != first.refresh
    assert stage.connector.check(replace(stage.access, secret=second.secret())) is not None
    with pytest.raises((AuthExpired, Permanent)):
        oauth.refresh(stage.access.url, first)


def test_without_an_app_the_form_says_what_is_missing() -> None:
    bare = XConnector(CountingHttp(), Pace(), LooseMeter(), Terms())
    assert bare.sign_in is not None
    assert bare.sign_in.oauth is None
    assert "x.client_id" in bare.sign_in.how
    assert bare.budget(utc_now()) is None
    with pytest.raises(Permanent):
        bare.check(Access("https://x.com/a", {"name": "a"}, {"password": "t"}))


@pytest.mark.parametrize(
    "typed", ["x.com/KettleCo", "https://twitter.com/@kettleco/", "https://www.x.com/kettleco?s=20"]
)
def test_an_account_has_one_address(typed: str) -> None:
    found = XConnector(CountingHttp(), Pace(), LooseMeter(), Terms(App("a"))).discover(typed)
    assert found is not None
    assert found.url == "https://x.com/kettleco"


@pytest.mark.parametrize("typed", ["x.com", "x.com/home", "x.com/a/status/1", "example.org/x.com/a", "@kettleco"])
def test_other_addresses_are_none_of_ours(typed: str) -> None:
    assert XConnector(CountingHttp(), Pace(), LooseMeter(), Terms(App("a"))).discover(typed) is None
