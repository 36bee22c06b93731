"""What is peculiar to Blogger: two ways to read, no way to answer, approvals with old dates, a domain of one's own."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connectors import errors
from app.connectors.blogger import BloggerConnector, parse
from app.connectors.errors import AuthExpired, ConnectorError, Permanent
from app.connectors.google.app import GoogleApp
from app.connectors.isso import IssoConnector
from app.connectors.ports import Access, Moderation, Payload, Status
from app.connectors.registry import Registry
from app.core.clock import utc_now
from app.core.pace import Pace
from app.pages.connect import login_would_answer
from app.pages.types import Reach
from tests.connectors.blogger_double import BLOG, POST, BloggerStage, on_stage
from tests.connectors.following import Follower
from tests.connectors.google_double import Refusal

MINUTE = timedelta(minutes=1)


@pytest.fixture
def stage() -> Iterator[BloggerStage]:
    with on_stage() as stage:
        yield stage


@pytest.fixture(params=[True, False], ids=["interface", "feed"])
def either(request: pytest.FixtureRequest) -> Iterator[BloggerStage]:
    """Signed in, and by the public feed."""
    with on_stage(signed_in=request.param) as stage:
        yield stage


def anonymous(stage: BloggerStage) -> Access:
    return Access(stage.access.url, stage.access.settings)


# --- finding the blog, proving who we are


@pytest.mark.parametrize("path", ["", "2026/11/spring.html?m=1#c7", "feeds/comments/default", "search/label/tea"])
def test_a_blog_is_known_by_any_of_its_addresses(stage: BloggerStage, path: str) -> None:
    found = stage.connector.discover(f"{stage.proxy.url}{path}")
    assert found is not None
    assert (found.url, found.settings["blog"]) == (stage.proxy.url, BLOG)


def test_other_sites_are_not_asked_for_a_feed(stage: BloggerStage) -> None:
    stage.http.requests.clear()
    assert stage.connector.discover(stage.elsewhere or "") is None
    assert len(stage.http.requests) == 1


@pytest.mark.parametrize(("role", "code"), [("AUTHOR", errors.MISSING_PERMISSION), (None, errors.OTHER_ACCOUNT)])
def test_who_is_no_administrator_is_told_at_once(stage: BloggerStage, role: str | None, code: str) -> None:
    stage.blog.role = role
    with pytest.raises(AuthExpired) as caught:
        stage.connector.check(stage.access)
    assert caught.value.code == code
    assert "Kettle & Co" in caught.value.detail


def test_without_an_app_the_blog_is_read_and_the_form_says_what_is_missing(stage: BloggerStage) -> None:
    connector = BloggerConnector(stage.http, Pace(), GoogleApp())
    comment = stage.say("Hello")
    assert [one.external_id for one in connector.latest(anonymous(stage), count=5, now=utc_now())] == [comment]
    assert connector.sign_in is not None
    assert (connector.sign_in.oauth, connector.sign_in.required) == (None, False)
    assert "google.client_id" in str(connector.sign_in.how)


# --- reading


def test_a_comment_is_the_same_whichever_way_it_is_read(stage: BloggerStage) -> None:
    """A blog that is signed in to later keeps what was read before."""
    top = stage.say("Where is my parcel? <b>&amp;</b>\nI wait", author="Ann")
    stage.say("Mine too", author="Bob", parent=top)
    ways = [Follower(stage), Follower(stage, access=anonymous(stage))]
    for way in ways:
        way.poll()
    one, other = (
        {
            number: (item.text, item.author, item.parent, item.published_at, item.post.external_id, item.url)
            for number, item in way.items.items()
        }
        for way in ways
    )
    assert one == other
    assert ways[0].items[top].post.title == "Spring is here"
    assert ways[0].items[top].url == f"https://kettle.example/2026/11/spring.html#c{top.partition('.')[2]}"


def test_our_answer_at_the_blog_is_recognised(either: BloggerStage) -> None:
    asked, follower = either.say("Where is my parcel?"), Follower(either)
    follower.poll()
    ours = either.blog.say("On its way", author="us", parent=asked)
    follower.poll(later=MINUTE)
    echo = follower.items[ours]
    assert (echo.author.is_us, echo.parent, echo.text) == (True, asked, "On its way")
    assert not follower.items[asked].author.is_us


def test_a_first_read_that_was_broken_off_goes_on_where_it_was(either: BloggerStage) -> None:
    now = datetime.now(UTC)
    expected = {either.say(f"Comment {n}", at=now - timedelta(hours=n)) for n in range(450)}
    follower = Follower(either)
    for number, _batch in enumerate(follower.walk()):
        if number == 2:
            break
    assert 290 < len(follower.items) <= 300
    either.http.requests.clear()
    follower.poll(later=MINUTE)
    assert set(follower.items) == expected
    lists = [one for one in either.http.requests if "/comments" in one and ("LIVE" in one or "feeds" in one)]
    assert len(lists) <= 4, "what was read is not read again"


def test_comments_written_in_one_moment_are_all_read(either: BloggerStage) -> None:
    moment = datetime.now(UTC) - timedelta(hours=1)
    expected = {either.say(f"Comment {n}", at=moment) for n in range(250)}
    follower = Follower(either)
    follower.poll()
    assert set(follower.items) == expected


def test_what_waits_and_what_is_spam_is_followed(stage: BloggerStage) -> None:
    old = datetime.now(UTC) - timedelta(days=200)
    waits, spam = stage.say("may I?", held=True, at=old), stage.blog.say("cheap", status="SPAM")
    follower = Follower(stage)
    follower.poll()
    assert [follower.items[one].status for one in (waits, spam)] == [Status.HELD, Status.SPAM]
    stage.release(waits)
    stage.remove(spam)
    follower.poll(later=timedelta(minutes=6))
    assert (follower.items[waits].status, follower.items[waits].published_at.year) == (Status.LIVE, old.year)


def test_the_public_feed_shows_no_more_than_readers_see(either: BloggerStage) -> None:
    either.say("may I?", held=True)
    follower = Follower(either, access=anonymous(either))
    assert follower.poll() == []


def test_words_that_were_taken_away_are_a_deletion(either: BloggerStage) -> None:
    comment = either.say("regrets")
    either.blog.one(comment).status = "EMPTIED"
    assert Follower(either).poll() == []
    [verdict] = either.connector.verify(either.access, [comment], now=utc_now())
    assert verdict.item is None


def test_a_post_that_is_gone_takes_its_comments_along(stage: BloggerStage) -> None:
    comment = stage.say("Lovely")
    stage.blog.posts.clear()
    [verdict] = stage.connector.verify(anonymous(stage), [comment], now=utc_now())
    assert verdict.item is None


def test_all_who_leave_no_profile_are_nobody(stage: BloggerStage) -> None:
    comment = {"id": "7", "post": {"id": POST}, "author": {"displayName": "Anonymous", "id": "-1", "url": ""}}
    assert parse.item(comment, {}, "", utc_now()).author.key is None
    site = {**comment, "author": {"displayName": "Ann", "url": "https://ann.example/"}}
    author = parse.item(site, {}, "", utc_now()).author
    assert (author.key, author.url, author.is_us) == (None, "https://ann.example/", False)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"comments": [7], "posts": {}}', b'{"comments": [{}]}'])
def test_a_kept_answer_that_makes_no_sense_is_refused(stage: BloggerStage, body: bytes) -> None:
    with pytest.raises(Permanent):
        stage.connector.parse(stage.access, Payload("", "application/json", body), now=utc_now())


INNER = ("$t", "href", "name", "ref", "uri")
odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(INNER), inner),
    max_leaves=6,
)
PARTS = ("author", "content", "id", "link", "published", "thr$in-reply-to", "title")


@given(entry=st.dictionaries(st.sampled_from(PARTS), odd), total=odd)
def test_whatever_a_feed_says_it_is_read_or_refused(entry: dict[str, Any], total: Any) -> None:
    try:
        comments, _total = parse.entries({"feed": {"entry": [entry], "openSearch$totalResults": total}})
        items = [parse.item(one, {}, "", utc_now()) for one in comments]
    except ConnectorError:
        return
    assert all(item.published_at.tzinfo is not None for item in items)


# --- acting


def test_nobody_answers_from_here(stage: BloggerStage) -> None:
    assert not stage.connector.capabilities(stage.access).reply
    target = stage.target(stage.say("Hello"))
    with pytest.raises(Permanent) as caught:
        stage.connector.reply(stage.access, target, "Hi", key="k")
    assert caught.value.code == errors.NOT_SUPPORTED


def test_removing_keeps_what_was_answered(stage: BloggerStage) -> None:
    top = stage.say("buy cheap watches")
    below = stage.say("Please don't", parent=top)
    assert stage.connector.moderate(stage.access, stage.target(top), Moderation.DELETE) is Status.DELETED
    assert stage.blog.one(top).status == "EMPTIED"
    follower = Follower(stage)
    follower.poll()
    assert (set(follower.items), follower.items[below].parent) == ({below}, top)


def test_what_is_gone_can_be_removed_and_not_approved(stage: BloggerStage) -> None:
    target = stage.target(stage.say("regrets"))
    stage.remove(target.external_id)
    assert stage.connector.moderate(stage.access, target, Moderation.DELETE) is Status.DELETED
    with pytest.raises(Permanent) as caught:
        stage.connector.moderate(stage.access, target, Moderation.APPROVE)
    assert caught.value.code == errors.TARGET_GONE


def test_a_right_that_was_taken_away_stops_reading_and_not_the_one_act(stage: BloggerStage) -> None:
    comment = stage.say("Hello")
    stage.blog.refuse["comments"] = Refusal(403, "forbidden")
    with pytest.raises(AuthExpired) as read:
        Follower(stage).poll()
    with pytest.raises(Permanent) as act:
        stage.connector.moderate(stage.access, stage.target(comment), Moderation.SPAM)
    assert {read.value.code, act.value.code} == {errors.MISSING_PERMISSION}


def test_a_login_is_not_said_to_let_anybody_answer(stage: BloggerStage) -> None:
    read_only = Reach("blogger", stage.access.url, dict(stage.access.settings), None)
    assert not login_would_answer(Registry([stage.connector]), read_only)
    isso = IssoConnector(stage.http, Pace())
    assert login_would_answer(Registry([isso]), Reach("isso", "https://isso.example/", {}, None))
