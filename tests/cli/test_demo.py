"""``porchlight demo`` and ``porchlight run --demo``."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.accounts import queries as accounts
from app.accounts.models import User
from app.bootstrap import Services
from app.cli import call
from app.cli.prepare import prepare
from app.core.clock import utc_now
from app.core.config import Settings
from app.core.db import Database
from app.inbox.models import Comment
from app.library.models import LibraryPost
from app.outbox.models import Delivery
from app.pages import queries as pages
from app.reports import counting
from app.reports.models import ReportChange, ReportDay, ReportPart, ReportTimes
from app.sending.types import SendState
from tests.cli.conftest import Terminal
from tests.cli.test_run import running
from tests.processes import eventually


def test_added_seen_and_removed(terminal: Terminal, parts: Services, settings: Settings) -> None:
    added = terminal.run("demo", "add")
    assert added.code == 0
    assert "2 pages with 120 comments" in added.out
    assert "demo remove" in added.out
    listed = terminal.run("page", "list", "--json").lines
    assert [(page["name"], page["url"]) for page in listed] == [
        ("Bäckerei Laterne (demo)", "demo:bakery"),
        ("Lantern Travel (demo)", "demo:travel"),
    ]
    assert (settings.data_dir / "demo" / "platform.db").is_file()
    removed = terminal.run("demo", "remove")
    assert (removed.code, removed.out) == (0, "The demonstration is gone.\n")
    assert terminal.run("page", "list", "--json").lines == []
    assert not (settings.data_dir / "demo").exists()


def test_both_can_be_done_twice_and_say_so_to_scripts(terminal: Terminal, parts: Services) -> None:
    (first,), (second,) = (terminal.run("demo", "add", "--json").lines for _ in range(2))
    assert first["added"] is True
    assert (len(first["pages"]), first["comments"]) == (2, 120)
    assert second == {"added": False, "pages": [], "comments": 0}
    said = terminal.run("demo", "add")
    assert (said.code, said.out) == (0, "The demonstration is there already.\n")
    assert [terminal.run("demo", "remove", "--json").lines for _ in range(2)] == [
        [{"removed": True}],
        [{"removed": False}],
    ]
    said = terminal.run("demo", "remove")
    assert (said.code, said.out) == (0, "There is no demonstration.\n")


def test_a_new_beginning_has_nothing_of_the_last(terminal: Terminal, parts: Services) -> None:
    for _ in range(2):
        terminal.run("demo", "add")
        with parts.db.read() as session:
            assert session.scalar(select(func.count()).select_from(Comment)) == 120
            assert session.scalar(select(func.count()).select_from(User)) == 5
            assert session.scalar(select(func.count()).select_from(LibraryPost)) == 3
        with parts.db.write() as session:
            counting.work(session, utc_now())
        terminal.run("demo", "remove")
        with parts.db.read() as session:
            for table in (ReportChange, ReportPart, ReportDay, ReportTimes):
                assert session.scalar(select(func.count()).select_from(table)) == 0, table


def test_on_an_empty_folder_adding_makes_everything_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, terminal: Terminal
) -> None:
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(f"PORCHLIGHT_{name}")
    monkeypatch.setenv("PORCHLIGHT_DATA_DIR", str(tmp_path / "new"))
    assert terminal.run("demo", "add").code == 0
    assert len(terminal.run("page", "list", "--json").lines) == 2


def test_starting_with_a_demo_adds_it_once_and_starting_without_never(
    terminal: Terminal, parts: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(prepare, []) == 0
    with parts.db.read() as session:
        assert pages.demo_ids(session) == []
    capsys.readouterr()
    for _ in range(2):
        assert call(prepare, ["--demo"]) == 0
        assert "/setup/" in capsys.readouterr().out, "people of the demonstration are no admins"
        with parts.db.read() as session:
            assert len(pages.demo_ids(session)) == 2
            assert len([one for one in accounts.users(session) if one.demo]) == 5


@pytest.mark.slow
def test_a_demo_comes_to_life_when_porchlight_runs(tmp_path: Path) -> None:
    started = utc_now()
    with running(tmp_path, "--demo") as porchlight:
        porchlight.read_until("“porchlight demo remove” removes it")
        db = Database(f"sqlite:///{tmp_path / 'porchlight.db'}")

        def sent() -> list[SendState]:
            with db.read() as session:
                return list(session.scalars(select(Delivery.state).distinct()))

        def more() -> bool:
            """The first new comment comes some seconds after the start; a demo page is read every few seconds."""
            with db.read() as session:
                fresh = session.scalars(select(Comment.is_us).where(Comment.published_at > started)).all()
            return sorted(fresh)[:7] == [False] + [True] * 6

        eventually(lambda: sent() == [SendState.SENT], "answers were delivered")
        eventually(more, "new comments arrived")
        db.dispose()
        porchlight.stop()
