"""Sites that hang, run in circles, answer with a bomb or with nonsense: each says so, the others are read."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from app.accounts import queries as accounts
from app.bootstrap import Services
from app.connectors import errors
from app.connectors.ports import Found
from app.core.clock import utc_now
from app.pages import queries
from app.pages import service as pages
from tests import processes
from tests.servers.loopback import (
    Loopback,
    Reply,
    Request,
    Route,
    flood,
    gzip_bomb,
    hang,
    redirect_for_ever,
)

FEED, BLOG = "feed", "wordpress"
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY l0 "ha">'
    + b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 12))
    + b"]><rss version='2.0'><channel><title>&l11;</title><item><guid>1</guid><description>&l11;</description></item>"
    b"</channel></rss>"
)
FIFTY_MEGABYTES = flood(b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n\r\n<rss>", bytes(65_536), 800)
SICK: Mapping[str, tuple[str, Route, set[str]]] = {
    "hangs": (FEED, hang(), {errors.TIMED_OUT}),
    "hangs amid an answer": (BLOG, hang(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n["), {errors.TIMED_OUT}),
    "redirects for ever": (FEED, redirect_for_ever(), {errors.TOO_MANY_REDIRECTS}),
    "fails": (BLOG, lambda _: Reply(b"<h1>Error</h1>", 500), {errors.SERVER_ERROR}),
    "HTML for JSON": (BLOG, lambda _: Reply(b"<!doctype html><title>Hi</title>"), {errors.NOT_JSON}),
    "50 megabytes": (FEED, FIFTY_MEGABYTES, {errors.TOO_LARGE}),
    "gzip bomb": (FEED, gzip_bomb(200), {errors.TOO_LARGE}),
    "billion laughs": (FEED, lambda _: Reply(LAUGHS), {errors.BAD_ANSWER, errors.NOT_A_FEED}),
    "no XML": (FEED, lambda _: Reply(bytes(range(256)) * 40), {errors.NOT_A_FEED}),
}
ALL_SECONDS = 45.0
GROWTH_KILOBYTES = 100_000


def feed(number: int) -> bytes:
    items = "".join(
        f"<item><guid>{number}-{n}</guid><link>https://blog.example.org/{n}#c{n}</link><title>By Ann</title>"
        f"<description>Hello {n}</description><pubDate>Sat, 21 Nov 2026 10:00:0{n} GMT</pubDate></item>"
        for n in range(3)
    )
    return f"<rss version='2.0'><channel><title>B</title><link>https://b.example.org/</link>{items}</channel></rss>".encode()


def comments(request: Request) -> Reply:
    one = {
        "id": 7,
        "post": 1,
        "parent": 0,
        "author": 0,
        "author_name": "Ann",
        "date_gmt": "2026-11-21T10:00:00",
        "content": {"rendered": "<p>Hello</p>"},
        "link": "https://blog.example.org/1#comment-7",
        "status": "approved",
        "type": "comment",
    }
    return Reply(json.dumps([one]).encode(), headers=[("X-WP-Total", "1"), ("X-WP-TotalPages", "1")])


HEALTHY: Mapping[str, tuple[str, Route, int]] = {
    "a feed": (FEED, lambda _: Reply(feed(1)), 3),
    "another feed": (FEED, lambda _: Reply(feed(2)), 3),
    "a blog": (BLOG, comments, 1),
}


def add(parts: Services, server: Loopback, name: str, kind: str, answer: Route) -> int:
    """Connect a page as it was before it fell ill: nobody could connect most of these."""
    path = f"/{name.replace(' ', '-')}/"
    server.route(path, answer)
    server.route(f"{path}wp/v2/comments", answer)
    with parts.db.write() as session:
        team = accounts.team_by_key(session, "customer_service")
        assert team is not None
        return pages.add_page(
            session,
            Found(kind, name, server.url(path), {"rest_root": server.url(path)}),
            team_id=team.id,
            sealed_secret=None,
            account=None,
            since=None,
            now=utc_now(),
        )


def measured(parts: Services, folder: Path, *arguments: object) -> tuple[int, list[Any], dict[str, float]]:
    """Type ``porchlight`` and these arguments; answers its exit code, its JSON lines and what it cost."""
    cost = folder / "cost.json"
    command = [sys.executable, "-m", "tests.e2e.measured", str(cost), *(str(one) for one in arguments)]
    done = subprocess.run(
        command, env=processes.variables(parts.settings), capture_output=True, text=True, timeout=200, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], json.loads(cost.read_text())


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_sick_pages_say_what_ails_them_and_cost_little(services: Services, loopback: Loopback, tmp_path: Path) -> None:
    healthy = {add(services, loopback, name, *how[:2]): (name, how[2]) for name, how in HEALTHY.items()}
    code, _lines, usual = measured(services, tmp_path, "collect", "--json", *healthy)
    assert code == 0

    sick = {add(services, loopback, name, *how[:2]): (name, how[2]) for name, how in SICK.items()}
    code, lines, cost = measured(services, tmp_path, "collect", "--json")
    assert code == 1
    assert len(lines) == len(SICK) + len(HEALTHY)
    said = {line["page"]: line["error"] for line in lines}
    assert {page_id: said[page_id] for page_id in healthy} == dict.fromkeys(healthy)
    assert {name: said[page_id] for page_id, (name, wanted) in sick.items() if said[page_id] not in wanted} == {}

    with services.db.read() as session:
        views = {view.id: view for view in queries.pages(session)}
    assert {page_id: views[page_id].error_code for page_id in said} == said, "the page's health says the same"
    for page_id in sick:
        assert views[page_id].last_read_at is None, "a failed read never looks like an empty inbox"
        assert views[page_id].failing_since is not None
    for page_id in healthy:
        assert views[page_id].last_read_at is not None
    stored = measured(services, tmp_path, "export", "comments")[1]
    counts = {page_id: sum(line["page"] == page_id for line in stored) for page_id in views}
    assert counts == dict.fromkeys(sick, 0) | {page_id: count for page_id, (_name, count) in healthy.items()}

    growth = cost["kilobytes"] - usual["kilobytes"]
    print(f"{cost['seconds']:.1f} s, {growth / 1000:.1f} MB more than for the healthy ones alone")
    assert cost["seconds"] < ALL_SECONDS
    assert growth < GROWTH_KILOBYTES
