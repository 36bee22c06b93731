"""``porchlight collect``: waits, tells, and its exit code can be trusted."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from app.bootstrap import Services
from app.connectors import errors
from app.connectors.ports import Found
from app.core.clock import utc_now
from app.pages import leases
from app.pages import service as pages
from tests.cli.conftest import Terminal
from tests.domain.platform import Platform


@pytest.fixture
def blog(parts: Services, platform: Platform) -> int:
    return add(parts, "memory:blog", "Our blog")


def add(parts: Services, url: str, name: str) -> int:
    with parts.db.write() as session:
        return pages.add_page(
            session,
            Found("memory", name, url),
            team_id=1,
            sealed_secret=None,
            account=None,
            since=None,
            now=utc_now() - timedelta(minutes=1),
        )


def test_all_pages_are_read_and_told_one_a_line(
    terminal: Terminal, platform: Platform, parts: Services, blog: int
) -> None:
    add(parts, "memory:shop", "Shop")
    for number in range(3):
        platform.say(f"Visitor {number}", "Lovely bread", utc_now() - timedelta(hours=number))
    result = terminal.run("collect")
    assert result.code == 0
    assert sorted(result.out.splitlines()) == [
        "Our blog: 3 comments, 3 new, 0 changed",
        "Shop: 3 comments, 3 new, 0 changed",
    ]
    again = terminal.run("collect", "Our blog", "--json")
    assert [(line["page"], line["new"], line["error"]) for line in again.lines] == [(blog, 0, None)]


def test_what_failed_is_told_and_fails_the_command(
    terminal: Terminal, platform: Platform, parts: Services, blog: int
) -> None:
    platform.fail_before.append(errors.Transient(errors.TIMED_OUT, "after 30 s"))
    result = terminal.run("collect", blog)
    assert result.code == 1
    assert "did not answer in time" in result.out
    assert "after 30 s" in result.out
    platform.fail_before.append(errors.Transient(errors.NOT_JSON))
    failed = terminal.run("collect", "--json")
    assert (failed.code, failed.lines[0]["error"]) == (1, "not_json")
    assert terminal.run("collect").code == 0


def test_a_page_somebody_else_reads_is_waited_for(
    terminal: Terminal, platform: Platform, parts: Services, blog: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.say("Ann", "Hello", utc_now())
    with parts.db.write() as session:
        claim = leases.claim_read(session, blog, utc_now(), force=True)
    assert claim is not None
    tried = threading.Event()
    real = leases.claim_reads

    def watched(*arguments: object, **named: object) -> object:
        tried.set()
        return real(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(leases, "claim_reads", watched)

    def finish() -> None:
        assert tried.wait(30)
        with parts.db.write() as session:
            leases.release(session, claim)

    other = threading.Thread(target=finish)
    other.start()
    result = terminal.run("collect", "--json")
    other.join(30)
    assert result.code == 0
    assert result.lines[0]["new"] == 1


def test_waiting_has_an_end(
    terminal: Terminal, platform: Platform, parts: Services, blog: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.cli.collect.PATIENCE", timedelta(0))
    with parts.db.write() as session:
        assert leases.claim_read(session, blog, utc_now(), force=True)
    for option in ((), ("--replay",), ("--reconcile",)):
        result = terminal.run("collect", "--json", *option)
        assert (result.code, result.lines[0]["error"]) == (1, "busy")


def test_reconciling_finds_edits(terminal: Terminal, platform: Platform, parts: Services, blog: int) -> None:
    number = platform.say("Ann", "Where is my parcel?", utc_now())
    terminal.run("collect")
    platform.comments[number] = replace(platform.comments[number], text="Where is my parcel? It is late!")
    result = terminal.run("collect", "--reconcile", "--json")
    assert (result.code, result.lines[0]["changed"]) == (0, 1)
    assert terminal.run("export", "comments").lines[0]["text"].endswith("late!")


def test_replaying_puts_right_what_was_misread(
    terminal: Terminal, platform: Platform, parts: Services, blog: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = platform.say("Ann", "Misread", utc_now())
    terminal.run("collect")
    platform.comments[number] = replace(platform.comments[number], text="Read well")
    platform.fail_before.append(errors.Transient(errors.UNREACHABLE))
    result = terminal.run("collect", "--replay", "--json")
    assert result.code == 0
    assert len(platform.fail_before) == 1, "replaying asked the platform"
    assert result.lines[0]["seen"] == 1


def test_both_ways_at_once_is_wrong_usage(terminal: Terminal, platform: Platform, parts: Services) -> None:
    assert terminal.run("collect", "--replay", "--reconcile").code == 2


def test_without_pages_there_is_nothing_to_fail(terminal: Terminal, platform: Platform, parts: Services) -> None:
    result = terminal.run("collect")
    assert (result.code, result.out) == (0, "")
    assert "porchlight page add" in result.err
