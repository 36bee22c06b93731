"""What WordPress's answers become, on recorded ones and on hostile ones."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.connectors import errors
from app.connectors.errors import Permanent
from app.connectors.ports import Item, SaidAs, Status
from app.connectors.wordpress import parse
from tests.connectors.wordpress_recordings import recording

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PLAIN: dict[str, Any] = {
    "id": 7,
    "post": 3,
    "parent": 0,
    "author": 0,
    "author_name": "Ann",
    "author_url": "",
    "date_gmt": "2026-11-20T10:00:00",
    "content": {"rendered": "<p>Hello</p>\n"},
    "link": "https://blog.example/p/#comment-7",
    "status": "approved",
    "type": "comment",
}


def read(name: str, me: int | None = 2) -> dict[str, Item]:
    return {item.external_id: item for item in parse.items(recording(name).json(), me=me, now=NOW)}


def one(**changes: Any) -> Item:
    return parse.item(PLAIN | changes, me=2, now=NOW)


def test_moderators_and_visitors_see_the_same_texts() -> None:
    staff, visitor = read("comments-main-edit"), read("comments-main-view", me=None)
    assert len(staff) > 40
    assert {key: item.text for key, item in staff.items()} == {key: item.text for key, item in visitor.items()}


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("9", "Äußerst köstliche Brötchen! Größe, Süße, Maße – alles «prima»; 5 € für zwei Stück…"),
        ("11", "Love it! 👨‍👩‍👧‍👦 👍🏽 🏳️‍🌈 🇩🇪 ☕️"),
        ("13", "Bold and em, a link (https://example.net/?x=1&y=2),\n\n> a quote\n\nif (a d) {}"),
        ("15", "alert(“xss”)Nice postclick"),
        ("17", "<script>alert(1)</script> and %3Cscript%3E and \\u003cscript\\u003e and <script>"),
        ("21", "Fish & chips <3 R&D €5 😀 \xa0x© AT&T &unknown; &amp;"),
        ("25", "مرحبا! أين طلبي رقم 12345؟ شكراً"),
        ("31", "one\ntwo\nthree\n\nfour\nindented tab"),
        ("34", "0"),
    ],
)
def test_a_text_is_what_readers_see(number: str, text: str) -> None:
    assert read("comments-main-edit")[number].text == text


def test_control_characters_and_live_scripts_are_gone() -> None:
    for item in read("comments-breakers-edit").values():
        assert all(char.isprintable() or char in "\n\xa0" for char in item.text)
        assert "<script" not in item.text


def test_authors_are_told_apart_by_what_the_site_vouches_for() -> None:
    items = read("comments-main-edit")
    assert items["21"].author.name == "R&D"
    assert items["23"].author.name == 'Sinéad "Shin" O\'Connor'
    assert items["52"].author.key == "user:4"
    assert items["54"].author.is_us
    assert items["53"].author.key == "mailto:petra.k@example.net"
    pretender = one(author_name="Rita Sömmer", author_email="Rita@Example.org").author
    assert (pretender.key, pretender.is_us) == ("mailto:rita@example.org", False)
    assert one(author_name="", author_email="").author.key is None
    assert parse.item(PLAIN | {"author": 2}, me=None, now=NOW).author.is_us is False


def test_threads_and_states_and_odd_dates() -> None:
    main, other = read("comments-main-edit"), read("comments-other-edit")
    assert [main[n].parent for n in ("53", "54", "55", "61", "62")] == [None, "53", "54", "60", "53"]
    states = {number: other[number].status for number in ("444", "445", "446", "448")}
    assert states == {"444": Status.LIVE, "445": Status.HELD, "446": Status.SPAM, "448": Status.TRASH}
    assert other["75"].published_at == datetime(1999, 12, 31, 22, 59, 59, tzinfo=UTC)
    assert other["77"].published_at - other["76"].published_at == timedelta(hours=1), "the hour summer time ends"


def test_the_post_is_named_when_it_came_along() -> None:
    [item] = parse.items([recording("comment-embed").json()], me=2, now=NOW)
    assert item.post.external_id == "4"
    assert item.post.title == "Frühlings-Rabatt: 20 % auf Brötchen"
    assert item.post.url == "http://127.0.0.1:8081/2024/03/fruehlings-rabatt/"
    assert one().post.url == "https://blog.example/p/"
    assert one().post.title is None
    forbidden = {"up": [{"code": "rest_forbidden", "message": "no", "data": {"status": 401}}]}
    assert one(_embedded=forbidden).post.title is None


def test_trackbacks_and_notes_are_left_out() -> None:
    types = ["comment", "trackback", "pingback", "note", "review", ""]
    numbered = [PLAIN | {"id": n, "type": kind} for n, kind in enumerate(types, 1)]
    found = {item.external_id: item.said_as for item in parse.items(numbered, me=2, now=NOW)}
    assert found == {"1": None, "5": SaidAs.REVIEW, "6": None}
    assert {"62", "64", "65", "442"} >= set(read("comments-all-types"))


@pytest.mark.parametrize(
    "date",
    ["0000-00-00T00:00:00", "0000-11-30T00:00:00", "9999-12-31T23:59:59", "", None, 5, "soon", "1969-01-01T00:00:00"],
)
def test_an_impossible_date_becomes_now(date: Any) -> None:
    assert one(date_gmt=date).published_at == NOW


def test_dates_are_utc_with_or_without_a_zone() -> None:
    assert one(date_gmt="2026-11-20T10:00:00").published_at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert one(date_gmt="2026-11-20T10:00:00+02:00").published_at == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert one(date_gmt="2026-11-23T10:00:00").published_at == datetime(2026, 11, 23, 10, tzinfo=UTC), "a clock ahead"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//x", "http://", "x", None, 7, "http://[", "h" * 9000]
)
def test_only_web_addresses_are_addresses(url: Any) -> None:
    item = one(link=url, author_url=url)
    assert item.url is None
    assert item.author.url is None
    assert item.post.url is None


def test_unknown_states_wait_for_a_person() -> None:
    assert one(status="quarantined").status is Status.HELD


def test_numbers_written_as_text_are_numbers() -> None:
    item = one(id="12", parent="11", post="4", author="2")
    assert (item.external_id, item.parent, item.post.external_id, item.author.is_us) == ("12", "11", "4", True)


@pytest.mark.parametrize(
    "broken", [{"id": None}, {"id": -1}, {"id": True}, {"id": "x"}, {"content": None}, {"content": {}}]
)
def test_a_comment_without_number_or_text_is_a_bad_answer(broken: dict[str, Any]) -> None:
    with pytest.raises(Permanent) as caught:
        one(**broken)
    assert caught.value.code == errors.BAD_ANSWER


def test_the_digest_tells_every_change_that_matters() -> None:
    base = parse.digest([PLAIN])
    assert parse.digest([PLAIN | {"link": "https://blog.example/p/comment-page-2/#comment-7"}]) == base
    changes: list[dict[str, Any]] = [
        {"id": 8},
        {"parent": 6},
        {"status": "hold"},
        {"content": {"rendered": "<p>Hell</p>"}},
    ]
    assert len({base, *(parse.digest([PLAIN | change]) for change in changes), parse.digest([])}) == 6


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"status": "post-trashed"}, Status.TRASH),
        (
            {"_embedded": {"up": [{"id": 3, "link": "https://blog.example/p/", "title": {"rendered": "P"}}]}},
            Status.LIVE,
        ),
        ({"_embedded": {"up": [{"code": "rest_post_invalid_id", "data": {"status": 404}}]}}, Status.DELETED),
        ({"_embedded": {"up": [{"code": "rest_forbidden", "data": {"status": 401}}]}}, Status.HELD),
        ({}, None),
    ],
)
def test_an_answer_tells_of_the_post_too(changes: dict[str, Any], status: Status | None) -> None:
    assert one(**changes).post.status is status


@pytest.mark.parametrize(
    ("rating", "stars"),
    [(1, 1), (5, 5), ("4", 4), (0, None), (6, None), (-1, None), (True, None), (None, None), ([], None)],
)
def test_stars_are_what_a_review_can_give(rating: Any, stars: int | None) -> None:
    assert one(type="review", parent=0, rating=rating).stars == stars
