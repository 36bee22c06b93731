"""What is particular to WordPress, tried on a real one."""

import html
from datetime import UTC, datetime, timedelta

import pytest

from app.connectors import errors
from app.connectors.errors import AuthExpired, Permanent, RateLimited
from app.connectors.ports import (
    LACKING_TO_MODERATE,
    LACKING_TO_PUBLISH,
    Access,
    Item,
    Moderation,
    SaidAs,
    Status,
    Target,
)
from app.connectors.wordpress import WordPressConnector
from app.core.pace import Pace
from tests.connectors.following import LATER, Follower
from tests.connectors.proxied_stage import CountingHttp
from tests.connectors.wordpress_stage import Wire, WordPressStage, opened_shop
from tests.servers.faulty_proxy import Instead
from tests.servers.wordpress import Site

pytestmark = pytest.mark.xdist_group("wordpress")


@pytest.fixture
def stage(wordpress_wire: Wire, wordpress_site: Site) -> WordPressStage:
    """As a moderator."""
    return WordPressStage(wordpress_wire)


@pytest.fixture
def visitor(wordpress_wire: Wire, wordpress_site: Site) -> WordPressStage:
    """Without a login."""
    return WordPressStage(wordpress_wire, None)


def connected(
    http: CountingHttp, url: str, site: Site, login: str | None = "rita"
) -> tuple[WordPressConnector, Access]:
    connector = WordPressConnector(http, Pace())
    found = connector.discover(url)
    assert found is not None
    secret = site.users[login].secret if login else None
    account = connector.check(Access(found.url, found.settings, secret))
    return connector, Access(found.url, {**found.settings, **(account.settings if account else {})}, secret)


def read(stage: WordPressStage) -> dict[str, Item]:
    follower = Follower(stage)
    follower.poll()
    return follower.items


# --- addresses


@pytest.mark.parametrize("where", ["root", "subpath"])
@pytest.mark.parametrize(("kind", "rewrites"), [("pretty", True), ("index", False), ("plain", False), ("plain", True)])
def test_every_kind_of_permalinks_is_read_and_answered(
    wordpress_wire: Wire, wordpress_site: Site, where: str, kind: str, rewrites: bool
) -> None:
    site = wordpress_site
    site.permalinks(kind, rewrites=rewrites)
    post = site.post("Opening hours")
    comment = site.comment(post, "Open on Sunday?").comment_id
    url = site.url if where == "root" else site.subpath_url
    connector, access = connected(wordpress_wire.http, url, site)
    assert access.url == url
    [batch] = connector.collect(access, None, since=None, now=datetime.now(UTC))
    [item] = batch.items
    assert (item.text, item.post.title, item.external_id) == ("Open on Sunday?", "Opening hours", str(comment))
    assert item.url is not None
    assert item.url.startswith(url)
    sent = connector.reply(access, Target(str(comment), str(post)), "From 8 to 11", key="k")
    assert site.truth()[-1]["comment_parent"] == str(comment)
    assert connector.moderate(access, Target(sent.external_id, str(post)), Moderation.TRASH) is Status.TRASH


def test_any_page_of_the_site_may_be_typed(stage: WordPressStage) -> None:
    comment = stage.say("Hello")
    url = read(stage)[comment].url
    assert url is not None
    for typed in (url, *(stage.address + path for path in ("wp-admin/edit.php", "wp-login.php", "nowhere/", "feed/"))):
        found = stage.connector.discover(typed)
        assert found is not None
        assert found.url == stage.access.url


@pytest.mark.parametrize("flag", ["no-rest-links", "no-rest-header"])
def test_a_hidden_interface_is_found(stage: WordPressStage, flag: str) -> None:
    stage.site.flags(flag)
    found = stage.connector.discover(stage.address)
    assert found is not None
    assert found.url == stage.access.url
    assert stage.connector.latest(Access(found.url, found.settings), count=3, now=datetime.now(UTC)) == []


def test_a_site_without_comment_routes_is_none_of_ours(stage: WordPressStage) -> None:
    stage.site.flags("no-comment-routes")
    assert stage.connector.discover(stage.address) is None


# --- logins


def test_a_site_for_people_who_log_in(wordpress_wire: Wire, wordpress_site: Site) -> None:
    site = wordpress_site
    site.comment(site.post(), "Hello")
    site.flags("login-required")
    _, access = connected(wordpress_wire.http, site.url, site)
    connector = WordPressConnector(wordpress_wire.http, Pace())
    [batch] = connector.collect(access, None, since=None, now=datetime.now(UTC))
    assert len(batch.items) == 1
    with pytest.raises(Permanent) as caught:
        list(connector.collect(Access(access.url, access.settings), None, since=None, now=datetime.now(UTC)))
    assert caught.value.code == errors.FORBIDDEN
    with pytest.raises(Permanent):
        list(connector.verify(Access(access.url, access.settings), ["1"], now=datetime.now(UTC)))


def test_a_site_without_application_passwords_says_so(wordpress_wire: Wire, wordpress_site: Site) -> None:
    with pytest.raises(AuthExpired) as caught:
        connected(wordpress_wire.http, wordpress_site.production_url, wordpress_site)
    assert caught.value.code == errors.LOGIN_UNAVAILABLE


def test_wrong_credentials_where_plugins_look_at_them_first(stage: WordPressStage) -> None:
    stage.site.flags("eager-login")
    with pytest.raises(AuthExpired) as caught:
        stage.connector.check(Access(stage.access.url, stage.access.settings, stage.wrong_secret))
    assert caught.value.code == errors.WRONG_CREDENTIALS


def test_a_user_without_a_role_may_do_nothing(wordpress_wire: Wire, wordpress_site: Site) -> None:
    with pytest.raises(AuthExpired) as caught:
        connected(wordpress_wire.http, wordpress_site.url, wordpress_site, "nora")
    assert caught.value.code == errors.MISSING_PERMISSION


def test_a_moderator_who_lost_the_right_is_told(stage: WordPressStage) -> None:
    stage.say("Hello")
    stage.site.door(["role", stage.site.users["rita"].id, "subscriber"])
    with pytest.raises(AuthExpired) as caught:
        read(stage)
    assert caught.value.code == errors.MISSING_PERMISSION


def test_rights_follow_the_role(wordpress_wire: Wire, wordpress_site: Site) -> None:
    rights, lacking = {}, {}
    for login in ("admin", "rita", "tom", "kim"):
        connector, access = connected(wordpress_wire.http, wordpress_site.url, wordpress_site, login)
        able = connector.capabilities(access)
        assert able.reply
        rights[login] = len(able.moderate)
        lacking[login] = [*access.settings[LACKING_TO_MODERATE], *access.settings[LACKING_TO_PUBLISH]]
    assert rights == {"admin": 4, "rita": 4, "tom": 0, "kim": 0}
    neither = ["moderate_comments", "publish_posts"]
    assert lacking == {"admin": [], "rita": [], "tom": neither[:1], "kim": neither}


# --- reading


def test_a_quiet_poll_is_one_small_request(stage: WordPressStage, visitor: WordPressStage) -> None:
    stage.say_many([f"Comment {n}, with some more words to it" for n in range(200)])
    for one in (stage, visitor):
        follower = Follower(one)
        follower.poll()
        follower.poll()
        one.http.requests.clear()
        assert follower.poll() == []
        assert len(one.http.requests) == 1
        assert "_embed=" not in one.http.requests[0]


def test_moderators_see_every_state_and_visitors_what_is_approved(
    stage: WordPressStage, visitor: WordPressStage
) -> None:
    ids = {state: stage.say(state) for state in ("approve", "hold", "spam", "trash")}
    for state in ("hold", "spam", "trash"):
        stage.site.act(int(ids[state]), state)
    states = {item.text: item.status for item in read(stage).values()}
    assert states == {"approve": Status.LIVE, "hold": Status.HELD, "spam": Status.SPAM, "trash": Status.TRASH}
    assert [item.text for item in read(visitor).values()] == ["approve"]


def test_a_state_changed_at_the_blog_comes_with_the_next_poll(stage: WordPressStage) -> None:
    comment = stage.say("Hello")
    follower = Follower(stage)
    follower.poll()
    for act, status in (("hold", Status.HELD), ("spam", Status.SPAM), ("unspam", Status.HELD), ("trash", Status.TRASH)):
        stage.site.act(int(comment), act)
        follower.poll()
        assert follower.items[comment].status is status
    stage.site.delete_post(stage.post)
    [verdict] = stage.connector.verify(stage.access, [comment], now=datetime.now(UTC))
    assert verdict.item is not None
    assert verdict.item.status is Status.TRASH


def test_a_late_approval_far_back_is_found_without_a_login(visitor: WordPressStage) -> None:
    late = visitor.say("Held for days", held=True)
    visitor.say_many([f"Comment {n}" for n in range(300)])
    follower = Follower(visitor)
    follower.poll()
    visitor.release(late)
    follower.poll(later=timedelta(minutes=1))
    follower.poll(later=timedelta(minutes=12))
    assert follower.items[late].text == "Held for days"


def test_comments_of_private_posts_hide_no_others(visitor: WordPressStage) -> None:
    secret = visitor.site.post("Staff only", post_status="private")
    fields = {"comment_author": "Ann", "comment_content": "Psst"}
    first = visitor.say("before")
    visitor.site.comments([fields | {"comment_post_ID": secret} for _ in range(230)])
    last = visitor.say("after")
    follower = Follower(visitor)
    follower.poll()
    new = visitor.say("new")
    follower.poll()
    assert set(follower.items) == {first, last, new}


def test_the_hour_when_summer_time_ends_and_equal_dates(visitor: WordPressStage) -> None:
    """``after`` skips the second 02:30 of that night; numbers do not care."""
    first = datetime(2025, 10, 26, 0, 30, tzinfo=UTC)
    wanted = {
        visitor.say("02:30 in summer", at=first),
        visitor.say("02:30 in winter", at=first + timedelta(hours=1)),
        *(visitor.say(f"the same second {n}", at=first + timedelta(hours=2)) for n in range(3)),
    }
    follower = Follower(visitor, since=first)
    follower.poll()
    assert set(follower.items) == wanted
    moments = {item.text: item.published_at for item in follower.items.values()}
    assert moments["02:30 in winter"] - moments["02:30 in summer"] == timedelta(hours=1)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_a_first_read_is_exact_in_every_time_zone(visitor: WordPressStage, zone: str) -> None:
    visitor.site.option("timezone_string", zone)
    since = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
    visitor.say("too old", at=since - timedelta(seconds=1))
    wanted = {visitor.say("just in", at=since), visitor.say("today")}
    follower = Follower(visitor, since=since)
    follower.poll()
    follower.poll(later=LATER)
    assert set(follower.items) == wanted


def test_imported_comments_with_old_dates_are_new(stage: WordPressStage) -> None:
    stage.say("today")
    follower = Follower(stage)
    follower.poll()
    imported = stage.say("from 2009", at=datetime(2009, 5, 1, 12, tzinfo=UTC))
    follower.poll()
    assert follower.items[imported].published_at == datetime(2009, 5, 1, 12, tzinfo=UTC)


def test_pages_and_private_posts_have_their_titles_too(stage: WordPressStage) -> None:
    about = stage.site.post("About &amp; more", post_type="page")
    secret = stage.site.post("Staff", post_status="private")
    for post in (about, secret):
        stage.site.comments([{"comment_post_ID": post, "comment_author": "Ann", "comment_content": "Hello"}])
    assert [item.post.title for item in read(stage).values()] == ["About & more", "Private: Staff"]


def test_trackbacks_and_notes_are_left_out(stage: WordPressStage) -> None:
    kinds = ("comment", "trackback", "pingback", "note")
    fields = {"comment_post_ID": stage.post, "comment_author": "Ann", "comment_content": "x"}
    ids = stage.site.comments([fields | {"comment_type": kind} for kind in kinds])
    assert set(read(stage)) == {str(ids[0])}
    assert [
        verdict.item for verdict in stage.connector.verify(stage.access, [str(ids[0])], now=datetime.now(UTC))
    ] != []


def test_many_huge_comments_are_read_in_smaller_pieces(stage: WordPressStage) -> None:
    """A hundred of them exceed what one answer may hold; that must not stop the page for good."""
    text = "ж" * 30_000
    ids = stage.say_many([f"{n} {text}" for n in range(60)])
    items = read(stage)
    assert set(items) == set(ids)
    assert {len(item.text) for item in items.values()} == {30_002, 30_003}


def test_what_visitors_send_by_the_form_arrives_readable(stage: WordPressStage) -> None:
    texts = {
        '<script>alert("x")</script>Nice <b>post</b>': "alert(“x”)Nice post",
        'He said "it\'s -- fine..."': "He said “it’s — fine…”",
        "AT&T &amp; &lt;b&gt; &#128512;": "AT&T & <b> 😀",
        "C:\\temp\\new": "C:\\temp\\new",
        "see https://example.net/?a=1&b=2 there": "see https://example.net/?a=1&b=2 there",
    }
    ids = {stage.say(text): shown for text, shown in texts.items()}
    assert {one: item.text for one, item in read(stage).items()} == ids


def test_a_cleaned_out_list_is_not_taken_for_a_clean_up(stage: WordPressStage) -> None:
    """A cache or a plugin that answers an empty list must not make every comment count as deleted."""
    comments = [stage.say("one"), stage.say("two")]
    stage.remove(comments[1])
    with stage.proxy.fault(Instead(200, b"[]"), path="include="):
        verdicts = {
            v.external_id: v.item for v in stage.connector.verify(stage.access, comments, now=datetime.now(UTC))
        }
    kept = verdicts[comments[0]]
    assert kept is not None
    assert kept.text == "one"
    assert verdicts[comments[1]] is None


def test_held_comments_are_no_longer_shown_to_visitors(visitor: WordPressStage) -> None:
    comment = visitor.say("Hello")
    visitor.site.act(int(comment), "hold")
    [verdict] = visitor.connector.verify(visitor.access, [comment], now=datetime.now(UTC))
    assert verdict.item is None


# --- acting


def test_an_admins_reply_is_never_markup(wordpress_wire: Wire, wordpress_site: Site) -> None:
    """Administrators may post any HTML; what an agent types is text."""
    stage = WordPressStage(wordpress_wire, "admin")
    comment = stage.say("Hello")
    text = '<script>alert(1)</script> & <b onclick="x">bold</b> &amp; [gallery] \\n'
    stage.connector.reply(stage.access, stage.target(comment), text, key="k")
    stored = stage.site.truth()[-1]["comment_content"]
    assert "<" not in stored
    assert html.unescape(stored) == text
    assert stage.connector.look_up(
        stage.access, stage.target(comment), text, key="k", since=datetime.now(UTC) - timedelta(minutes=1)
    )


def test_a_reply_that_waits_for_approval_says_so(wordpress_wire: Wire, wordpress_site: Site) -> None:
    stage = WordPressStage(wordpress_wire, "tom")
    comment = stage.say("Hello")
    stage.site.option("comment_moderation", "1")
    began = datetime.now(UTC)
    sent = stage.connector.reply(stage.access, stage.target(comment), "Good morning", key="k")
    assert sent.status is Status.HELD
    again = stage.connector.reply(stage.access, stage.target(comment), "Good morning", key="k")
    assert again.external_id == sent.external_id
    found = stage.connector.look_up(stage.access, stage.target(comment), "Good morning", key="k", since=began)
    assert found == sent


def test_a_throttled_reply_waits(wordpress_wire: Wire, wordpress_site: Site) -> None:
    stage = WordPressStage(wordpress_wire, "kim")
    comment = stage.say("Hello")
    stage.connector.reply(stage.access, stage.target(comment), "One", key="k1")
    with pytest.raises(RateLimited) as caught:
        stage.connector.reply(stage.access, stage.target(comment), "Two", key="k2")
    assert caught.value.retry_at is not None
    assert timedelta(seconds=10) < caught.value.retry_at - datetime.now(UTC) <= timedelta(seconds=15)
    assert stage.answers(comment) == ["One"]


def test_the_same_words_in_other_letters_are_there_already(stage: WordPressStage) -> None:
    """WordPress takes “Danke schön” for “danke schon”; what stands there is what the agent said in substance."""
    comment = stage.say("Hello")
    first = stage.connector.reply(stage.access, stage.target(comment), "Danke schön", key="k1")
    again = stage.connector.reply(stage.access, stage.target(comment), "danke SCHON", key="k2")
    assert again.external_id == first.external_id


@pytest.mark.parametrize(
    ("how", "code"),
    [("closed", errors.COMMENTS_CLOSED), ("post-trashed", errors.TARGET_GONE), ("post-deleted", errors.TARGET_GONE),
     ("spam", errors.TARGET_GONE), ("trash", errors.TARGET_GONE)],
)  # fmt: skip
def test_where_no_reply_can_stand_none_is_sent(stage: WordPressStage, how: str, code: str) -> None:
    comment = stage.say("Hello")
    if how == "closed":
        stage.site.door(["post", {"ID": stage.post, "post_title": "Closed", "comment_status": "closed"}])
    elif how.startswith("post-"):
        stage.site.delete_post(stage.post, force=how == "post-deleted")
    else:
        stage.site.act(int(comment), how)
    with pytest.raises(Permanent) as caught:
        stage.connector.reply(stage.access, stage.target(comment), "Good morning", key="k")
    assert caught.value.code == code
    assert stage.answers(comment) == []


def test_a_reply_is_found_after_its_parent_was_deleted(stage: WordPressStage) -> None:
    """WordPress moves the replies of a deleted comment up."""
    comment = stage.say("Hello")
    began = datetime.now(UTC)
    sent = stage.connector.reply(stage.access, stage.target(comment), "Good morning", key="k")
    target = stage.target(comment)
    stage.remove(comment)
    found = stage.connector.look_up(stage.access, target, "Good morning", key="k", since=began)
    assert found is not None
    assert found.external_id == sent.external_id


def test_an_older_reply_of_the_same_words_elsewhere_is_another(stage: WordPressStage) -> None:
    one, other = stage.say("Hello"), stage.say("Hi")
    stage.connector.reply(stage.access, stage.target(one), "Good morning", key="k1")
    now = datetime.now(UTC)
    assert stage.connector.look_up(stage.access, stage.target(other), "Good morning", key="k2", since=now) is None
    late = now + timedelta(hours=1)
    assert stage.connector.look_up(stage.access, stage.target(one), "Good morning", key="k1", since=late) is None


def test_our_reply_is_found_among_hundreds(stage: WordPressStage) -> None:
    comment = stage.say("Hello")
    began = datetime.now(UTC)
    sent = stage.connector.reply(stage.access, stage.target(comment), "Good morning", key="k")
    rita = stage.site.users["rita"]
    fields = {"comment_post_ID": stage.post, "user_id": rita.id, "comment_author": rita.name}
    stage.site.comments([fields | {"comment_content": f"Another {n}"} for n in range(230)])
    found = stage.connector.look_up(stage.access, stage.target(comment), "Good morning", key="k", since=began)
    assert found is not None
    assert found.external_id == sent.external_id


def test_moderating_a_deleted_comment(stage: WordPressStage) -> None:
    comment = stage.say("Hello")
    target = stage.target(comment)
    stage.remove(comment)
    assert stage.connector.moderate(stage.access, target, Moderation.TRASH) is Status.DELETED
    with pytest.raises(Permanent) as caught:
        stage.connector.moderate(stage.access, target, Moderation.APPROVE)
    assert caught.value.code == errors.TARGET_GONE


def test_maintenance_is_waited_out(stage: WordPressStage) -> None:
    stage.site.maintenance(True)
    try:
        with pytest.raises(RateLimited) as caught:
            read(stage)
    finally:
        stage.site.maintenance(False)
    assert caught.value.retry_at is not None


# --- shops


@pytest.fixture
def shop(wordpress_wire: Wire, wordpress_site: Site) -> WordPressStage:
    """A site with a shop, read by who keeps it."""
    return opened_shop(WordPressStage(wordpress_wire, "admin"))


def review(stage: WordPressStage, text: str, rating: int, **more: object) -> str:
    fields = {"comment_post_ID": stage.post, "comment_author": "Ann", "comment_content": text, "comment_type": "review"}
    [number] = stage.site.comments([{**fields, "comment_meta": {"rating": rating}, **more}])
    return str(number)


def test_reviews_of_a_shop_come_with_their_stars(shop: WordPressStage) -> None:
    comment = shop.say("When is it baked?")
    bad, none = review(shop, "Stale.", 1), review(shop, "Bread.", 0)
    answer = review(shop, "It was fresh!", 0, comment_parent=int(bad))
    follower = Follower(shop)
    follower.poll()
    told = {one: (item.said_as, item.stars, item.parent) for one, item in follower.items.items()}
    assert told == {
        comment: (None, None, None),
        bad: (SaidAs.REVIEW, 1, None),
        none: (SaidAs.REVIEW, None, None),
        answer: (None, None, bad),
    }
    assert follower.items[bad].post.title == "Rye bread"
    [batch] = follower.batches
    parsed = [shop.connector.parse(shop.access, one, now=datetime.now(UTC)) for one in batch.payloads]
    assert parsed == [list(batch.items)]
    shop.http.requests.clear()
    follower.poll()
    assert len(shop.http.requests) == 1, "a quiet poll asks for no stars"
    seen = list(shop.connector.verify(shop.access, [bad, comment], now=datetime.now(UTC)))
    assert [(one.item and one.item.stars) for one in seen] == [1, None]


def test_a_review_that_is_held_is_seen_and_let_through(shop: WordPressStage) -> None:
    held = review(shop, "Never again", 2, comment_approved=0)
    follower = Follower(shop)
    follower.poll()
    assert (follower.items[held].status, follower.items[held].stars) == (Status.HELD, 2)
    assert shop.connector.moderate(shop.access, shop.target(held), Moderation.APPROVE) is Status.LIVE
    follower.poll()
    assert (follower.items[held].status, follower.items[held].stars) == (Status.LIVE, 2)


def test_an_editor_reads_no_reviews(wordpress_wire: Wire, wordpress_site: Site) -> None:
    """WordPress would hide from them what they hold back."""
    stage = WordPressStage(wordpress_wire)
    wordpress_site.flags("shop")
    account = stage.connector.check(stage.access)
    assert account is not None
    assert account.settings["reviews"] is False


def test_a_shop_that_is_closed_leaves_its_reviews(shop: WordPressStage) -> None:
    bad = review(shop, "Stale.", 1)
    shop.site.flags()
    follower = Follower(shop)
    follower.poll()
    assert (follower.items[bad].said_as, follower.items[bad].stars) == (SaidAs.REVIEW, None)


def test_what_is_no_shop_is_read_as_before(stage: WordPressStage) -> None:
    stage.say("Hello")
    review(stage, "Stale.", 1)
    follower = Follower(stage)
    follower.poll()
    assert [(item.text, item.stars) for item in follower.items.values()] == [("Hello", None)]
    assert stage.access.settings["reviews"] is False
