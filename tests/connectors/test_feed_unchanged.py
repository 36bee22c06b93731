"""Entries that stand in a feed byte for byte as before are passed over, and nobody can tell from what is found."""

from datetime import UTC, datetime
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connectors.feed import document, unchanged
from app.connectors.feed.parse import Read, read_feed

NOW = datetime(2026, 11, 17, 12, tzinfo=UTC)
URL = "https://blog.example/comments/feed"
_GUIDS = st.sampled_from(["", "1", "2", "3", "https://blog.example/p#comment-4", "5" * 500])
_TEXTS = st.sampled_from(
    [
        "Hello",
        "Bye",
        "Tell me of <item> and <entry>",
        'In reply to <a href="https://blog.example/p#comment-4">Ann</a>. Yes',
        'In reply to <a href="https://blog.example/p#x1">Ben</a>. No',
    ]
)


@st.composite
def _entries(draw: st.DrawFn) -> str:
    guid = draw(_GUIDS)
    text = draw(_TEXTS)
    body = f"<![CDATA[{text}]]>" if draw(st.booleans()) else escape(text)
    parent = draw(st.sampled_from(["", '<thr:in-reply-to ref="1"/>', '<thr:in-reply-to ref="gone"/>']))
    return (
        "<item>"
        + (f'<guid isPermaLink="false">{guid}</guid>' if guid else "")
        + f"<link>https://blog.example/p#x{draw(st.integers(1, 3))}</link>"
        + f"<author>{draw(st.sampled_from('AB'))}</author>"
        + f"<pubDate>Tue, 17 Nov 2026 10:0{draw(st.integers(0, 2))}:00 +0000</pubDate>"
        + f"<description>{body}</description>{parent}</item>"
    )


def rss(entries: list[str], channel: str = "") -> bytes:
    names = 'xmlns:thr="http://purl.org/syndication/thread/1.0"'
    return f"<rss version='2.0' {names}><channel><title>t</title>{channel}{''.join(entries)}</channel></rss>".encode()


def _said(read: Read) -> object:
    return read.items, read.places, dict(read.marks), read.repeated


@given(st.lists(st.lists(_entries(), max_size=4), min_size=1, max_size=2), _entries())
def test_what_is_found_is_the_same_whether_unchanged_entries_are_looked_into_or_not(
    feeds: list[list[str]], new: str
) -> None:
    versions = [*feeds, [new, *feeds[-1]], [new, *feeds[0]], list(reversed(feeds[-1])), feeds[-1][1:]]
    known: dict[str, str] = {}
    repeated: dict[str, str] = {}
    seen: dict[str, str] = {}
    for version in versions:
        body = rss(version)
        plainly = read_feed(body, "", URL, NOW, known=known, repeated=repeated)
        quickly = read_feed(body, "", URL, NOW, known=known, repeated=repeated, seen=seen)
        assert _said(quickly) == _said(plainly)
        known, repeated, seen = quickly.marks, dict(quickly.repeated), quickly.prints


def item(guid: str, text: str = "Hello") -> str:
    return f"<item><guid>{guid}</guid><author>Ann</author><description>{text}</description></item>"


def test_an_answer_finds_an_unchanged_entry_by_its_link() -> None:
    asks = "<item><guid>1</guid><link>https://blog.example/p#x1</link><description>Why?</description></item>"
    prefix = escape('In reply to <a href="https://blog.example/p#x1">Ann</a>. Because')
    answers = f"<item><guid>2</guid><link>https://blog.example/p#x2</link><description>{prefix}</description></item>"
    first = read_feed(rss([item("0"), asks, item("3")]), "", URL, NOW)
    body = rss([answers, item("0"), asks, item("3")])
    (found,) = read_feed(body, "", URL, NOW, known=first.marks, seen=first.prints).items
    assert (found.parent, found.text) == ("1", "Because")


def prints(body: bytes, base: str = URL) -> list[str]:
    return unchanged.fingerprints(document.read(body), base)


def test_an_entry_is_known_again_wherever_it_stands_and_whatever_is_said_about_the_feed() -> None:
    one, two, three = prints(rss([item("1"), item("2"), item("3")]))
    again = prints(rss([item("0"), item("1"), item("2", "Edited"), item("3")], "<pubDate>today</pubDate>"))
    assert again[1] == one
    assert two not in again
    assert again[3] == three


def test_the_same_bytes_are_another_entry_where_addresses_or_names_mean_something_else() -> None:
    body = rss([item("1")])
    assert prints(body) != prints(body, "https://other.example/")
    assert prints(body) != prints(body.replace(b"syndication/thread/1.0", b"something/else"))


@pytest.mark.parametrize(
    "body",
    [
        rss([item("1"), item("2", "<![CDATA[ <item> ]]>")]),
        b"<x:feed xmlns:x='http://www.w3.org/2005/Atom'><x:entry/><x:title>x</x:title></x:feed>",
        rss([item("1")]).replace(b"<rss", b"<!DOCTYPE rss><rss"),
        rss([item("1"), "<item><title>broken &</title></item>"]),
        rss([]),
    ],
)
def test_where_it_is_not_certain_which_bytes_are_whose_none_is_passed_over(body: bytes) -> None:
    assert prints(body) == []


def test_all_but_what_is_new_is_known_again() -> None:
    first = read_feed(rss([item("1"), item("2")]), "", URL, NOW)
    feed = document.read(rss([item("3"), item("1"), item("2")]))
    assert set(unchanged.same(unchanged.fingerprints(feed, URL), first.prints)) == {1, 2}
