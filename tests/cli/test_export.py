"""``porchlight export``: all that is stored, each comment once, in bounded memory."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest

from app.bootstrap import Services
from app.core.clock import utc_now
from app.core.config import Settings
from app.inbox import export
from tests import processes
from tests.cli.conftest import Terminal
from tests.cli.test_collect import add
from tests.domain.platform import Platform

FIELDS = ["external_id", "author", "text", "published_at", "parent", "url", "status", "page", "is_us"]
FIELDS += ["author_id", "author_url", "author_email", "post", "post_title", "post_url", "private"]


@pytest.fixture
def stored(terminal: Terminal, parts: Services, platform: Platform) -> list[str]:
    """Ten comments on two pages."""
    add(parts, "memory:blog", "Our blog")
    add(parts, "memory:shop", "Shop")
    first = platform.say("Ann", "Hällo 🥐", utc_now() - timedelta(hours=1))
    platform.comments[first] = replace(platform.comments[first], private=True)
    numbers = [first, *(platform.say("Bea", f"No {n}", utc_now(), parent=first) for n in range(4))]
    assert terminal.run("collect").code == 0
    return numbers


def test_every_comment_of_every_page_once(
    terminal: Terminal, parts: Services, stored: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    result = terminal.run("export", "comments")
    assert result.code == 0
    assert sorted((line["page"], line["external_id"]) for line in result.lines) == sorted(
        (page, number) for page in (1, 2) for number in stored
    )
    assert all(list(line) == FIELDS for line in result.lines)
    first = next(line for line in result.lines if line["external_id"] == stored[0])
    assert (first["author"], first["text"], first["parent"]) == ("Ann", "Hällo 🥐", None)
    assert (first["status"], first["is_us"], first["private"]) == ("live", False, True)
    assert [line["private"] for line in result.lines].count(True) == 2, "of each page one"
    assert "Hällo 🥐" in result.out, "words stay readable"


def test_portions_join_without_gap_or_repetition(parts: Services, stored: list[str]) -> None:
    seen: list[int] = []
    after = 0
    with parts.db.read() as session:
        while portion := export.export(session, after=after, limit=3):
            seen += [one.id for one in portion]
            after = portion[-1].id
        assert seen == [one.id for one in export.export(session)]
    assert len(seen) == len(set(seen)) == 10


def test_one_page_also_after_it_was_removed(terminal: Terminal, stored: list[str]) -> None:
    assert terminal.run("page", "remove", "Shop").code == 0
    result = terminal.run("export", "comments", "--page", "Shop")
    assert {line["page"] for line in result.lines} == {2}
    assert len(result.lines) == 5


def test_a_reader_that_stops_early_hears_no_complaint(
    settings: Settings, terminal: Terminal, stored: list[str]
) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-P", "-m", "app.cli", "export", "comments"]
    done = subprocess.run(
        command, env=processes.variables(settings), stdout=write, stderr=subprocess.PIPE, timeout=60, check=False
    )
    os.close(write)
    assert done.stderr == b""
    assert done.returncode in (0, 1)
