"""What is peculiar to Facebook: tokens and permissions, codes, limits, and answers that stand exactly once."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.connectors import errors
from app.connectors.errors import AuthExpired, ConnectorError, OutcomeUnknown, Permanent, RateLimited, Transient
from app.connectors.facebook import FacebookConnector
from app.connectors.facebook.connector import page_name
from app.connectors.hooks import Call, Change, Hook
from app.connectors.oauth import OAuth, Tokens
from app.connectors.ports import Access, Moderation, Target
from app.core.pace import Pace
from app.core.signing import mac
from tests.connectors.facebook_double import FacebookStage
from tests.connectors.following import Follower
from tests.connectors.graph_double import APP, SECRET, TOKEN, VERIFY
from tests.connectors.meta_stage import MetaAccountTests, meta_app, stand_in
from tests.connectors.proxied_stage import CountingHttp

HOOK = Hook({"secret": SECRET, "verify_token": VERIFY}, APP)


@pytest.fixture
def stage() -> Iterator[FacebookStage]:
    with stand_in(FacebookStage) as stage:
        yield stage


# --- connecting


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("https://www.facebook.com/OurBakery", "ourbakery"),
        ("facebook.com/our.bakery/", "our.bakery"),
        ("m.facebook.com/profile.php?id=61550000000001", "61550000000001"),
        ("https://fb.com/1001?ref=x", "1001"),
        ("https://www.facebook.com/pages/Our-bakery/1001", "1001"),
        ("https://www.facebook.com/p/Our-bakery-61550000000001/", "61550000000001"),
        ("https://www.facebook.com/groups/1001", None),
        ("https://www.facebook.com/", None),
        ("https://facebook.com.example.org/OurBakery", None),
        ("https://example.org/facebook.com/OurBakery", None),
        ("https://[facebook.com/x", None),
        ("", None),
    ],
)
def test_the_page_in_an_address(typed: str, name: str | None) -> None:
    assert page_name(typed) == name


def test_the_token_of_another_page_or_of_a_person_is_not_taken(stage: FacebookStage) -> None:
    other = Access(stage.access.url, {"name": "theirbakery"}, stage.access.secret)
    with pytest.raises(AuthExpired) as caught:
        stage.connector.check(other)
    assert (caught.value.code, caught.value.detail) == (errors.OTHER_ACCOUNT, "Our bakery")
    stage.page.kind = "USER"
    with pytest.raises(AuthExpired) as caught:
        stage.connector.check(stage.access)
    assert caught.value.code == errors.WRONG_CREDENTIALS


def test_checking_has_meta_tell_us(stage: FacebookStage) -> None:
    assert stage.page.subscribed == "feed"


def oauth(stage: FacebookStage) -> OAuth:
    assert stage.connector.sign_in is not None
    assert stage.connector.sign_in.oauth is not None
    return stage.connector.sign_in.oauth


def exchanged(stage: FacebookStage, url: str) -> Tokens:
    """As a person does who comes back with the code."""
    back = "https://us.example/back"
    return oauth(stage).exchange(url, code="a-code", verifier="v", redirect_uri=back, kept={})


def test_signing_in_gives_the_token_of_the_page_and_says_when_it_ends(stage: FacebookStage) -> None:
    start = oauth(stage).begin(stage.access.url, redirect_uri="https://us.example/back", state="s", challenge="c")
    assert start.url.startswith("https://www.facebook.com/v26.0/dialog/oauth?client_id=4711&")
    assert "pages_manage_engagement" in start.url
    assert SECRET not in start.url
    stage.page.expires_at = 1_800_000_000
    made = exchanged(stage, stage.access.url)
    assert made.secret()["tasks"] == "ANALYZE CREATE_CONTENT MESSAGING MODERATE", "asked once, and kept for the check"
    assert (made.access, made.refresh) == (TOKEN, None)
    assert made.ends_at == datetime(2027, 1, 15, 8, tzinfo=UTC)
    with pytest.raises(AuthExpired):  # a code is good once
        exchanged(stage, stage.access.url)


def test_a_token_that_was_typed_in_says_when_it_ends_too(stage: FacebookStage) -> None:
    account = stage.connector.check(stage.access)
    assert account is not None
    assert account.ends_at is None
    stage.page.expires_at = 1_800_000_000
    account = stage.connector.check(stage.access)
    assert account is not None
    assert account.ends_at == datetime(2027, 1, 15, 8, tzinfo=UTC)


def test_signing_in_for_a_page_that_is_not_the_persons_names_those_that_are(stage: FacebookStage) -> None:
    with pytest.raises(AuthExpired) as caught:
        exchanged(stage, "https://www.facebook.com/theirbakery")
    assert (caught.value.code, caught.value.detail) == (errors.OTHER_ACCOUNT, "Another Page, Our bakery")


def test_without_an_app_nothing_can_be_connected(stage: FacebookStage) -> None:
    connector = FacebookConnector(stage.http, replace(meta_app(stage.proxy.url), id="", secret=""), Pace())
    with pytest.raises(Permanent) as caught:
        connector.check(stage.access)
    assert caught.value.code == errors.NOT_SET_UP
    assert connector.shared_hook() is None
    assert connector.sign_in is not None
    assert connector.sign_in.oauth is None


# --- codes and limits


@pytest.mark.parametrize(
    ("code", "read", "act"),
    [
        (1, Transient, OutcomeUnknown),
        (2, Transient, OutcomeUnknown),
        (4, RateLimited, RateLimited),
        (32, RateLimited, RateLimited),
        (80001, RateLimited, RateLimited),
        (10, AuthExpired, Permanent),
        (200, AuthExpired, Permanent),
        (100, Permanent, Permanent),
        (190, AuthExpired, AuthExpired),
        (102, AuthExpired, AuthExpired),
        (368, RateLimited, RateLimited),
    ],
)
def test_errors_are_told_by_their_code(
    stage: FacebookStage, code: int, read: type[ConnectorError], act: type[ConnectorError]
) -> None:
    comment = stage.say("Hello")
    stage.page.refuse = {"feed": (code, 0), "comments": (code, 0)}
    with pytest.raises(read) as caught:
        Follower(stage).poll()
    assert type(caught.value) is read
    fresh = FacebookConnector(stage.http, meta_app(stage.proxy.url), Pace())
    with pytest.raises(act) as caught:
        fresh.reply(stage.access, stage.target(comment), "Hi", key="k")
    assert type(caught.value) is act


def test_an_account_that_meta_has_stopped_acts_no_more_for_hours(stage: FacebookStage) -> None:
    comment = stage.say("Hello")
    stage.page.refuse = {"comments": (368, 0)}
    for _again in range(2):
        with pytest.raises(RateLimited) as caught:
            stage.connector.reply(stage.access, stage.target(comment), "Hi", key="k")
        assert caught.value.code == errors.ACTS_BLOCKED
        assert caught.value.retry_at is not None
        assert caught.value.retry_at > datetime.now(UTC) + timedelta(hours=3)
        stage.page.refuse = {}
    assert stage.answers(comment) == []
    Follower(stage).poll()


def usage(account: str, percent: int, minutes: int = 0) -> dict[str, str]:
    told = {"type": "pages", "call_count": percent, "total_cputime": 3, "total_time": 3}
    return {"X-Business-Use-Case-Usage": json.dumps({account: [{**told, "estimated_time_to_regain_access": minutes}]})}


def connectors(stage: FacebookStage) -> tuple[FacebookConnector, FacebookConnector]:
    """Two workers that share what they learn."""
    pace = Pace()
    app = meta_app(stage.proxy.url)
    return FacebookConnector(stage.http, app, pace), FacebookConnector(stage.http, app, pace)


def test_a_limit_nearly_used_up_is_kept_for_answers(stage: FacebookStage) -> None:
    comment = stage.say("Hello")
    one, other = connectors(stage)
    stage.page.headers = usage("1001", 80)
    one.reply(stage.access, stage.target(comment), "Hi", key="k")
    with pytest.raises(RateLimited) as caught:
        list(other.collect(stage.access, None, since=None, now=datetime.now(UTC)))
    assert caught.value.retry_at is not None
    other.reply(stage.access, stage.target(comment), "Hi again", key="k2")
    elsewhere = Access(stage.access.url, {**stage.access.settings, "page_id": "1002"}, stage.access.secret)
    with pytest.raises(Permanent):  # it is asked: another Page's limit is its own, and this one does not exist
        list(other.collect(elsewhere, None, since=None, now=datetime.now(UTC)))
    stage.page.mistakes.clear()


def test_a_limit_used_up_is_waited_for_as_long_as_meta_says(stage: FacebookStage) -> None:
    comment = stage.say("Hello")
    one, other = connectors(stage)
    stage.page.headers = usage("1001", 100, minutes=42)
    one.reply(stage.access, stage.target(comment), "Hi", key="k")
    asked = len(stage.page.asked)
    with pytest.raises(RateLimited) as caught:
        other.reply(stage.access, stage.target(comment), "Hi again", key="k2")
    assert len(stage.page.asked) == asked, "nothing was asked"
    assert caught.value.retry_at is not None
    assert timedelta(minutes=40) < caught.value.retry_at - datetime.now(UTC) <= timedelta(minutes=42)


def test_the_apps_limit_is_everybodys(stage: FacebookStage) -> None:
    comment = stage.say("Hello")
    one, other = connectors(stage)
    stage.page.headers = {"X-App-Usage": json.dumps({"call_count": 100, "total_time": 1, "total_cputime": 1})}
    one.reply(stage.access, stage.target(comment), "Hi", key="k")
    elsewhere = Access(stage.access.url, {**stage.access.settings, "page_id": "1002"}, stage.access.secret)
    with pytest.raises(RateLimited):
        list(other.collect(elsewhere, None, since=None, now=datetime.now(UTC)))


@pytest.mark.parametrize("header", ["", "[]", "{", '{"1001": 7}', '{"1001": [7]}', '{"1001": [{"call_count": "x"}]}'])
def test_a_limit_that_makes_no_sense_is_none(stage: FacebookStage, header: str) -> None:
    stage.page.headers = {"X-Business-Use-Case-Usage": header, "X-App-Usage": header}
    Follower(stage).poll()


# --- answering once


def test_an_answer_to_an_answer_is_found_above_it(stage: FacebookStage) -> None:
    """Facebook may hang a reply to a reply on the comment above."""
    top = stage.say("Where is my parcel?")
    below = stage.say("Mine too!", parent=top)
    began = datetime.now(UTC)
    ours = stage.page.say(stage.post, "On its way", parent=top, us=True)
    found = stage.connector.look_up(stage.access, stage.target(below), "On its way", key="k", since=began)
    assert found is not None
    assert found.external_id == ours


def test_the_same_words_elsewhere_are_no_proof(stage: FacebookStage) -> None:
    """Meta refuses the same words twice in a row, also where they do not stand yet: the agent changes them."""
    comment = stage.say("Where is my parcel?")
    stage.page.refuse = {f"{comment}/comments": (506, 0)}
    with pytest.raises((Permanent, OutcomeUnknown)):
        stage.connector.reply(stage.access, stage.target(comment), "On its way", key="k")
    assert stage.answers(comment) == []


def test_a_deleted_comment_can_be_deleted_again_and_a_like_stands(stage: FacebookStage) -> None:
    comment = stage.say("Lovely bread")
    stage.connector.moderate(stage.access, stage.target(comment), Moderation.LIKE)
    assert stage.page.liked == {comment}


# --- what visitors post themselves


def test_a_visitors_post_is_something_said_to_us(stage: FacebookStage) -> None:
    post = stage.page.post("Where is my parcel?", visitor="Eva")
    follower = Follower(stage)
    follower.poll()
    item = follower.items[post]
    assert (item.text, item.author.name, item.post.external_id) == ("Where is my parcel?", "Eva", post)
    sent = stage.connector.reply(stage.access, Target(post, post), "On its way", key="k")
    assert stage.page.comments[sent.external_id]["_post"] == post
    found = stage.connector.look_up(stage.access, Target(post, post), "On its way", key="k", since=item.published_at)
    assert found is not None
    assert found.external_id == sent.external_id
    (verdict,) = stage.connector.verify(stage.access, [post], now=datetime.now(UTC))
    assert verdict.item is not None
    stage.connector.reply_privately(stage.access, Target(post, post), "Your number, please?", key="k2")
    assert stage.letters(post) == ["Your number, please?"]


def test_a_picture_without_words_is_something_said_to_us(stage: FacebookStage) -> None:
    shown, follower = stage.page.post("", visitor="Eva"), Follower(stage)
    nothing = stage.page.post("", visitor="Ben")
    stage.page.posts[shown]["full_picture"] = "https://scontent.example/broken-kettle.jpg?signed=now"
    follower.poll()
    item = follower.items[shown]
    assert (item.text, item.attached, item.author.name) == (f"https://www.facebook.com/{shown}", 1, "Eva")
    assert nothing not in follower.items
    stage.page.posts[shown]["full_picture"] = "https://scontent.example/broken-kettle.jpg?signed=later"
    (verdict,) = stage.connector.verify(stage.access, [shown], now=datetime.now(UTC))
    assert verdict.item is not None
    assert (verdict.item.text, verdict.item.attached) == (item.text, 1), "nobody has edited it"


def test_quiet_posts_cost_nothing(stage: FacebookStage) -> None:
    for number in range(20):
        stage.page.say(stage.page.post(f"Post {number}"), "Lovely")
    follower = Follower(stage)
    follower.poll()
    asked = len(stage.page.asked)
    follower.poll(later=timedelta(minutes=5))
    assert len(stage.page.asked) - asked == 1, "one list of posts says that nothing is new"
    new = stage.say("Hello")
    assert {item.external_id for item in follower.poll(later=timedelta(minutes=10))} >= {new}
    assert len(stage.page.asked) - asked == 3


# --- what Meta tells


def told(**value: object) -> bytes:
    change = {"field": "feed", "value": value}
    return json.dumps({"object": "page", "entry": [{"id": "1001", "time": 1, "changes": [change]}]}).encode()


def split(stage: FacebookStage, body: bytes) -> list[Change]:
    return list(stage.connector.split(HOOK, Call({}, body)))


def test_the_handshake(stage: FacebookStage) -> None:
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": VERIFY}
    assert stage.connector.shared_hook() == HOOK
    assert stage.connector.handshake(HOOK, asked) == "1158201444"
    for wrong in ({"hub.verify_token": "x"}, {"hub.mode": "x"}, {"hub.challenge": "<b>"}, {"hub.challenge": ""}):
        assert stage.connector.handshake(HOOK, {**asked, **wrong}) is None


def test_a_call_is_proved_by_its_bytes(stage: FacebookStage) -> None:
    body = b'{"text":"caf\\u00e9"}'
    signature = "sha256=" + mac(SECRET, body).hex()
    now = datetime.now(UTC)
    assert stage.connector.is_genuine(HOOK, Call({"x-hub-signature-256": signature}, body), now)
    reserialised = json.dumps(json.loads(body), ensure_ascii=False).encode()
    assert not stage.connector.is_genuine(HOOK, Call({"x-hub-signature-256": signature}, reserialised), now)
    assert not stage.connector.is_genuine(HOOK, Call({"x-hub-signature": signature}, body), now)


def test_what_meta_tells_is_looked_at_and_not_believed(stage: FacebookStage) -> None:
    top = stage.say("Where is my parcel?")
    comment = stage.say("Mine too!", parent=top)
    (change,) = split(
        stage, told(item="comment", verb="add", comment_id=comment, post_id=stage.post, message="something else")
    )
    assert change.account == "page:1001"
    news = stage.connector.take(stage.access, change, now=datetime.now(UTC))
    (item,) = news.items
    assert (item.text, item.parent, item.post.external_id) == ("Mine too!", top, stage.post)
    assert item.post.title == "Spring is here"
    stage.remove(comment)
    assert stage.connector.take(stage.access, change, now=datetime.now(UTC)).items == (), "it is late, and gone"
    (gone,) = split(stage, told(item="comment", verb="remove", comment_id=comment, post_id=stage.post))
    assert stage.connector.take(stage.access, gone, now=datetime.now(UTC)).gone == [comment]


def test_two_edits_are_two_changes_and_a_repeat_is_none(stage: FacebookStage) -> None:
    value = {"item": "comment", "verb": "edited", "comment_id": "500_1", "post_id": stage.post, "created_time": 7}
    keys = [split(stage, told(**value, message=words))[0].key for words in ("a", "b", "b")]
    assert keys[0] != keys[1] == keys[2]


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"object": "user", "entry": []}', b'{"object": "page", "entry": 7}', b"[" * 9000]
)
def test_a_call_that_makes_no_sense_is_refused_for_good(stage: FacebookStage, body: bytes) -> None:
    with pytest.raises(Permanent):
        split(stage, body)


def test_what_nobody_said_is_left_out(stage: FacebookStage) -> None:
    assert split(stage, told(item="reaction", verb="add", post_id=stage.post)) == []
    assert split(stage, b'{"object": "page", "entry": [7, {}, {"id": "1", "changes": [7, {"value": 7}]}]}') == []
    assert TOKEN not in repr(CountingHttp().requests)


# --- as for all of Meta's accounts


class TestAsForAllOfMetas(MetaAccountTests):
    """With the stage above."""
