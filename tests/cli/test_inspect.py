"""``porchlight inspect``: what would be taken, and nothing stored anywhere."""

import json
from pathlib import Path

import pytest

from app.core.config import Settings
from tests.cli.conftest import Terminal
from tests.servers.loopback import Loopback, Reply
from tests.servers.wordpress.site import Site

FIELDS = ["external_id", "author", "text", "published_at", "parent", "url"]
WORDPRESS = json.dumps(
    [
        {
            "id": 7,
            "post": 3,
            "parent": 5,
            "author": 0,
            "author_name": "Jürgen",
            "date_gmt": "2026-03-01T10:00:00",
            "content": {"rendered": "<p>Wo ist mein <b>Paket</b>?</p>"},
            "link": "https://blog.example/spring/#comment-7",
            "status": "approved",
            "type": "comment",
        }
    ]
).encode()
EXPECTED = {
    "external_id": "7",
    "author": "Jürgen",
    "text": "Wo ist mein Paket?",
    "published_at": "2026-03-01T10:00:00+00:00",
    "parent": "5",
    "url": "https://blog.example/spring/#comment-7",
}


FEED = b"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Comments for Bread</title>
<link>https://bread.example/</link>
<item><title>By: Ann</title><link>https://bread.example/rolls/#comment-9</link><dc:creator>Ann</dc:creator>
<pubDate>Sun, 01 Mar 2026 10:00:00 +0000</pubDate><guid isPermaLink="false">https://bread.example/?p=1#comment-9</guid>
<description>Lovely &amp;lt;b&amp;gt;rolls&amp;lt;/b&amp;gt;</description></item>
</channel></rss>"""


@pytest.fixture
def bare(terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Terminal:
    """A terminal on a machine where no Porchlight ever ran and no database is to be had."""
    monkeypatch.delenv("PORCHLIGHT_REDIS_URL")
    monkeypatch.setenv("PORCHLIGHT_DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("PORCHLIGHT_DATA_DIR", str(tmp_path / "never"))
    return terminal


def test_a_kept_answer_is_recognised(bare: Terminal, tmp_path: Path) -> None:
    result = bare.run("inspect", bare.file("comments.json", WORDPRESS))
    assert result.code == 0
    assert result.lines == [EXPECTED]
    assert list(result.lines[0]) == FIELDS
    assert not (tmp_path / "never").exists()


def test_a_feed_is_recognised(bare: Terminal) -> None:
    (line,) = bare.run("inspect", bare.file("feed.xml", FEED)).lines
    assert list(line) == FIELDS
    assert (line["author"], line["published_at"]) == ("Ann", "2026-03-01T10:00:00+00:00")
    assert (line["parent"], line["url"]) == (None, "https://bread.example/rolls/#comment-9")
    assert bare.run("inspect", bare.file("feed.xml", FEED), "--connector", "wordpress").code == 1


def test_a_feed_at_an_address_is_read(bare: Terminal, loopback: Loopback) -> None:
    loopback.route("/feed", lambda request: Reply(FEED, headers=[("Content-Type", "application/rss+xml")]))
    result = bare.run("inspect", loopback.url("/feed"))
    assert result.code == 0, result.err
    assert [line["author"] for line in result.lines] == ["Ann"]


def test_standard_input_and_a_named_kind(bare: Terminal) -> None:
    assert bare.run("inspect", "-", "--connector", "wordpress", stdin=WORDPRESS).lines == [EXPECTED]


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\x01\x02", b"<html><body>no</body></html>", b"[1, 2]", b'{"code": "rest_no_route"}', b"[" * 100_000],
    ids=["empty", "binary", "html", "numbers", "refusal", "deep"],
)
def test_what_is_nothing_is_told_and_is_no_crash(bare: Terminal, content: bytes) -> None:
    result = bare.run("inspect", bare.file("thing", content))
    assert (result.code, result.out) == (1, "")
    assert "WordPress" in result.err
    assert "Traceback" not in result.err


def test_a_file_that_is_too_large_is_refused(
    bare: Terminal, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORCHLIGHT_OUTGOING_MAX_BYTES", "2000")
    result = bare.run("inspect", bare.file("big", b"[" + b" " * 2000 + b"]"))
    assert result.code == 1
    assert "outgoing.max_bytes" in result.err


def test_a_file_that_is_not_there_is_told(bare: Terminal) -> None:
    result = bare.run("inspect", "comments.xml")
    assert (result.code, result.out) == (1, "")
    assert "neither a file nor" in result.err


def test_wrong_usage(bare: Terminal) -> None:
    file = bare.file("comments.json", WORDPRESS)
    assert bare.run("inspect", file, "--connector", "telex").code == 2
    assert bare.run("inspect", file, "--login", "us", "--password-file", "-", stdin=b"pw").code == 2
    assert bare.run("inspect", file, "--login", "us").code == 2
    assert bare.run("inspect").code == 2


def test_an_address_with_nothing_says_what_was_tried(bare: Terminal, loopback: Loopback) -> None:
    loopback.route("*", lambda request: Reply(b"hello", headers=[("Content-Type", "text/plain")]))
    result = bare.run("inspect", loopback.url("/"))
    assert (result.code, result.out) == (1, "")
    assert "This was tried:" in result.err


@pytest.mark.slow
def test_a_real_wordpress_is_shown_whole(bare: Terminal, wordpress_site: Site) -> None:
    post = wordpress_site.post("Spring")
    ids = wordpress_site.comments(
        [
            {"comment_post_ID": post, "comment_content": f"Comment {number}", "comment_author": "Ann"}
            for number in range(130)
        ]
    )
    result = bare.run("inspect", wordpress_site.url)
    assert result.code == 0
    assert sorted(int(line["external_id"]) for line in result.lines) == sorted(ids)
    assert all(list(line) == FIELDS for line in result.lines)
