"""What is peculiar to YouTube: two levels, five replies at a time, what is held back, a day's units."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connectors import errors
from app.connectors.errors import AuthExpired, ConnectorError, OutcomeUnknown, Permanent, RateLimited, Transient
from app.connectors.google.app import GoogleApp
from app.connectors.google.client import day_begins, day_ends
from app.connectors.ports import Access, Item, Moderation, Payload, Status, Target
from app.connectors.youtube import YouTubeConnector, parse, quota
from app.connectors.youtube.quota import Purpose
from app.core.clock import utc_now
from tests.connectors.following import Follower
from tests.connectors.google_double import Refusal, google_app
from tests.connectors.youtube_double import US, YouTubeStage, on_stage
from tests.servers.faulty_proxy import Cut, Instead

MINUTE = timedelta(minutes=1)


@pytest.fixture
def stage() -> Iterator[YouTubeStage]:
    with on_stage() as stage:
        yield stage


def answer(stage: YouTubeStage, comment: str, text: str = "On its way") -> str:
    return stage.connector.reply(stage.access, stage.target(comment), text, key="k").external_id


# --- addresses and accounts


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("https://www.youtube.com/@KettleCo/videos?view=0", "https://www.youtube.com/@kettleco"),
        ("m.youtube.com/@K%C3%A4se", "https://www.youtube.com/@käse"),
        (f"youtube.com/channel/{US}/", f"https://www.youtube.com/channel/{US}"),
        ("https://www.youtube.com/c/KettleCo/featured", "https://www.youtube.com/@kettleco"),
        ("youtube.com/user/KettleHouse", "https://www.youtube.com/user/kettlehouse"),
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ", None),
        ("https://youtube.com.example/@KettleCo", None),
        ("https://www.youtube.com/", None),
    ],
)
def test_a_channel_is_known_by_its_address(stage: YouTubeStage, typed: str, url: str | None) -> None:
    found = stage.connector.discover(typed)
    assert (found.url if found else None) == url


def test_another_channel_than_the_one_typed_is_refused_with_its_name(stage: YouTubeStage) -> None:
    stage.channel.mine = ("UC" + "x" * 22, "Somebody Else", "@else")
    with pytest.raises(AuthExpired) as caught:
        stage.connector.check(stage.access)
    assert (caught.value.code, caught.value.detail) == (errors.OTHER_ACCOUNT, "Somebody Else")


@pytest.mark.parametrize("typed", ["@KettleCo", f"channel/{US}", "c/KettleCo", "user/KettleHouse"])
def test_whichever_address_was_typed_it_is_the_same_channel(stage: YouTubeStage, typed: str) -> None:
    found = stage.connector.discover(f"youtube.com/{typed}")
    assert found is not None
    account = stage.connector.check(Access(found.url, found.settings, stage.access.secret))
    assert account is not None
    assert (account.key, account.is_the_page) == (f"channel:{US}", True)


@pytest.mark.parametrize("theirs", [{}, {"kettlehouse": "UC" + "x" * 22}])
def test_an_old_name_that_is_nobodys_or_somebody_elses_is_refused(stage: YouTubeStage, theirs: dict[str, str]) -> None:
    stage.channel.old_names = theirs
    found = stage.connector.discover("youtube.com/user/KettleHouse")
    assert found is not None
    with pytest.raises(AuthExpired) as caught:
        stage.connector.check(Access(found.url, found.settings, stage.access.secret))
    assert caught.value.code == errors.OTHER_ACCOUNT


def test_a_google_account_that_may_not_moderate_is_told_at_once(stage: YouTubeStage) -> None:
    stage.channel.refuse["commentThreads"] = Refusal(403, "insufficientPermissions")
    with pytest.raises(AuthExpired) as caught:
        stage.connector.check(stage.access)
    assert caught.value.code == errors.MISSING_PERMISSION


# --- reading


def test_replies_beyond_the_five_that_come_along_are_read(stage: YouTubeStage) -> None:
    top, follower = stage.say("Where is my parcel?"), Follower(stage)
    expected = {stage.say(f"Mine too {number}", parent=top) for number in range(230)} | {top}
    follower.poll()
    assert set(follower.items) == expected
    assert max(len(batch.items) for batch in follower.batches) <= 100
    late = stage.say("And mine", parent=top)
    follower.poll(later=MINUTE)
    assert late in follower.items


def test_a_late_reply_in_an_old_thread_is_found(stage: YouTubeStage) -> None:
    """A reply moves nothing up in YouTube's list, so the newest page does not show it."""
    old = stage.say("Is it loud?", at=datetime.now(UTC) - timedelta(days=5))
    for number in range(110):
        stage.say(f"Comment {number}", at=datetime.now(UTC) - timedelta(minutes=120 - number))
    follower = Follower(stage)
    follower.poll()
    late = stage.say("Not at all", parent=old)
    follower.poll(later=MINUTE)
    assert late not in follower.items
    follower.poll(later=timedelta(minutes=45))
    assert follower.items[late].parent == old


def test_quiet_polls_cost_one_unit(stage: YouTubeStage) -> None:
    stage.say_many([f"Comment {number}" for number in range(50)])
    follower = Follower(stage)
    follower.poll()
    before = stage.channel.units
    assert follower.poll(later=MINUTE) == []
    assert stage.channel.units - before == 1
    assert sum(stage.meter.used.values()) == stage.channel.units, "what we count is what YouTube counts"


def test_where_a_comment_stands_is_followed(stage: YouTubeStage) -> None:
    follower = Follower(stage)
    held = stage.say("buy cheap watches", held=True)
    spam = stage.channel.say("click here", status="likelySpam")
    top = stage.say("Lovely")
    under = stage.channel.say("click here too", parent=top, status="heldForReview")
    follower.poll()
    states = {one: (item.status, item.state_known) for one, item in follower.items.items()}
    assert states == {
        held: (Status.HELD, True),
        spam: (Status.SPAM, True),
        top: (Status.LIVE, True),
        under: (Status.HELD, True),
    }
    stage.release(held)
    stage.release(under)
    follower.poll(later=timedelta(minutes=6))
    assert {follower.items[one].status for one in (held, under, top)} == {Status.LIVE}
    stage.channel.comments[top].status = "heldForReview"
    follower.poll(later=timedelta(minutes=12))
    assert follower.items[top].status is Status.HELD
    stage.release(top)
    follower.poll(later=timedelta(minutes=18))
    assert follower.items[top].status is Status.LIVE


def test_a_comment_released_after_long_comes_with_its_old_date(stage: YouTubeStage) -> None:
    held = stage.channel.say("may I?", status="heldForReview", at=datetime.now(UTC) - timedelta(days=90))
    stage.say_many([f"Comment {number}" for number in range(110)])
    follower = Follower(stage)
    follower.poll()
    stage.release(held)
    follower.poll(later=timedelta(minutes=6))
    assert follower.items[held].status is Status.LIVE


def test_a_page_token_that_youtube_forgot_begins_the_walk_anew(stage: YouTubeStage) -> None:
    expected = set(stage.say_many([f"Comment {number}" for number in range(250)]))
    follower = Follower(stage)
    for batch in follower.walk():
        if batch.cursor["back"]["page"]:
            break
    assert follower.cursor is not None
    follower.cursor["back"]["page"] = "2020-01-01|forgotten"
    with stage.proxy.fault(Instead(400, b'{"error": {"errors": [{"reason": "invalidPageToken"}]}}'), path="forgotten"):
        follower.poll(later=MINUTE)
    assert set(follower.items) == expected


def test_what_is_said_to_the_channel_itself_stands_below_it(stage: YouTubeStage) -> None:
    comment = stage.channel.say("Nice channel", video="")
    follower = Follower(stage)
    follower.poll()
    post = follower.items[comment].post
    assert (post.external_id, post.url) == (US, f"https://www.youtube.com/channel/{US}")


def test_a_video_is_named(stage: YouTubeStage) -> None:
    comment, follower = stage.say("Nice"), Follower(stage)
    follower.poll()
    assert follower.items[comment].post.title == "About dQw4w9WgXcQ"
    assert follower.items[comment].url == f"https://www.youtube.com/watch?v=dQw4w9WgXcQ&lc={comment}"


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"rows": [7], "titles": {}}', b'{"rows": [{"comment": {}}]}'])
def test_a_kept_answer_that_makes_no_sense_is_refused(stage: YouTubeStage, body: bytes) -> None:
    with pytest.raises(Permanent):
        stage.connector.parse(stage.access, Payload("", "application/json", body), now=utc_now())


odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["value", "comments", "x"]), inner),
    max_leaves=6,
)


NAMES = (
    "authorChannelId",
    "authorDisplayName",
    "moderationStatus",
    "parentId",
    "publishedAt",
    "textDisplay",
    "updatedAt",
    "videoId",
)


@given(said=st.dictionaries(st.sampled_from(NAMES), odd), total=odd, replies=odd)
def test_whatever_youtube_says_of_a_comment_it_is_one(said: dict[str, Any], total: Any, replies: Any) -> None:
    top = {"id": "Ugx", "snippet": said}
    found = {"items": [{"snippet": {"topLevelComment": top, "totalReplyCount": total}, "replies": replies}]}
    try:
        [thread] = parse.threads(found, "published")
        items = [parse.item(row, {}, US, utc_now()) for row in thread.rows]
    except ConnectorError:
        return
    assert all(isinstance(item, Item) and item.published_at.tzinfo is not None for item in items)


# --- acting


def test_an_answer_to_a_reply_stands_in_its_thread_and_names_the_person(stage: YouTubeStage) -> None:
    top = stage.say("Where is my parcel?", author="@ann")
    below = stage.say("Mine too!", author="@bob", parent=top)
    began = datetime.now(UTC)
    sent = answer(stage, below)
    assert stage.answers(top) == ["@bob On its way"]
    assert answer(stage, below, "@Bob On its way") == sent
    assert answer(stage, top) != sent, "the same words to somebody else are another answer"
    found = stage.connector.look_up(stage.access, Target(below, "x"), "On its way", key="k", since=began)
    assert found is not None
    assert found.external_id == sent


def test_our_echo_is_known_though_the_answer_to_the_call_never_came(stage: YouTubeStage) -> None:
    comment, follower = stage.say("Where is my parcel?"), Follower(stage)
    follower.poll()
    with stage.proxy.fault(Cut(after=True), method="POST"), pytest.raises(OutcomeUnknown):
        answer(stage, comment)
    [echo] = [one for one in follower.poll(later=MINUTE) if one.author.is_us]
    assert (echo.parent, echo.text) == (comment, "On its way")


def test_an_answer_that_youtube_holds_back_is_said_to_be_held(stage: YouTubeStage) -> None:
    stage.channel.hold_own = True
    sent = stage.connector.reply(stage.access, stage.target(stage.say("Hello")), "Hi", key="k")
    assert sent.status is Status.HELD


def test_a_ban_takes_the_comment_down_and_shuts_its_author_out(stage: YouTubeStage) -> None:
    comment = stage.say("buy cheap watches")
    stage.connector.moderate(stage.access, stage.target(comment), Moderation.TRASH)
    assert stage.channel.banned == set()
    assert stage.connector.moderate(stage.access, stage.target(comment), Moderation.BAN) is Status.TRASH
    assert stage.channel.banned == {stage.channel.comments[comment].channel}


@pytest.mark.parametrize(
    ("status", "reason", "read", "act", "code"),
    [
        (403, "rateLimitExceeded", RateLimited, RateLimited, errors.RATE_LIMITED),
        (403, "quotaExceeded", RateLimited, RateLimited, errors.BUDGET_SPENT),
        (403, "accessNotConfigured", Permanent, Permanent, errors.NOT_SET_UP),
        (403, "forbidden", AuthExpired, Permanent, errors.MISSING_PERMISSION),
        (403, "commentsDisabled", Permanent, Permanent, errors.COMMENTS_CLOSED),
        (400, "processingFailure", Transient, OutcomeUnknown, errors.SERVER_ERROR),
        (400, "commentTextTooLong", Permanent, Permanent, errors.INVALID_TEXT),
        (400, "operationNotSupported", Permanent, Permanent, errors.REPLY_RESTRICTED),
        (401, "authError", AuthExpired, AuthExpired, errors.WRONG_CREDENTIALS),
        (500, "backendError", Transient, OutcomeUnknown, errors.SERVER_ERROR),
    ],
)
def test_errors_are_told_by_their_reason(
    stage: YouTubeStage,
    status: int,
    reason: str,
    read: type[ConnectorError],
    act: type[ConnectorError],
    code: str,
) -> None:
    comment = stage.say("Hello")
    body = Refusal(status, reason).body()
    refused = Instead(status, json.dumps(body).encode())
    with stage.proxy.fault(refused, method="POST"), pytest.raises(act) as acted:
        stage.connector.moderate(stage.access, stage.target(comment), Moderation.HOLD)
    fresh = YouTubeStage(stage.channel, stage.proxy)
    with fresh.proxy.fault(refused), pytest.raises(read) as caught:
        Follower(fresh).poll()
    assert (type(caught.value), type(acted.value)) == (read, act)
    assert code in (caught.value.code, acted.value.code)


def test_newer_refusals_are_understood_too(stage: YouTubeStage) -> None:
    stage.channel.refuse["comments"] = Refusal(403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT", newer=True)
    with pytest.raises(Permanent) as caught:
        stage.connector.moderate(stage.access, Target("Ugx", "v"), Moderation.HOLD)
    assert caught.value.code == errors.MISSING_PERMISSION


# --- the day's units

DAY = datetime(2026, 11, 22, 8, tzinfo=UTC)
"""Midnight in California."""


def test_the_day_begins_at_midnight_in_california() -> None:
    assert day_begins(DAY + timedelta(hours=23, minutes=59)) == DAY
    assert day_begins(DAY - timedelta(seconds=1)) == DAY - timedelta(days=1)
    for spring, hours in ((datetime(2026, 3, 8, 20, tzinfo=UTC), 23), (datetime(2026, 11, 1, 20, tzinfo=UTC), 25)):
        assert day_ends(spring) - day_begins(spring) == timedelta(hours=hours)


@given(st.integers(0, 24 * 60 - 1), st.integers(100, 100_000))
def test_reading_never_takes_what_is_kept_for_answers(minute: int, units: int) -> None:
    now = DAY + timedelta(minutes=minute)
    day = quota.daily("app", units, now)
    history, news, act = (quota.allowed(day, one, now).limit for one in (Purpose.HISTORY, Purpose.NEWS, Purpose.ACT))
    assert 0 < history <= news <= 0.8 * units < act == units
    assert {quota.allowed(day, one, now).key for one in Purpose} == {day.key}
    assert now < quota.retry_at(day, Purpose.NEWS, now) <= day.ends_at == quota.retry_at(day, Purpose.ACT, now)


def read_anew_until_stopped(follower: Follower) -> None:
    for _time in range(500):
        follower.cursor = None
        follower.poll()


def answer_until_stopped(stage: YouTubeStage, comment: str) -> None:
    for number in range(9):
        answer(stage, comment, f"Answer {number}")


def test_what_the_day_gives_is_never_overrun_and_answers_have_the_rest(stage: YouTubeStage) -> None:
    poor = YouTubeStage(stage.channel, stage.proxy, units=200)
    poor.channel.units = sum(poor.meter.used.values())
    comment = poor.say("Hello")
    follower = Follower(poor)
    with pytest.raises(RateLimited) as caught:
        read_anew_until_stopped(follower)
    assert caught.value.code == errors.RATE_LIMITED
    assert caught.value.retry_at is not None
    assert caught.value.retry_at <= utc_now() + timedelta(minutes=16)
    assert poor.channel.units <= 160
    with pytest.raises(RateLimited) as caught:
        answer_until_stopped(poor, comment)
    assert (caught.value.code, caught.value.retry_at) == (errors.BUDGET_SPENT, day_ends(utc_now()))
    assert 0 < len(poor.answers(comment)) <= 4
    assert poor.channel.units <= 200


def test_when_google_says_that_the_day_is_spent_nobody_asks_until_it_ends(stage: YouTubeStage) -> None:
    stage.channel.refuse["commentThreads"] = Refusal(403, "quotaExceeded")
    with pytest.raises(RateLimited):
        Follower(stage).poll()
    stage.channel.refuse.clear()
    asked = len(stage.channel.asked)
    other = YouTubeConnector(stage.http, stage.pace, stage.meter, google_app(stage.proxy.url))
    elsewhere = Access("https://www.youtube.com/@other", stage.access.settings, stage.access.secret)
    with pytest.raises(RateLimited) as caught:
        other.latest(elsewhere, count=1, now=utc_now())
    assert (caught.value.code, len(stage.channel.asked)) == (errors.BUDGET_SPENT, asked)
    assert caught.value.retry_at == day_ends(utc_now())


def test_without_an_app_the_form_says_what_is_missing(stage: YouTubeStage) -> None:
    connector = YouTubeConnector(stage.http, stage.pace, stage.meter, GoogleApp())
    assert connector.sign_in is not None
    assert connector.sign_in.oauth is None
    assert "google.client_id" in str(connector.sign_in.how)
    assert connector.budget(utc_now()) is None
    with pytest.raises(Permanent):
        connector.check(stage.access)
