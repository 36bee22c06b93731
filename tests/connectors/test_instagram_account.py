"""What is peculiar to Instagram: mentions elsewhere, replies that come along, answers that stand exactly once."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from app.connectors import errors
from app.connectors.errors import AuthExpired, Permanent, RateLimited
from app.connectors.hooks import Call, Change, Hook
from app.connectors.instagram.connector import account_name
from app.connectors.ports import Access, Moderation, Target
from tests.connectors.following import Follower
from tests.connectors.graph_double import APP, SECRET, TOKEN, VERIFY, stamp
from tests.connectors.instagram_double import IG, InstagramStage
from tests.connectors.meta_stage import MetaAccountTests, stand_in

HOOK = Hook({"secret": SECRET, "verify_token": VERIFY}, APP)


@pytest.fixture
def stage() -> Iterator[InstagramStage]:
    with stand_in(InstagramStage) as stage:
        yield stage


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("https://www.instagram.com/OurBakery/", "ourbakery"),
        ("instagram.com/our.bakery?hl=de", "our.bakery"),
        ("https://www.instagram.com/p/Cxyz/", None),
        ("https://instagram.com.example.org/x", None),
        ("https://[instagram.com/x", None),
        ("@ourbakery", None),
    ],
)
def test_the_account_in_an_address(typed: str, name: str | None) -> None:
    assert account_name(typed) == name


def test_the_token_of_another_account_is_not_taken(stage: InstagramStage) -> None:
    other = Access(stage.access.url, {"username": "theirbakery"}, stage.access.secret)
    with pytest.raises(AuthExpired) as caught:
        stage.connector.check(other)
    assert (caught.value.code, caught.value.detail) == (errors.OTHER_ACCOUNT, "@ourbakery")


def test_signing_in_gives_the_token_of_the_linked_page(stage: InstagramStage) -> None:
    assert stage.connector.sign_in is not None
    assert stage.connector.sign_in.oauth is not None
    made = stage.connector.sign_in.oauth.exchange(
        stage.access.url, code="a-code", verifier="v", redirect_uri="https://us.example/back", kept={}
    )
    assert made.access == TOKEN


def test_replies_that_do_not_come_along_are_asked_for(stage: InstagramStage) -> None:
    top = stage.say("Who likes rye?")
    replies = {stage.say(f"Me {number}", parent=top) for number in range(120)}
    follower = Follower(stage)
    follower.poll()
    assert set(follower.items) == replies | {top}
    assert {follower.items[one].parent for one in replies} == {top}


def test_a_busy_medium_is_read_from_the_newest_down_to_what_was_known(stage: InstagramStage) -> None:
    old = datetime.now(UTC) - timedelta(days=2)
    for number in range(260):
        stage.say(f"Old {number}", at=old + timedelta(minutes=number))
    follower = Follower(stage)
    follower.poll()
    new = stage.say("New")
    asked = len(stage.insta.asked)
    assert {item.external_id for item in follower.poll(later=timedelta(minutes=5))} >= {new}
    assert len(stage.insta.asked) - asked == 2, "the list of media, and one page of comments"
    asked = len(stage.insta.asked)
    follower.poll(later=timedelta(minutes=10))
    assert len(stage.insta.asked) - asked == 1, "one list says that nothing is new"
    late = stage.say("A reply to something old", parent=min(follower.items))
    follower.poll(later=timedelta(minutes=15))
    follower.poll(later=timedelta(hours=30))
    assert late in follower.items, "the deep walk finds it"


def test_an_answer_to_a_reply_is_found_below_the_comment_above(stage: InstagramStage) -> None:
    top = stage.say("Who likes rye?")
    below = stage.say("Me!", parent=top)
    began = datetime.now(UTC)
    sent = stage.connector.reply(stage.access, stage.target(below), "Glad to hear", key="k")
    assert stage.insta.comments[sent.external_id]["parent_id"] == top
    found = stage.connector.look_up(stage.access, stage.target(below), "Glad to hear", key="k", since=began)
    assert found is not None
    assert found.external_id == sent.external_id


# --- what Meta tells


def split(stage: InstagramStage, field: str, value: object, *, bare: bool = False) -> list[Change]:
    """``bare``: the form of accounts that are connected through Instagram, without ``changes``."""
    change = {"field": field, "value": value}
    entry = {"id": IG, "time": 1, **(change if bare else {"changes": [change]})}
    return list(stage.connector.split(HOOK, Call({}, json.dumps({"object": "instagram", "entry": [entry]}).encode())))


@pytest.mark.parametrize("bare", [False, True])
def test_a_comment_we_are_told_of_is_looked_at(stage: InstagramStage, bare: bool) -> None:
    top = stage.say("Who likes rye?")
    below = stage.say("Me!", parent=top)
    (change,) = split(stage, "comments", {"id": below, "text": "x", "media": {"id": stage.post}}, bare=bare)
    assert change.account == f"instagram:{IG}"
    (item,) = stage.connector.take(stage.access, change, now=datetime.now(UTC)).items
    assert (item.text, item.parent, item.post.title) == ("Me!", top, "Fresh from the oven")
    stage.remove(below)
    assert stage.connector.take(stage.access, change, now=datetime.now(UTC)).items == []


def test_a_mention_below_other_peoples_media_is_taken_and_answered(stage: InstagramStage) -> None:
    stage.insta.elsewhere["77"] = {
        "id": "77",
        "text": "@ourbakery where is my cake?",
        "username": "eva",
        "timestamp": stamp(),
        "media": {"id": "66", "permalink": "https://www.instagram.com/p/66/", "caption": "My birthday"},
    }
    (change,) = split(stage, "mentions", {"media_id": "66", "comment_id": "77"})
    (item,) = stage.connector.take(stage.access, change, now=datetime.now(UTC)).items
    assert (item.text, item.author.name, item.post.title) == ("@ourbakery where is my cake?", "@eva", "My birthday")
    target = Target(item.external_id, item.post.external_id)
    stage.connector.reply(stage.access, target, "On its way", key="k")
    (answered,) = stage.insta.answered
    assert (answered["media_id"], answered["comment_id"], answered["message"]) == ("66", "77", "On its way")
    with pytest.raises(Permanent) as caught:  # nobody can know whether it stands there: a person decides
        stage.connector.look_up(stage.access, target, "On its way", key="k", since=item.published_at)
    assert caught.value.code == errors.NOT_SUPPORTED
    with pytest.raises(Permanent):
        stage.connector.moderate(stage.access, target, Moderation.HOLD)


def test_a_mention_that_changes_or_goes_is_followed(stage: InstagramStage) -> None:
    """Each by itself: one that Meta says no to for another reason is left as it is, and holds up no other."""
    shown = {"username": "eva", "timestamp": stamp(), "permalink": "https://www.instagram.com/p/66/"}
    stage.insta.elsewhere = {"66": {"id": "66", "caption": "Cake by @ourbakery, a bit dry", **shown}}
    known = ["mention:66:", "mention:67:", stage.say("Hello")]

    def verdicts() -> dict[str, str | None]:
        found = stage.connector.verify(stage.access, known, now=datetime.now(UTC))
        return {one.external_id: one.item.text if one.item else None for one in found}

    assert verdicts() == {known[0]: "Cake by @ourbakery, a bit dry", known[1]: None, known[2]: "Hello"}
    for refusal in ((100, 2_207_000), (10, 0)):
        stage.insta.refuse = {IG: refusal}
        assert verdicts() == {known[2]: "Hello"}
    stage.insta.refuse = {IG: (4, 0)}
    with pytest.raises(RateLimited):
        verdicts()


def test_nobody_is_written_to_below_other_peoples_media(stage: InstagramStage) -> None:
    able = stage.connector.capabilities(stage.access).private
    assert able is not None
    mention = Target("mention:1:2", "mention:1")
    assert able.but is not None
    assert mention.external_id.startswith(able.but)
    with pytest.raises(Permanent) as caught:
        stage.connector.reply_privately(stage.access, mention, "On its way", key="k")
    assert caught.value.code == errors.NOT_SUPPORTED


def test_a_mention_in_a_caption(stage: InstagramStage) -> None:
    stage.insta.elsewhere["66"] = {
        "id": "66",
        "caption": "Cake by @ourbakery",
        "permalink": "https://www.instagram.com/p/66/",
        "username": "eva",
        "timestamp": stamp(),
    }
    (change,) = split(stage, "mentions", {"media_id": "66"})
    (item,) = stage.connector.take(stage.access, change, now=datetime.now(UTC)).items
    assert (item.text, item.url) == ("Cake by @ourbakery", "https://www.instagram.com/p/66/")
    stage.connector.reply(stage.access, Target(item.external_id, item.post.external_id), "Enjoy!", key="k")
    assert "comment_id" not in stage.insta.answered[0]


def test_a_mention_that_is_gone_is_nothing(stage: InstagramStage) -> None:
    (change,) = split(stage, "mentions", {"media_id": "1", "comment_id": "2"})
    assert stage.connector.take(stage.access, change, now=datetime.now(UTC)).items == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("story_insights", {"media_id": "1"}),
        ("comments", {"id": "1"}),
        ("comments", {"id": "1){x", "media": {"id": "2"}}),
        ("mentions", {"media_id": "1", "comment_id": "2){id}"}),
        ("mentions", {}),
    ],
)
def test_what_is_no_word_to_us_is_left_out(stage: InstagramStage, field: str, value: object) -> None:
    assert split(stage, field, value) == []


# --- as for all of Meta's accounts


class TestAsForAllOfMetas(MetaAccountTests):
    """With the stage above."""
