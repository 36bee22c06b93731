"""A Porchlight of a test's own, used as its owner uses it: commands at a terminal, and everything running."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import select

from app.core.config import Settings
from app.core.db import Database
from app.core.process import die_with_parent
from app.inbox.models import Comment
from tests import processes
from tests.servers.wordpress import User

COMMAND = (sys.executable, "-P", "-m", "app.cli")
PASSWORD = "correct horse battery"
SECONDS = 90.0
"""How long a command, or something that is to come about, may take on a busy machine."""
PARTS = {
    "web": "app.cli web",
    "prompt": "--queue prompt",
    "sending": "--queue sending",
    "patient": "--queue patient",
    "notices": "--queue notices",
    "scheduler": "workers.schedule",
    "redis": "redis-server",
}
"""The programs of ``porchlight run``, and what their command lines hold."""


@dataclass(frozen=True, slots=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        """Its JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True, slots=True)
class Installation:
    """One data folder, one database."""

    settings: Settings
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        return processes.variables(self.settings)

    def try_(self, *arguments: object) -> Result:
        """Type ``porchlight`` and these arguments, whatever comes of it."""
        done = subprocess.run(
            [*COMMAND, *(str(one) for one in arguments)],
            env=self.environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Result(done.returncode, done.stdout, done.stderr)

    def porchlight(self, *arguments: object) -> Result:
        """Type ``porchlight`` and these arguments, which is to work."""
        result = self.try_(*arguments)
        assert result.code == 0, f"{arguments} ended with {result.code}: {result.err}{result.out}"
        return result

    def add_user(self, login: str, role: str = "agent") -> None:
        self.porchlight("user", "add", login, "--role", role, "--password-file", self._file("login", PASSWORD))

    def add_page(self, url: str, user: User | None = None, *arguments: object) -> int:
        """Connect a page, to be answered as ``user``; answers its number."""
        login = ("--login", user.login, "--password-file", self._file("blog", user.password)) if user else ()
        added = self.porchlight("page", "add", url, *login, "--backfill", "all", "--json", *arguments)
        return int(added.lines[0]["id"])

    def export(self, page_id: int | None = None) -> dict[str, dict[str, Any]]:
        """``porchlight export comments`` by number at the blog; fails when a comment is there twice."""
        lines = self.porchlight("export", "comments", *(("--page", page_id) if page_id else ())).lines
        found = {line["external_id"]: line for line in lines}
        assert len(found) == len(lines), "a comment was exported twice"
        return found

    def stored(self) -> set[str]:
        """Which comments are stored, by number at the blog; quicker than an export."""
        database = Database(self.settings.database_url, pool_size=1)
        try:
            with database.read() as session:
                return set(session.scalars(select(Comment.external_id)))
        finally:
            database.dispose()

    @contextmanager
    def running(self, **variables: str) -> "Iterator[Porch]":
        """``porchlight run``, with a Redis of its own."""
        environment = {**self.environment, **variables}
        del environment["PORCHLIGHT_REDIS_URL"]
        log, parent = self.folder / "porchlight.log", os.getpid()
        with log.open("ab") as out:
            process = subprocess.Popen(
                [*COMMAND, "run", "--port", "0"],
                env=environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                preexec_fn=lambda: die_with_parent(parent),  # noqa: PLW1509
            )
        try:
            yield Porch(process, log, environment)
        finally:
            process.terminate()
            try:
                process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise

    def _file(self, name: str, text: str) -> Path:
        path = self.folder / f"{name}.password"
        path.write_text(text)
        return path


class Porch:
    """A ``porchlight run`` that has said it is ready."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path, environment: Mapping[str, str]) -> None:
        self.process, self.log, self.environment = process, log, environment
        wait_until(lambda: self._said() or process.poll() is not None, "Porchlight was ready", SECONDS)
        assert process.poll() is None, self.last_words()
        self.url = self._said()

    def _said(self) -> str:
        told = [line for line in self.log.read_text().splitlines() if "Porchlight is ready: " in line]
        return told[-1].split()[-1] if told else ""

    def last_words(self, lines: int = 40) -> str:
        """The end of what all processes said."""
        return "\n".join(self.log.read_text().splitlines()[-lines:])

    def processes(self) -> dict[str, list[psutil.Process]]:
        """The living processes of each part."""
        found: dict[str, list[psutil.Process]] = {}
        for one in psutil.Process(self.process.pid).children(recursive=True):
            try:
                words = " ".join(one.cmdline())
            except psutil.NoSuchProcess:
                continue
            for part, mark in PARTS.items():
                if mark in words:
                    found.setdefault(part, []).append(one)
        return found


def wait_until(true: "Any", what: str, seconds: float = SECONDS) -> Any:
    """Wait until ``true`` answers something true, and answer that; fails saying ``what`` did not come about."""
    end = time.monotonic() + seconds
    while not (answer := true()):
        assert time.monotonic() < end, f"waited {seconds:g} s in vain: {what}"
        time.sleep(0.1)
    return answer
