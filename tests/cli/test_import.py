"""``porchlight import``: history from files, never half unsaid, never twice; and the way out and in again."""

import csv
import io
import json
import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.bootstrap import Services
from app.cli import import_
from app.collecting import history
from app.collecting.history import Format
from app.collecting.service import store_history
from app.connectors.archive import ArchiveConnector
from app.connectors.ports import Access, Status
from app.core.clock import utc_now
from app.core.spreadsheet import covered, uncovered
from app.inbox.models import Comment, Conversation
from app.inbox.types import ConversationState
from tests.cli.conftest import Terminal
from tests.cli.test_collect import add
from tests.domain.platform import Platform

NOW = datetime(2026, 11, 1, tzinfo=UTC)
HEAD = "external_id,author,text,published_at,parent,status,is_us"
FILE = f"""{HEAD}
1,Ann,"Where is my parcel?
It was sent on Monday.",2024-03-01T10:00:00Z,,,
2,The bakery,"On its way, Ann",2024-03-01T11:00:00+01:00,1,live,true
3,Bea,=HYPERLINK("x"),2024-03-02 09:00,,spam,no
"""


def lines(text: str | bytes, form: Format = Format.CSV) -> list[history.Line]:
    data = text if isinstance(text, bytes) else text.encode()
    return list(history.read(io.BytesIO(data), form, NOW))


def wrong(text: str | bytes, form: Format = Format.CSV) -> list[tuple[int, str]]:
    return [(line.number, line.wrong) for line in lines(text, form) if line.item is None]


# --- reading files


def test_a_file_of_a_spreadsheet() -> None:
    first, second, third = (line.item for line in lines("\ufeff" + FILE.replace("\n", "\r\n")))
    assert first is not None
    assert (first.external_id, first.author.name, first.author.key) == ("1", "Ann", None)
    assert first.text == "Where is my parcel?\nIt was sent on Monday."
    assert second is not None
    assert (second.parent, second.author.is_us) == ("1", True)
    assert second.published_at == datetime(2024, 3, 1, 10, tzinfo=UTC)
    assert third is not None
    assert (third.status, third.text) == (Status.SPAM, '=HYPERLINK("x")')
    assert third.published_at == datetime(2024, 3, 2, 9, tzinfo=UTC), "a date without a zone is UTC"


def test_semicolons_and_tabs_are_columns_too() -> None:
    for mark in ";\t":
        text = "external_id,text,published_at\n1,hello,2024-01-01\n".replace(",", mark)
        assert [line.item.text for line in lines(text) if line.item] == ["hello"]


@pytest.mark.parametrize(
    ("text", "number", "told"),
    [
        ("external_id,text\n1,hello\n", 1, "published_at"),
        ("external_id,text,published_at,colour\n", 1, "colour"),
        ("external_id,text,published_at,text\n", 1, "twice"),
        ("", 1, "external_id"),
        (f"{HEAD}\n1,Ann,hi,2024-01-01,,,\n,Ann,hi,2024-01-01,,,\n", 3, "external_id"),
        (f"{HEAD}\n1,Ann,hi,yesterday,,,\n", 2, "published_at"),
        (f"{HEAD}\n1,Ann,hi,2099-01-01,,,\n", 2, "future"),
        (f"{HEAD}\n1,Ann,hi,2024-01-01,,odd,\n", 2, "odd"),
        (f"{HEAD}\n1,Ann,hi,2024-01-01,,,perhaps\n", 2, "perhaps"),
        (f"{HEAD}\n1,Ann,hi\n", 2, "7"),
        (f'{HEAD}\n1,Ann,"two\nlines",2024-01-01,,,\n2,Ann,hi,never,,,\n', 4, "published_at"),
        (f'{HEAD}\n1,Ann,"open,2024-01-01,,,\n', 2, "quotation"),
        (f"{HEAD}\n1,Ann,gr\xfc\xdfe,2024-01-01,,,\n".encode("latin-1"), 2, "UTF-8"),
        (f"{HEAD}\n1,Ann,{'x' * 1_100_000},2024-01-01,,,\n", 2, "longer"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str | bytes, number: int, told: str) -> None:
    [(line, complaint)] = wrong(text)
    assert line == number
    assert told in complaint


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"external_id": "1", "text": "hi", "published_at": "2024-01-01"', "object"),
        ("[1]", "object"),
        ('{"external_id": "1", "published_at": "2024-01-01"}', "text"),
        ('{"external_id": "1", "text": ["hi"], "published_at": "2024-01-01"}', "text"),
        ('{"external_id": "1", "text": "hi", "published_at": "2024-01-01", "url": "javascript:x"}', "url"),
        ('{"external_id": "1", "text": "\\ud800", "published_at": "2024-01-01"}', "text"),
        ('{"external_id": "1", "text": "hi", "published_at": "2024-01-01", "Author": "x"}', "Author"),
    ],
)
def test_json_lines_too(text: str, told: str) -> None:
    [(line, complaint)] = wrong(f"\n{text}\n", Format.JSONL)
    assert line == 2
    assert told in complaint


@given(st.text())
def test_what_is_covered_comes_back(text: str) -> None:
    assert uncovered(covered(text)) == text
    assert not covered(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.binary(max_size=400), st.sampled_from(list(Format)))
def test_no_file_is_a_crash(data: bytes, form: Format) -> None:
    for line in lines(data, form):
        assert (line.item is None) == bool(line.wrong)


class Long(io.BytesIO):
    """A file of many lines that is never there as a whole."""

    left = 30_000

    def readline(self, size: int | None = -1) -> bytes:
        self.left -= 1
        if self.left == 29_999:
            return f"{HEAD}\n".encode()
        return f"{self.left},Ann,{'hello ' * 20},2024-01-01,,,\n".encode() if self.left > 0 else b""


def test_a_long_file_needs_no_more_memory_than_a_short_one() -> None:
    tracemalloc.start()
    try:
        assert sum(line.item is not None for line in history.read(Long(), Format.CSV, NOW)) == 29_998
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


# --- the command


def test_history_is_there_and_nobody_waits(terminal: Terminal, parts: Services) -> None:
    file = terminal.file("old.csv", FILE.encode())
    done = terminal.run("import", file, "--name", "Old forum")
    assert (done.code, done.err) == (0, "")
    assert done.out == "3 comments imported.\n"
    with parts.db.read() as session:
        talks = list(session.scalars(select(Conversation)))
        assert {talk.state for talk in talks} == {ConversationState.DONE}
        assert all(talk.waiting_since is None and talk.routed_at is not None for talk in talks)
        assert max(talk.sort_at for talk in talks).year == 2024
        answer = session.scalars(select(Comment).where(Comment.external_id == "2")).one()
        assert answer.is_us
        assert answer.conversation_id is not None
    assert terminal.run("collect").code == 0, "a page of history is read without asking anybody"


def test_the_same_file_again_changes_nothing(terminal: Terminal, parts: Services) -> None:
    file = terminal.file("old.csv", FILE.encode())
    terminal.run("import", file, "--name", "Old forum")
    before = terminal.run("export", "comments").out
    again = terminal.run("import", file, "--name", "  Old   FORUM ", "--json")
    assert json.loads(again.out) == {"comments": 3, "wrong": 0, "new": 0, "known": 3, "imported": True}
    assert terminal.run("export", "comments").out == before


def test_nothing_is_stored_while_a_line_is_wrong(terminal: Terminal, parts: Services) -> None:
    file = terminal.file("old.csv", (FILE + "4,Cem,hi,never,,,\n").encode())
    refused = terminal.run("import", file, "--name", "Old forum")
    assert refused.code == 1
    assert "Line 6: published_at" in refused.err
    assert "Nothing is imported" in refused.out
    assert terminal.run("export", "comments").out == ""
    checked = terminal.run("import", file, "--check", "--json")
    assert (checked.code, json.loads(checked.out)["wrong"]) == (1, 1)
    done = terminal.run("import", file, "--name", "Old forum", "--skip-wrong")
    assert done.code == 0
    assert "1 line left out" in done.out
    assert len(terminal.run("export", "comments").lines) == 3


def test_an_import_that_breaks_off_says_where_and_goes_on(
    terminal: Terminal, parts: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"{n},Ann,Comment {n},2024-01-01,,,\n" for n in range(25))
    file = terminal.file("old.csv", f"{HEAD}\n{rows}".encode())
    calls: list[int] = []

    def fails(*given: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise OSError("the disk is full")
        return store_history(*given)

    monkeypatch.setattr(import_, "AT_ONCE", 10)
    monkeypatch.setattr("app.cli.import_.store_history", fails)
    with pytest.raises(OSError, match="full"):
        terminal.run("import", file, "--name", "Old forum")
    assert "after line 21" in terminal.capsys.readouterr().err
    assert len(terminal.run("export", "comments").lines) == 20
    done = terminal.run("import", file, "--name", "Old forum", "--json")
    assert json.loads(done.out)["new"] == 5
    assert len(terminal.run("export", "comments").lines) == 25


def test_history_of_a_page_that_is_read_leaves_its_present_alone(
    terminal: Terminal, parts: Services, platform: Platform
) -> None:
    page = add(parts, "memory:blog", "Our blog")
    waits = platform.say("Ann", "And now?", utc_now() - timedelta(hours=1))
    terminal.run("collect")
    text = f"{HEAD}\n{waits},Somebody else,Another text,2024-01-01,,trash,\nold,Ann,Before,2024-01-01,{waits},,\n"
    done = terminal.run("import", terminal.file("old.csv", text.encode()), "--page", page, "--json")
    assert json.loads(done.out)["new"] == 1
    told = {line["external_id"]: line for line in terminal.run("export", "comments").lines}
    assert (told[waits]["text"], told[waits]["status"]) == ("And now?", "live")
    with parts.db.read() as session:
        talk = session.scalars(
            select(Conversation)
            .join(Comment, Comment.conversation_id == Conversation.id)
            .where(Comment.external_id == waits)
        ).one()
        assert talk.state is ConversationState.NEW
        assert talk.waiting_since is not None


def elsewhere(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Comments without saying on which page they are."""
    return sorted(({**one, "page": 0} for one in told), key=lambda one: str(one["external_id"]))


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_out_and_in_again_is_the_same(terminal: Terminal, parts: Services, platform: Platform, form: str) -> None:
    add(parts, "memory:blog", "Our blog")
    at = utc_now() - timedelta(hours=1)
    first = platform.say("Ann 'the' \"Bread\"", "=1+1; Hällo,\n🥐 \t'quoted'", at)
    platform.say("Bea", "'-5 €", at, parent=first)
    terminal.run("collect")
    out = terminal.run("export", "comments", "--format", form)
    file = terminal.file(f"all.{form}", out.out.encode())
    assert terminal.run("import", file, "--name", "Copy").code == 0
    copy = terminal.run("export", "comments", "--page", "Copy").lines
    original = terminal.run("export", "comments", "--page", "Our blog").lines
    assert elsewhere(copy) == elsewhere(original)


def test_a_spreadsheet_runs_nothing_of_it(terminal: Terminal, parts: Services) -> None:
    terminal.run("import", terminal.file("old.csv", FILE.encode()), "--name", "Old forum")
    rows = list(csv.reader(io.StringIO(terminal.run("export", "comments", "--format", "csv").out)))
    assert rows[0] == list(history.COLUMNS)
    assert not [cell for row in rows[1:] for cell in row if cell.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize(
    "arguments",
    [[], ["--name", "a", "--page", "1"], ["--name", "a", "--format", "xml"]],
)
def test_wrong_usage(terminal: Terminal, arguments: list[str]) -> None:
    assert terminal.run("import", terminal.file("old.csv", b""), *arguments).code == 2
    assert terminal.run("import", terminal.file("old.dat", b""), "--name", "a").code == 2


def test_a_page_of_history_can_only_be_read() -> None:
    connector, access = ArchiveConnector(), Access("archive:old")
    assert not connector.capabilities(access).reply
    assert connector.discover("archive:old") is None
    [batch] = connector.collect(access, None, since=None, now=NOW)
    assert batch.complete
