"""What holds for every command: exit codes, messages instead of tracebacks, and nothing imported that is not needed."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from sqlalchemy.exc import OperationalError

from app.cli import COMMANDS, call, porchlight
from app.core.errors import ConfigError, NotFound, PorchlightError

SLOW = ("sqlalchemy", "alembic", "flask", "redis", "rq", "requests", "lxml")


def command(body: Callable[[], object]) -> click.Command:
    return click.Command("test", callback=body)


def failing(error: Exception) -> click.Command:
    def body() -> None:
        raise error

    return command(body)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PorchlightError("Say this."), 1),
        (NotFound("Say this."), 1),
        (ConfigError("Say this."), 2),
        (click.UsageError("Say this."), 2),
        (click.ClickException("Say this."), 1),
    ],
)
def test_a_mistake_is_one_message_and_an_exit_code(
    error: Exception, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(failing(error), []) == code
    said = capsys.readouterr()
    assert "Say this." in said.err
    assert "Traceback" not in said.err
    assert said.out == ""


def test_commands_answer_their_own_exit_code_or_none() -> None:
    assert call(command(lambda: None), []) == 0
    assert call(command(lambda: 1), []) == 1


def test_a_fault_of_ours_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        call(failing(ZeroDivisionError()), [])


def test_trouble_outside_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORCHLIGHT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PORCHLIGHT_DATABASE_URL", "postgresql+psycopg://nobody:canary@127.0.0.1:1/none")
    assert call(porchlight, ["db", "check"]) == 1
    said = capsys.readouterr().err
    assert "database.url" in said
    assert "canary" not in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("said", ["database or disk is full", "disk I/O error"])
def test_a_full_disk_is_named(said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(failing(OperationalError("PRAGMA journal_mode=WAL", None, sqlite3.OperationalError(said))), []) == 1
    assert "disk" in capsys.readouterr().err.replace(said, "")


def test_a_damaged_database_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "porchlight.db").write_bytes(b"no database" * 1000)
    monkeypatch.setenv("PORCHLIGHT_DATA_DIR", str(tmp_path))
    for arguments in (["page", "list"], ["db", "check"], ["db", "upgrade"], ["doctor"]):
        assert call(porchlight, arguments) == 1
        assert "is damaged" in "".join(capsys.readouterr()), arguments


def test_a_file_in_the_place_of_the_data_folder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").touch()
    monkeypatch.setenv("PORCHLIGHT_DATA_DIR", str(tmp_path / "data"))
    for arguments in (["page", "list"], ["db", "upgrade"], ["doctor"], ["run"]):
        assert call(porchlight, arguments) == 1
        assert "data_dir" in "".join(capsys.readouterr()), arguments


def test_what_is_stored_is_for_its_own_user_only(tmp_path: Path) -> None:
    data = tmp_path / "data"
    command = [sys.executable, "-m", "app.cli", "page", "list"]
    ended = subprocess.run(
        command, env=os.environ | {"PORCHLIGHT_DATA_DIR": str(data)}, umask=0o022, capture_output=True, check=False
    )
    assert ended.returncode == 1  # there are no tables yet
    assert {path.stat().st_mode & 0o077 for path in (data, *data.iterdir())} == {0}
    assert (data / "porchlight.db").exists()


def test_an_unknown_command_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(porchlight, ["nonsense"]) == 2
    assert "nonsense" in capsys.readouterr().err


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(porchlight, [name, "--help"]) == 0
    assert f"Usage: porchlight {name}" in capsys.readouterr().out


def test_starting_everything_imports_nothing_slow() -> None:
    code = f"import sys, app.cli.run; print([name for name in {SLOW} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
