"""Feeds made to hurt: each ends with items or a clear error, in bounded time and memory."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.connectors import errors
from app.connectors.errors import ConnectorError
from app.connectors.feed.parse import Read, read_feed

NOW = datetime(2027, 1, 1, tzinfo=UTC)
SIZE = 4_900_000
DATA = Path(__file__).parent / "feed_data"


def _laughs() -> str:
    lines = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE rss [<!ENTITY a0 "lol">{lines}]><rss><channel><item><title>&a9;</title></item></channel></rss>'


def _quadratic() -> str:
    return f'<!DOCTYPE rss [<!ENTITY a "{"x" * 4000}">]><rss><item><title>{"&a;" * 290_000}</title></item></rss>'


def _entities() -> str:
    many = "".join(f'<!ENTITY b{n} "&a;">' for n in range(40_000))
    return f'<!DOCTYPE rss [<!ENTITY a "{"x" * 4000}">{many}]><rss></rss>'


def _fill(start: str, piece: str, end: str = "") -> Callable[[], str]:
    return lambda: start + piece * ((SIZE - len(start) - len(end)) // len(piece)) + end


HOSTILE: dict[str, Callable[[], str]] = {
    "billion laughs": _laughs,
    "quadratic blow-up": _quadratic,
    "many large entities": _entities,
    "empty entries": lambda: "<rss>" + "<item></item>" * 49_000 + "</rss>",
    "open entries": lambda: "<rss>" + "<item>" * 99_000,
    "broken entries": lambda: "<rss>" + "<item>&x<b></item>" * 33_000 + "</rss>",
    "attributes": lambda: "<rss>" + "".join(f"<a b{n}='1' c{n}='2' d{n}='3'/>" for n in range(49_000)) + "</rss>",
    "names": lambda: "<rss>" + "".join(f"<a{n}>x</a{n}>" for n in range(49_000)) + "</rss>",
    "deep": lambda: "<rss>" + "<a>" * 99_000,
    "sections": lambda: "<rss>" + "<a><![CDATA[x]]> " * 49_000 + "</a></rss>",
    "sections of many elements": lambda: "<rss>" + "".join(f"<a{n}><![CDATA[x]]> " for n in range(49_000)),
    "ends of sections": _fill("<rss><item><title><![CDATA[", "]]>", "]]></title></item></rss>"),
    "ampersands": _fill("<rss>", "&", "</rss>"),
    "references": lambda: "<rss>" + "&nbsp;" * 299_000 + "</rss>",
    "spaces": _fill("<rss><item><title><![CDATA[x]]>", " "),
    "one long word": _fill("<rss><item><guid>", "x", "</guid></item></rss>"),
    "one long root": _fill("<rss ", "x"),
    "one long comment": _fill("<rss><!--", "-"),
    "one long declaration": _fill("<!DOCTYPE rss [", "["),
    "nothing": _fill("<rss>", "\0"),
    "less than": _fill("<rss", "<"),
    "long authors": lambda: "<rss><item>" + f"<author>{'a@b(' * 200_000}</author>" * 4 + "</item></rss>",
    "long dates": lambda: "<rss>" + f"<item><pubDate>{'1 ' * 500_000}</pubDate></item>" * 4 + "</rss>",
    "markup in comments": lambda: (
        "<rss>" + f"<item><description>{'&lt;u&gt;' * 7_000}</description></item>" * 70 + "</rss>"
    ),
    "the same id": lambda: (
        "<rss>" + "".join(f"<item><guid>1</guid><title>{n}</title></item>" for n in range(16_000)) + "</rss>"
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_feed_costs_bounded_time(name: str) -> None:
    body = HOSTILE[name]().encode()
    assert len(body) <= 5_000_000
    started = time.process_time()
    outcome = _outcome(body)
    if isinstance(outcome, ConnectorError):
        assert outcome.code in (errors.TOO_LARGE, errors.BAD_ANSWER, errors.NOT_A_FEED)
        assert outcome.detail
    assert time.process_time() - started < 15  # measured: the worst takes under 3 s


@pytest.mark.parametrize("name", ["billion laughs", "quadratic blow-up", "many large entities"])
def test_entities_that_grow_are_refused_in_words(name: str) -> None:
    with pytest.raises(ConnectorError, match="entities that grow") as caught:
        read_feed(HOSTILE[name]().encode(), "", "https://blog.example/", NOW)
    assert caught.value.code == errors.BAD_ANSWER


def test_too_much_is_refused_before_it_is_looked_at() -> None:
    for body in (b"<rss>" + bytes(50_000_000), b"<rss>" + b"<a/>" * 200_000, b"<rss>" + b"<a b='' c=''/>" * 90_000):
        with pytest.raises(ConnectorError) as caught:
            read_feed(body, "", "https://blog.example/", NOW)
        assert caught.value.code == errors.TOO_LARGE


MEASURE = """
import resource, sys
from datetime import datetime, UTC
from app.connectors.errors import ConnectorError
from app.connectors.feed.parse import read_feed
from tests.connectors.test_feed_hostile import HOSTILE
used = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
body = HOSTILE[sys.argv[1]]().encode()
before = used()
try:
    read_feed(body, "", "https://blog.example/", datetime.now(UTC))
except ConnectorError:
    pass
print(used() - before)
"""


@pytest.mark.parametrize(
    "name",
    ["empty entries", "broken entries", "attributes", "references", "ends of sections", "nothing", "the same id"],
)
def test_a_hostile_feed_costs_bounded_memory(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, name], capture_output=True, text=True, timeout=100, check=True
    )
    assert json.loads(done.stdout) < 100


PIECES = ["<rss>", "</rss>", "<item>", "</item>", "<![CDATA[", "]]>", "<guid>", "</guid>", "&", "&amp;", "<entry>", "x"]
PIECES += ["<!DOCTYPE x [", "<feed xmlns='http://www.w3.org/2005/Atom'>", "</entry>", "\0", "<", ">", "<!--", "-->"]


@given(st.lists(st.sampled_from(PIECES)))
@settings(max_examples=500)
def test_any_soup_of_tags_ends_in_items_or_a_clear_error(pieces: list[str]) -> None:
    outcome = _outcome("".join(pieces).encode())
    if isinstance(outcome, ConnectorError):
        assert outcome.code in (errors.BAD_ANSWER, errors.NOT_A_FEED)
    else:
        assert len({item.external_id for item in outcome.items}) == len(outcome.items)


@given(st.binary(max_size=60), st.integers(0, 6000), st.integers(0, 100))
@settings(max_examples=200)
def test_a_feed_with_any_bytes_in_it_ends_in_items_or_a_clear_error(noise: bytes, place: int, length: int) -> None:
    whole = (DATA / "feed-site-rss2.rss.xml").read_bytes()
    outcome = _outcome(whole[:place] + noise + whole[place + length :])
    if isinstance(outcome, ConnectorError):
        assert outcome.code in (errors.BAD_ANSWER, errors.NOT_A_FEED)
    else:
        assert len(outcome.items) <= 12
        for item in outcome.items:
            json.dumps([item.external_id, item.text, item.url]).encode()


def _outcome(body: bytes) -> Read | ConnectorError:
    try:
        return read_feed(body, "", "https://blog.example/", NOW)
    except ConnectorError as error:
        return error
