"""From bytes to comments: recorded feeds, and small ones written for one point each."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import pytest

from app.connectors import errors
from app.connectors.errors import Transient
from app.connectors.feed.parse import read_feed
from app.connectors.ports import Item, Status

DATA = Path(__file__).parent / "feed_data"
NOW = datetime(2027, 1, 1, tzinfo=UTC)
URL = "https://blog.example/comments/feed/"
BLOG = "http://127.0.0.1:8081"


def recorded(name: str) -> bytes:
    [path] = DATA.glob(f"{name}.*")
    return path.read_bytes()


def items(body: bytes | str, media_type: str = "", **known: dict[str, str]) -> Sequence[Item]:
    data = body.encode() if isinstance(body, str) else body
    return read_feed(data, media_type, URL, NOW, **known).items


def rss(
    *entries: str, head: str = "<title>Comments</title><link>https://blog.example/</link>", attributes: str = ""
) -> str:
    inside = "".join(f"<item>{entry}</item>" for entry in entries)
    return (
        '<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/" {attributes}><channel>{head}{inside}</channel></rss>'
    )


def atom(*entries: str, attributes: str = "") -> str:
    inside = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0" '
        f"{attributes}><title>Comments</title>{inside}</feed>"
    )


# --- recordings


def test_both_formats_of_wordpress_give_the_same_comments() -> None:
    from_rss, from_atom = items(recorded("feed-site-rss2")), items(recorded("feed-site-atom"))
    assert from_rss == from_atom
    first = from_rss[0]
    post = f"{BLOG}/2024/04/opening-hours/"
    assert first.external_id == f"{post}#comment-456"
    assert first.url == f"{post}#comment-456"
    assert (first.post.external_id, first.post.url, first.post.title) == (post, post, "Opening hours")
    assert first.author.name == "Half Orphan"
    assert first.author.key is None
    assert first.text == "My parent gets trashed."
    assert first.parent == f"{post}#comment-448"
    assert first.published_at == datetime(2026, 11, 21, 19, 10, 52, tzinfo=UTC)
    assert first.status is Status.LIVE
    assert from_rss[1].parent is None
    assert from_rss[3].post.title == "Q&A: Müsli “fresh” – ‘yes’? 1 < 2"


def test_a_thread_keeps_its_shape_in_both_formats() -> None:
    for name in ("feed-post-main-rss2", "feed-post-main-atom"):
        parents = {
            one.external_id.rpartition("-")[2]: (one.parent or "").rpartition("-")[2] for one in items(recorded(name))
        }
        assert parents["61"] == "60"
        assert parents["60"] == "59"
        assert parents["442"] == ""
        assert {one.post.title for one in items(recorded(name))} == {"Frühlings-Rabatt: 20 % auf Brötchen"}


@pytest.mark.parametrize("name", ["feed-post-breakers-rss2", "feed-post-breakers-atom"])
def test_what_visitors_type_to_break_a_feed_costs_no_comment(name: str) -> None:
    texts = [(one.external_id.rpartition("-")[2], one.author.name, one.text) for one in items(recorded(name))]
    assert texts == [
        ("2", "Unicode", "noncharacters and are not XML"),
        ("3", "Site Admin", "vertical tab escape form feed are not XML"),
        ("4", "Site Admin", "raw ]]> ends the CDATA; raw & and unclosed"),
        ("5", "Site Admin", ""),
        ("6", "Rita Sömmer", "text"),
        ("7", "Tom Okafor", "alert(“an author may not”) text"),
    ]


def test_a_wrong_charset_is_seen_through() -> None:
    assert items(recorded("charset-feed"))[0].author.name == "Rita Sömmer"
    assert items(recorded("charset-feed"), "application/rss+xml; charset=ISO-8859-1")[0].author.name == "Rita Sömmer"


def test_a_mark_and_blank_lines_before_the_declaration_are_passed_over() -> None:
    assert len(items(recorded("odd-bom-feed"))) == 10


def test_rss_1_and_0_92_are_read() -> None:
    rdf = items(recorded("feed-site-rdf"))
    assert [one.external_id for one in rdf] == [one.url for one in rdf]
    assert rdf[0].author.name == "Tom Okafor"
    assert rdf[0].published_at == datetime(2024, 4, 3, 7, tzinfo=UTC)
    old = items(recorded("feed-site-rss092"))
    assert [one.text for one in old] == [
        "Opening hours",
        "Q&A: Müsli “fresh” – ‘yes’? 1 < 2",
        "Frühlings-Rabatt: 20 % auf Brötchen",
    ]
    assert len({one.external_id for one in old}) == 3


def test_pages_of_comments_belong_to_one_post() -> None:
    found = items(recorded("paged-links-feed"))
    assert {one.post.external_id for one in found} == {f"{BLOG}/2024/04/spring-sale/"}
    assert any("/comment-page-" in (one.url or "") for one in found)


def test_a_password_form_is_no_comment() -> None:
    assert items(recorded("feed-post-locked-rss2")) == []


def test_isso_is_read() -> None:
    found = {one.external_id.rpartition("/")[2]: one for one in items(recorded("isso-feed-hours"))}
    assert found["410"].status is Status.DELETED
    assert found["415"].parent == found["410"].external_id
    assert found["418"].author.name == "Heir"
    threads = items(recorded("isso-feed-bread"))
    assert {one.post.external_id for one in threads} == {"http://127.0.0.1:8083/posts/bread/"}
    assert items(recorded("isso-feed-breakers"))[0].text == "a NUL inside"


# --- ids


def test_entries_without_ids_get_stable_ones_of_their_own() -> None:
    one = "<link>https://blog.example/p/#c1</link><dc:creator>Ann</dc:creator>"
    one += "<pubDate>Fri, 01 May 2026 10:00:00 GMT</pubDate>"
    other = one.replace("Ann", "Ben")
    first = items(rss(f"{one}<description>Hi</description>", f"{other}<description>Hi</description>"))
    again = items(rss(f"{one}<description>edited</description>"))
    assert len({item.external_id for item in first}) == 2
    assert again[0].external_id == first[0].external_id


def test_entries_with_the_same_id_never_merge() -> None:
    entry = "<guid>same</guid><dc:creator>{0}</dc:creator><description>{0} says</description>"
    found = items(rss(entry.format("Ann"), entry.format("Ben"), entry.format("Ann")))
    assert len({item.external_id for item in found}) == 2
    assert [item.text for item in found] == ["Ann says", "Ben says"]


def test_who_had_a_repeated_id_first_keeps_it() -> None:
    entry = (
        "<guid>https://blog.example/p/</guid><dc:creator>{0}</dc:creator><description>{0} says</description>"
        "<pubDate>Fri, 0{1} May 2026 10:00:00 GMT</pubDate>"
    )
    ann, ben, cem = entry.format("Ann", 1), entry.format("Ben", 2), entry.format("Cem", 3)
    first = read_feed(rss(ann).encode(), "", URL, NOW)
    second = read_feed(rss(ben, ann).encode(), "", URL, NOW, known=first.marks, repeated=first.repeated)
    third = read_feed(rss(cem, ben).encode(), "", URL, NOW, known=second.marks, repeated=second.repeated)
    assert first.items[0].external_id == "https://blog.example/p/"
    assert [one.author.name for one in second.items] == ["Ben"], "Ann is known"
    assert [one.author.name for one in third.items] == ["Cem"], "Ben is known, and is not Ann"
    replayed = items(rss(cem, ben, ann), repeated=dict(third.repeated))
    assert [one.external_id for one in replayed] == [
        third.items[0].external_id,
        second.items[0].external_id,
        first.items[0].external_id,
    ]


def test_an_older_comment_with_a_known_id_does_not_take_it_over() -> None:
    entry = "<guid>same</guid><dc:creator>{}</dc:creator><pubDate>Fri, 0{} May 2026 10:00:00 GMT</pubDate>"
    ann, ben = entry.format("Ann", 2), entry.format("Ben", 1)
    first = read_feed(rss(ann).encode(), "", URL, NOW)
    second = read_feed(rss(ann, ben).encode(), "", URL, NOW, known=first.marks, repeated=first.repeated)
    assert [one.author.name for one in second.items] == ["Ben"]
    assert second.items[0].external_id != "same"


def test_a_number_used_again_is_another_comment_and_an_edit_is_not() -> None:
    entry = (
        "<id>tag:x,2018:/isso/2/7</id><author><name>{}</name></author><published>2026-05-0{}T10:00:00Z</published>"
        "<content>{}</content>"
    )
    first = read_feed(atom(entry.format("Ann", 1, "mine")).encode(), "", URL, NOW)
    edited = read_feed(atom(entry.format("Ann", 1, "edited")).encode(), "", URL, NOW, known=first.marks)
    reused = read_feed(atom(entry.format("Ben", 2, "other")).encode(), "", URL, NOW, known=first.marks)
    assert edited.items[0].external_id == first.items[0].external_id
    assert reused.items[0].external_id != first.items[0].external_id
    replayed = read_feed(atom(entry.format("Ben", 2, "other")).encode(), "", URL, NOW, repeated=reused.repeated)
    assert replayed.items == reused.items


def test_a_very_long_id_fits_the_database() -> None:
    assert len(items(rss(f"<guid>{'x' * 70_000}</guid><description>Hi</description>"))[0].external_id) <= 500


# --- what an entry says


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Fri, 01 May 2026 10:00:00 +0200", "2026-05-01T08:00:00"),
        ("1 May 2026 10:00 EST", "2026-05-01T15:00:00"),
        ("Fri, 01 May 26 10:00:00 GMT", "2026-05-01T10:00:00"),
        ("2026-05-01T10:00:00.123456789-05:00", "2026-05-01T15:00:00"),
        ("2026-05-01 10:00:00", "2026-05-01T10:00:00"),
        ("2026-05-01", "2026-05-01T00:00:00"),
        ("0000-00-00T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", None),
        ("Mon, 01 Jan 0000 00:00:00 GMT", None),
        ("10000-01-01T00:00:00Z", None),
        ("1970-01-01T00:00:00Z", None),
        ("2031-01-01T00:00:00Z", None),
        ("yesterday", None),
        ("9" * 100_000, None),
        ("", None),
    ],
)
def test_dates_are_read_and_impossible_ones_are_now(written: str, read: str | None) -> None:
    expected = datetime.fromisoformat(read).replace(tzinfo=UTC) if read else NOW
    for feed in (
        rss(f"<guid>1</guid><pubDate>{written}</pubDate>"),
        atom(f"<id>1</id><published>{written}</published>"),
    ):
        assert items(feed)[0].published_at.replace(microsecond=0) == expected


def test_the_date_of_an_edit_is_the_last_resort() -> None:
    entry = "<id>1</id><updated>2026-05-02T10:00:00Z</updated>{}"
    assert items(atom(entry.format("")))[0].published_at.day == 2
    assert items(atom(entry.format("<published>2026-05-01T10:00:00Z</published>")))[0].published_at.day == 1


def test_relative_addresses_are_made_whole() -> None:
    entry = '<id>1</id><link href="p/#c1"/><author><name>Ann</name><uri>/ann</uri></author><content>Hi</content>'
    found = items(atom(entry, attributes='xml:base="/blog/"'))[0]
    assert found.url == "https://blog.example/blog/p/#c1"
    assert found.post.external_id == "https://blog.example/blog/p/"
    assert found.author.url == "https://blog.example/ann"
    assert items(rss("<guid>1</guid><link>/p/#c1</link>"))[0].url == "https://blog.example/p/#c1"


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "http://[broken", "ftp://x.example/", "   "]
)
def test_other_addresses_are_not_taken(link: str) -> None:
    found = items(rss(f"<guid isPermaLink='false'>1</guid><link>{link}</link><description>Hi</description>"))[0]
    assert found.url is None
    assert found.post.external_id == "https://blog.example/"


@pytest.mark.parametrize(
    ("attribute", "url"),
    [
        ("", "https://blog.example/#c1"),
        ("isPermaLink='true'", "https://blog.example/#c1"),
        ("isPermaLink='false'", None),
    ],
)
def test_an_id_that_is_an_address_stands_in_for_a_missing_link(attribute: str, url: str | None) -> None:
    assert items(rss(f"<guid {attribute}>https://blog.example/#c1</guid>"))[0].url == url


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<content>1 &lt; 2 &amp;amp; &lt;b&gt;</content>", "1 < 2 &amp; <b>"),
        ('<content type="html">1 &amp;lt; 2 &lt;b&gt;bold&lt;/b&gt;&lt;br&gt;next</content>', "1 < 2 bold\nnext"),
        (
            '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>one</p><p>t<b>w</b>o</p></div></content>',
            "one\n\ntwo",
        ),
        (
            '<content type="xhtml" xmlns:h="http://www.w3.org/1999/xhtml"><h:div><h:p>one</h:p>two</h:div></content>',
            "one\n\ntwo",
        ),
        ('<content type="image/png" src="https://x.example/y.png"/><summary>short</summary>', "short"),
        ('<content type="html"></content><summary>short</summary>', "short"),
        ("<title>only a title</title>", "only a title"),
    ],
)
def test_every_kind_of_content_becomes_what_a_reader_sees(content: str, text: str) -> None:
    assert items(atom(f"<id>1</id>{content}"))[0].text == text


def test_atom_0_3_is_read() -> None:
    feed = (
        '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>Old</title><entry><id>1</id><link rel="alternate" '
        'href="https://blog.example/p/#c1"/><issued>2004-05-01T10:00:00Z</issued><author><name>Ann</name></author>'
        '<content type="text/html" mode="escaped">&lt;p&gt;Hi&lt;/p&gt;</content></entry></feed>'
    )
    found = items(feed)[0]
    assert (found.text, found.author.name, found.published_at.year) == ("Hi", "Ann", 2004)


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("<author>ann@blog.example (Ann Other)</author>", "Ann Other"),
        ("<author>Ann</author>", "Ann"),
        ("<dc:creator>Ann &amp;  Ben</dc:creator>", "Ann & Ben"),
        ("<dc:creator>" + "x" * 100_000 + "</dc:creator>", "x" * 199 + "…"),
        ("", ""),
    ],
)
def test_authors_of_rss(author: str, name: str) -> None:
    found = items(rss(f"<guid>1</guid>{author}"))[0].author
    assert (found.name, found.key, found.is_us) == (name, None, False)


def test_foreign_elements_change_nothing() -> None:
    feed = rss(
        '<guid>1</guid><x:box xmlns:x="urn:x"><description>no</description><item>no</item></x:box>'
        "<description>yes</description>"
    )
    assert [one.text for one in items(feed)] == ["yes"]


# --- threads


def test_what_an_entry_answers_is_its_parent_only_if_it_is_a_comment() -> None:
    link = '<link href="https://blog.example/p/#c{0}"/>'
    found = items(
        atom(
            "<id>c3</id>" + link.format(3) + '<thr:in-reply-to ref="c1"/>',
            "<id>c2</id>" + link.format(2) + '<thr:in-reply-to ref="post" href="https://blog.example/p/"/>',
            "<id>c1</id>" + link.format(1) + '<thr:in-reply-to ref="post"/>',
            "<id>c4</id>" + link.format(4) + '<thr:in-reply-to ref="old" href="https://blog.example/p/#c0"/>',
            "<id>c5</id>"
            + link.format(5)
            + '<thr:in-reply-to ref="post" href="https://blog.example/p/"/><thr:in-reply-to ref="c2"/>',
            "<id>c6</id>" + link.format(6) + '<thr:in-reply-to ref="c6"/>',
            '<id>c7</id><link href="https://blog.example/comment/7"/><thr:in-reply-to ref="post" href="https://blog.example/p/"/>',
        )
    )
    assert {one.external_id: one.parent for one in found} == {
        "c1": None, "c2": None, "c3": "c1", "c4": "old", "c5": "c2", "c6": None, "c7": None,
    }  # fmt: skip
    assert {one.post.external_id for one in found} == {"https://blog.example/p/"}


@pytest.mark.parametrize(
    ("html", "parent", "text"),
    [
        (
            '<p>In reply to <a href="https://blog.example/p/#comment-4">Ann</a>.</p>\n<p>Yes</p>',
            "https://blog.example/?p=1#comment-4",
            "Yes",
        ),
        (
            'Als Antwort auf <a href="https://blog.example/p/#comment-4">Ann</a>.\n\nJa',
            "https://blog.example/?p=1#comment-4",
            "Ja",
        ),
        ('<p>In reply to <a href="https://other.example/#comment-4">Ann</a>: no</p>', None, None),
        ('<p>See <a href="https://blog.example/p/#comment-4">Ann</a>.</p>', None, None),
    ],
)
def test_what_wordpress_writes_before_a_reply_is_its_parent_not_its_text(
    html: str, parent: str | None, text: str | None
) -> None:
    entry = "<guid>https://blog.example/?p=1#comment-9</guid><link>https://blog.example/p/#comment-9</link>"
    found = items(rss(f"{entry}<description>{escape(html)}</description>"))[0]
    assert found.parent == parent
    if text is None:
        assert "Ann" in found.text
    else:
        assert found.text == text


def test_a_visitor_can_not_forge_a_parent_where_the_feed_knows_better() -> None:
    body = escape('<p>In reply to <a href="https://blog.example/p/#c1">Ann</a>.</p><p>Ha</p>')
    entry = '<id>c2</id><link href="https://blog.example/p/#c2"/><content type="html">{}</content>'
    entry += '<thr:in-reply-to ref="post" href="https://blog.example/p/"/>'
    found = items(atom(entry.format(body)))[0]
    assert found.parent is None
    assert found.text.startswith("In reply to Ann")


@pytest.mark.parametrize(
    ("title", "author", "post"),
    [
        ("Comment on Spring by the sea by Ann", "Ann", "Spring by the sea"),
        ("Kommentar zu Frühling von Ann", "Ann", "Frühling"),
        ("Comment on Spring by Ann", "Ben", None),
        ("Re: Spring", "Ann", None),
    ],
)
def test_the_title_of_the_post_is_taken_where_it_is_certain(title: str, author: str, post: str | None) -> None:
    feed = rss(f"<guid>1</guid><title>{title}</title><dc:creator>{author}</dc:creator><description>Hi</description>")
    assert items(feed)[0].post.title == post


# --- not what it should be


@pytest.mark.parametrize(
    ("body", "is_a"),
    [
        (b"", "an empty answer"),
        (
            b"<!doctype html><html><head><title>Log in &lsaquo; Bakery</title></head><input type='password'>",
            'a login page "Log in ‹ Bakery"',
        ),
        (b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><head/></html>", "an HTML page"),
        (b"<html><body>feed: <rss version='2.0'></rss></body></html>", "an HTML page"),
        (b'{"error": "no"}', "JSON"),
        (b"<?xml version='1.0'?><error><code>x</code></error>", "an XML document <error>"),
        (b"<opml version='2.0'><body/></opml>", "an XML document <opml>"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "neither RSS nor Atom (image/png)"),
        (b"Just words", "neither RSS nor Atom (image/png)"),
    ],
)
def test_what_is_no_feed_is_said(body: bytes, is_a: str) -> None:
    with pytest.raises(Transient) as caught:
        items(body, "image/png")
    assert caught.value.code == errors.NOT_A_FEED
    assert caught.value.detail == is_a


def test_a_feed_that_breaks_off_gives_only_whole_comments() -> None:
    whole = recorded("feed-site-rss2")
    complete = items(whole)
    for end in range(1_000, len(whole) - 8, 97):
        read = read_feed(whole[:end], "", URL, NOW)
        assert list(read.items) == list(complete[: len(read.items)])
        assert "breaks off" in read.document.damage
        assert len(read.items) == len(re.findall(rb"</item>", whole[:end]))
    assert read_feed(whole, "", URL, NOW).document.damage == ""


def test_a_feed_that_ends_between_two_comments_breaks_off_too() -> None:
    whole = recorded("feed-site-rss2")
    third = [found.end() for found in re.finditer(rb"</item>", whole)][2]
    read = read_feed(whole[:third], "", URL, NOW)
    assert len(read.items) == 3
    assert read.document.damage == "the feed breaks off after 3 whole entries"


def test_a_comment_that_does_not_end_is_left_out_and_told() -> None:
    read = read_feed(
        rss("<guid>1</guid>").replace("</channel>", "<item><guid>2</guid></channel>").encode(), "", URL, NOW
    )
    assert [one.external_id for one in read.items] == ["1"]
    assert "breaks off" in read.document.damage


@pytest.mark.parametrize(
    ("middle", "text"),
    [
        ("R&D &nbsp;&eacute; &copy &unknown; &#0; &#x1F; &#xD800; ok", "R&D \xa0é © &unknown; ok"),
        ("<b>never closed", "never closed"),
        ("<![CDATA[a ]]> b <br> c ]]>", "a ]]> b\nc"),
        ("<foo:bar>x</foo:bar> rest", None),
        ("a\x00b\x0cc\ufffed", "ab\ncd"),
    ],
)
def test_one_broken_comment_costs_nothing_but_itself(middle: str, text: str | None) -> None:
    good = "<guid>{0}</guid><dc:creator>Ann</dc:creator><description>number {0}</description>"
    bad = f"<guid>2</guid><dc:creator>Ben</dc:creator><description>{middle}</description>"
    found = items(rss(good.format(1), bad, good.format(3)))
    assert [one.external_id for one in found] == ["1", "2", "3"]
    assert [found[0].text, found[2].text] == ["number 1", "number 3"]
    if text is not None:
        assert found[1].text == text


def test_prefixes_without_a_declaration_are_understood() -> None:
    entry = "<guid>1</guid><dc:creator>Ann</dc:creator><content:encoded>Hi</content:encoded>"
    feed = f"<rss><channel><item>{entry}</item></channel></rss>"
    assert [(one.author.name, one.text) for one in items(feed)] == [("Ann", "Hi")]


def test_warnings_before_the_feed_are_passed_over() -> None:
    assert len(items(b"<br />\n<b>Warning</b>: Undefined index in <b>x.php</b>\n" + recorded("feed-site-rss2"))) == 10


@pytest.mark.parametrize(
    ("text", "declared", "written"),
    [
        ("Müsli für Zoë", "UTF-8", "cp1252"),
        ("Müsli für Zoë", "x-unheard-of", "cp1252"),
        ("Müsli für Zoë – 5 €", "ISO-8859-1", "cp1252"),
        ("Привет, как дела", "windows-1251", "cp1251"),
        ("こんにちは", "Shift_JIS", "shift_jis"),
        ("こんにちは", "ISO-2022-JP", "iso2022_jp"),
        ("Łukasz", "ISO-8859-2", "iso8859_2"),
        ("Müsli 🥐", "UTF-16", "utf-16"),
        ("Müsli 🥐", "UTF-16", "utf-16-le"),
        ("Müsli 🥐", "windows-1251", "utf-8"),
    ],
)
def test_charsets_are_told_by_evidence(text: str, declared: str, written: str) -> None:
    entry = f"<item><description>{text}</description></item>"
    feed = f'<?xml version="1.0" encoding="{declared}"?><rss><channel>{entry}</channel></rss>'
    assert items(feed.encode(written))[0].text == text


def test_a_few_broken_bytes_do_not_change_the_charset() -> None:
    feed = rss("<description>Müsli für Zoë, Łukasz und Sinéad X</description>").encode().replace(b"X", b"\xf0\x9f\x8d")
    assert items(feed)[0].text.startswith("Müsli für Zoë, Łukasz und Sinéad ")


def test_harmless_entities_are_understood_and_others_are_not_followed() -> None:
    prolog = '<!DOCTYPE rss PUBLIC "-//X//EN" "http://127.0.0.1:9/rss.dtd" ['
    prolog += '<!ENTITY shop "M &#38; S &lt;3"><!ENTITY hi "hello &shop;">'
    prolog += '<!ENTITY secret SYSTEM "file:///etc/passwd"><!ENTITY % remote SYSTEM "http://127.0.0.1:9/x"> %remote;]>'
    entry = "<item><description>&hi; &secret; &nbsp;end</description></item>"
    feed = f"{prolog}<rss><channel>{entry}</channel></rss>"
    assert items(feed)[0].text == "hello M & S <3 &secret; \xa0end"
