"""Bluesky's answers in our words, on recordings, and the small parts that need no server."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connectors.bluesky import names, parse, reader, richtext, walk
from app.connectors.bluesky.parse import Around
from app.connectors.errors import Permanent
from app.connectors.ports import Item, Status

DATA = Path(__file__).parent / "bluesky_data"
NOW = datetime(2026, 11, 21, 19, tzinfo=UTC)
ME = "did:plc:k34lbqjt57x662ws5anq7rbw"
AROUND = Around(ME)


def recorded(name: str) -> Any:
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


def told(around: Around = AROUND) -> dict[str, Item]:
    views = [one for one in recorded("notifications-all")["notifications"] if one["reason"] in reader.REASONS]
    return {one.text: one for one in parse.items(views, around, NOW)}


def test_likes_reposts_and_followers_are_no_comments() -> None:
    assert len(told()) == 23  # two of the answers say the same
    assert all(item.external_id.startswith("at://did:plc:") for item in told().values())


def test_people_are_known_by_what_never_changes() -> None:
    item = told()["@kettleco.test handle changes after this post"]
    assert item.author.name == "Renamer"
    assert item.author.key == "did:plc:qefuymns7rcprfo6n7ot2ecg"
    assert item.url == "https://bsky.app/profile/did:plc:qefuymns7rcprfo6n7ot2ecg/post/3n2tpsltxzk2s"


def test_an_answer_to_our_own_post_stands_at_the_top_and_one_to_an_answer_below_it() -> None:
    first, second = told()["Thread level 1"], told()["Thread level 2"]
    assert first.parent is None
    assert second.parent == first.external_id
    assert first.post == second.post
    assert first.post.external_id == f"at://{ME}/app.bsky.feed.post/3n2tpsffkkk2s"


def test_a_mention_is_a_thread_of_its_own() -> None:
    item = next(one for text, one in told().items() if text.startswith("@kettleco.test my Whistler leaks"))
    assert item.parent is None
    assert item.post.external_id == item.external_id
    assert item.post.title is not None
    assert item.post.title.startswith("@kettleco.test my Whistler leaks")


def test_what_the_writer_says_about_the_date_is_not_believed() -> None:
    ahead = told()["I wrote this tomorrow (createdAt is ahead)"]
    assert ahead.published_at == datetime(2026, 11, 21, 18, 22, 20, 719_000, tzinfo=UTC)


def test_a_picture_is_what_is_said_about_it() -> None:
    assert "@kettleco.test photo of the crack\n[Hairline crack at the spout]" in told()


def test_hidden_answers_are_held_and_titles_come_from_the_root() -> None:
    plain = told()["Thread level 1"]
    around = Around(ME, {plain.post.external_id: "Launch day 🎉"}, frozenset({plain.external_id}))
    known = told(around)["Thread level 1"]
    assert known.status is Status.HELD
    assert known.post.title == "Launch day 🎉"


def test_a_thread_leaves_out_what_stands_below_a_deleted_answer() -> None:
    [top, *views] = reader._flattened(recorded("thread-launch")["thread"])
    assert top["author"]["did"] == ME
    texts = [item.text for item in parse.items(views, AROUND, NOW)]
    assert {f"Thread level {n}" for n in range(1, 9)} & set(texts) >= {"Thread level 1", "Thread level 4"}
    assert "Could you share the manual?" not in texts
    assert "Could you share the manual?" in told(), "notifications have it: no list alone is complete"
    assert parse.items([top], AROUND, NOW) == []  # our own post is no comment


def test_an_answer_below_a_deleted_one_keeps_its_place() -> None:
    views = reader._flattened(recorded("thread-under-deleted")["thread"])
    item = next(one for one in parse.items(views, AROUND, NOW) if one.text == "Could you share the manual?")
    assert item.parent is not None
    assert item.parent != item.post.external_id


def test_a_very_deep_thread_is_read_without_recursion() -> None:
    thread: dict[str, Any] = {}
    for _level in range(5_000):
        thread = {"post": {"uri": f"at://{ME}/app.bsky.feed.post/a", "record": {}}, "replies": [thread]}
    assert len(reader._flattened(thread)) == 5_000


def test_posts_come_back_from_what_was_kept() -> None:
    views = recorded("search-posts")["posts"]
    payload = parse.payload(views, AROUND, "https://bsky.app/")
    assert parse.parse_payload(payload, NOW) == parse.items(views, AROUND, NOW)


@pytest.mark.parametrize("broken", [{}, {"uri": "at://x"}, {"uri": f"at://{ME}/a/b", "record": 1, "author": {}}])
def test_what_is_no_post_is_said_to_be_none(broken: dict[str, Any]) -> None:
    with pytest.raises(Permanent):
        parse.item(broken, AROUND, NOW)


# --- text


def test_facets_count_bytes() -> None:
    text = "Größe 👨‍👩‍👧: https://a.example/ü?x=1, @ann.example and #brot."
    data = text.encode()
    found = {
        one["features"][0]["$type"].partition("#")[2]: data[
            one["index"]["byteStart"] : one["index"]["byteEnd"]
        ].decode()
        for one in richtext.facets(text, lambda handle: f"did:plc:{handle}")
    }
    assert found == {"link": "https://a.example/ü?x=1", "mention": "@ann.example", "tag": "#brot"}


def test_nobody_is_mentioned_who_does_not_exist() -> None:
    assert richtext.facets("write to ann@shop.example or @nobody.example", lambda _handle: None) == []


@given(st.text(alphabet="aß👍 @.#/:hтtps\n", max_size=60))
def test_facets_of_anything_lie_on_whole_characters_and_never_overlap(text: str) -> None:
    end = 0
    for one in richtext.facets(text, lambda _handle: "did:plc:x"):
        start, stop = one["index"]["byteStart"], one["index"]["byteEnd"]
        assert end <= start < stop <= len(text.encode())
        text.encode()[start:stop].decode()
        end = stop


def test_a_link_whose_words_say_something_else_shows_where_it_leads() -> None:
    facet = richtext._facet(0, 9, "link", uri="https://evil.example/login")
    record = {"text": "your bank has news", "facets": [facet]}
    assert richtext.shown(record) == "your bank (https://evil.example/login) has news"
    beyond = richtext._facet(5, 5_000, "link", uri="https://evil.example/")
    assert richtext.shown({"text": "Grüße", "facets": [beyond, {"index": None}, 7]}) == "Grüße"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("hello @Kettleco.test!", True),
        ("hello @kettleco.test.", True),
        ("look at kettleco.test", False),
        ("mail me at x@kettleco.test", False),
        ("@kettleco.tester", False),
        ("@kettleco.test.example", False),
    ],
)
def test_a_typed_handle_is_recognised(text: str, *, named: bool) -> None:
    assert richtext.mentions({"text": text}, ME, "kettleco.test") is named


# --- names


@pytest.mark.parametrize(
    ("typed", "account"),
    [
        ("@ann.example", "ann.example"),
        ("ann.bsky.social", "ann.bsky.social"),
        ("https://bsky.app/profile/ann.example/post/3k", "ann.example"),
        ("bsky.app/profile/" + ME, ME),
        ("at://ann.example", "ann.example"),
        ("ann.example", None),
        ("https://blog.example.org/", None),
        ("@ann", None),
        ("", None),
    ],
)
def test_an_account_is_recognised_by_its_name_alone(typed: str, account: str | None) -> None:
    assert names.account(typed) == account


@given(st.text(min_size=1))
def test_every_answer_has_one_valid_key(key: str) -> None:
    found = names.record_key(key)
    assert found == names.record_key(key)
    assert len(found) == 13
    assert found[0] in "234567abcdefghij"
    assert set(found) <= set("234567abcdefghijklmnopqrstuvwxyz")


# --- the walk


def test_a_mark_survives_its_cursor() -> None:
    mark = walk.start(walk.first("member", NOW), NOW)
    mark = walk.told(mark, ["at://a", "at://b"], [NOW])
    assert walk.Mark.read(json.loads(json.dumps(mark.cursor())), "member") == mark
    assert walk.Mark.read(mark.cursor(), "visitor") is None


def test_threads_are_read_when_their_counts_change_and_now_and_then() -> None:
    young, old = ("k1", "2.0", NOW), ("k2", "1.0", NOW - timedelta(days=9))
    mark = walk.start(walk.first("member", None), NOW)
    assert walk.to_read(mark, [young, old, ("k3", "", NOW)], NOW) == [("k1", "2.0"), ("k2", "1.0")]
    for key, counts, _date in (young, old):
        mark = walk.read_thread(mark, key, counts)
    mark = walk.finish(mark, NOW)
    soon, later = walk.start(mark, NOW + timedelta(minutes=1)), walk.start(mark, NOW + timedelta(hours=2))
    assert walk.to_read(soon, [young, old], NOW) == []
    assert walk.to_read(soon, [("k1", "3.0", NOW)], NOW) == [("k1", "3.0")]
    assert walk.to_read(later, [young, old], NOW + timedelta(hours=2)) == [("k1", "2.0")]


def test_notifications_are_read_back_to_an_hour_before_the_newest_known() -> None:
    mark = walk.finish(walk.told(walk.start(walk.first("member", None), NOW), ["at://a"], [NOW]), NOW)
    going = walk.start(mark, NOW)
    assert walk.goes_on(going, [NOW - timedelta(minutes=59)])
    assert not walk.goes_on(going, [NOW - timedelta(minutes=61)])
    assert walk.goes_on(walk.first("member", None), [NOW - timedelta(days=900)])
