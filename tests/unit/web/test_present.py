"""How things look: times, links, addresses, words."""

from datetime import UTC, datetime, timedelta

import pytest

from app.core import i18n
from app.web.present import text, times

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (timedelta(seconds=-30), "now"),
        (timedelta(seconds=59), "now"),
        (timedelta(seconds=60), "1 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=23, minutes=59), "23 h"),
        (timedelta(days=1), "1 d"),
        (timedelta(days=59), "59 d"),
        (timedelta(days=60), "Sep 22, 2026"),
    ],
)
def test_how_long_since(before: timedelta, said: str) -> None:
    assert times.ago(NOW - before, NOW) == said


def test_the_time_of_day() -> None:
    assert times.clock_time(NOW - timedelta(hours=2), NOW).replace("\u202f", " ") == "10:00 AM UTC"
    assert times.clock_time(NOW - timedelta(days=2), NOW).replace("\u202f", " ") == "Nov 19, 12:00 PM UTC"
    with i18n.speaking("de"):
        assert times.clock_time(NOW - timedelta(days=2), NOW) == "19. Nov., 12:00 UTC"


def test_numbers_of_things_are_written_as_the_reader_writes_them() -> None:
    assert i18n.ngettext("%(num)s conversation.", "%(num)s conversations.", 1262) == "1,262 conversations."
    with i18n.speaking("de"):
        assert i18n.ngettext("%(num)s conversation.", "%(num)s conversations.", 1262).startswith("1.262 ")


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://a.example/x?y#z", True),
        ("http://a.example", True),
        ("HTTPS://A.EXAMPLE/", True),
        ("javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        (" javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//a.example/x", False),
        ("/x", False),
        ("http://", False),
        ("http://[bad", False),
        ("", False),
        (None, False),
    ],
)
def test_only_web_addresses_become_links(url: str | None, kept: bool) -> None:
    assert text.safe_url(url) == (url if kept else None)


def link(address: str, shown: str = "") -> str:
    return f'<a href="{address}" rel="nofollow ugc noopener noreferrer" target="_blank">{shown or address}</a>'


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("plain", "plain"),
        ("<b>", "&lt;b&gt;"),
        ("see https://a.example/x.", f"see {link('https://a.example/x')}."),
        ("(https://a.example/x)", f"({link('https://a.example/x')})"),
        ("https://a.example/x_(y)", link("https://a.example/x_(y)")),
        ("https://a.example/?a=1&b=2!", link("https://a.example/?a=1&amp;b=2") + "!"),
        ('https://a.example/"onclick=x', link("https://a.example/") + "&#34;onclick=x"),
        ("https://a.example/<script>", link("https://a.example/") + "&lt;script&gt;"),
        ("https://", "https://"),
        ("http://...", "http://..."),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("https://a.example\u202ehttps://b.example", link("https://a.example") + "\u202e" + link("https://b.example")),
        ("https://a.example/" + "x" * 80, link("https://a.example/" + "x" * 80, "https://a.example/" + "x" * 41 + "…")),
    ],
)
def test_links_in_words(said: str, shown: str) -> None:
    assert str(text.linkify(said)) == shown


def test_links_cost_little() -> None:
    """A text full of brackets and addresses is read in one go."""
    assert str(text.linkify("https://a.example/" + "(" * 30_000 + ")" * 30_000))
    assert str(text.linkify("http://" * 10_000))
    assert str(text.linkify(("https://a.example/" + ")" * 1_900 + " ") * 30))
