"""Commands called as a person at a terminal calls them, in this process, over a data folder of the test's own."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog

from app import bootstrap, cli
from app.bootstrap import Services
from app.connectors.registry import Registry
from app.core.config import Settings
from tests import processes
from tests.domain.platform import Platform


@dataclass(frozen=True, slots=True)
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        """Its JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where commands are typed."""

    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch
    folder: Path

    def run(self, *arguments: object, stdin: bytes = b"") -> Result:
        """Type ``porchlight`` and these arguments."""
        self.capsys.readouterr()
        self.monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = cli.call(cli.porchlight, [str(argument) for argument in arguments])
        printed = self.capsys.readouterr()
        return Result(code, printed.out, printed.err)

    def file(self, name: str, data: bytes) -> Path:
        """A file to name on the command line."""
        path = self.folder / name
        path.write_bytes(data)
        return path


@pytest.fixture
def fresh_logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a command sets up for its logs is gone after the test, with the output it was captured in."""
    configure, root = structlog.configure, logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def without_memory(**arguments: Any) -> None:
        configure(**{**arguments, "cache_logger_on_first_use": False})

    monkeypatch.setattr(structlog, "configure", without_memory)
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def terminal(
    settings: Settings,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    fresh_logs: None,
) -> Terminal:
    """A terminal over a migrated database."""
    for name, value in processes.variables(settings).items():
        if name.startswith("PORCHLIGHT_"):
            monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return Terminal(capsys, monkeypatch, tmp_path)


@pytest.fixture
def parts(terminal: Terminal, settings: Settings) -> Iterator[Services]:
    """What the commands work on, for looking at what they did."""
    built = bootstrap.build(settings)
    bootstrap.seed(built)
    yield built
    built.db.dispose()
    built.redis.close()


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Platform:
    """A platform in memory as the only one there is; its addresses begin with ``memory:``."""
    only = Platform()
    monkeypatch.setattr(bootstrap, "connectors", lambda *_parts: Registry([only]))
    return only
