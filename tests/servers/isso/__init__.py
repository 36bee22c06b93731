"""A real Isso for tests, from PyPI, on loopback.

It is installed once, into an environment of its own below ``~/.cache/porchlight-tests``, and started in a second. What
visitors do within a minute or at earlier times is written into its database, past its guard.
"""

import fcntl
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from tests.servers.scratch import scratch

VERSION = "isso==0.14.0"
START_SECONDS = 30
CONFIG = """[general]
dbpath = {folder}/comments.db
host = {site}
latest-enabled = true
[admin]
enabled = true
password = {password}
[moderation]
enabled = {moderated}
[server]
listen = http://127.0.0.1:{port}
[guard]
enabled = true
ratelimit = {rate}
reply-to-self = true
"""


class NotStarted(Exception):
    """Isso can't be installed or started; the text says why."""


def install() -> Path:
    """Answer Isso's program, installing it at first use. Raises NotStarted."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "porchlight-tests" / "isso"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / "installed"
        if not done.exists() or done.read_text() != VERSION:
            pip = [str(folder / "venv/bin/pip"), "install", "--quiet", "--disable-pip-version-check"]
            for command in (
                [sys.executable, "-m", "venv", "--clear", str(folder / "venv")],
                [*pip, VERSION, "setuptools<81"],
            ):
                made = subprocess.run(command, capture_output=True, text=True, check=False)
                if made.returncode:
                    raise NotStarted(f"{' '.join(command[:3])} ended with {made.returncode}: {made.stderr[-1500:]}")
            done.write_text(VERSION)
    return folder / "venv/bin/isso"


class Isso:
    """One server; ``reset`` empties it."""

    def __init__(self, program: Path, folder: Path, site: str) -> None:
        self._program, self._folder, self._site = program, folder, site
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        self.password = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self, password: str, *, moderated: bool = False, rate: int = 10_000) -> None:
        """Start, or start again with other settings; comments stay. Raises NotStarted."""
        self.stop()
        self.password = password
        config = self._folder / "isso.cfg"
        fields = {"folder": self._folder, "site": self._site, "port": self.port, "rate": rate}
        config.write_text(CONFIG.format(**fields, password=password, moderated=str(moderated).lower()))
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._program), "-c", str(config), "run"], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                raise NotStarted(f"Isso did not start: {(self._folder / 'log').read_text(errors='replace')[-1500:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def reset(self) -> None:
        self.execute("DELETE FROM comments", "DELETE FROM threads")

    def say(self, rows: Sequence[dict[str, Any]], uri: str) -> list[tuple[int, float]]:
        """Write comments; answer number and moment of each."""
        with closing(self._open()) as database, database:
            database.execute("INSERT OR IGNORE INTO threads (uri, title) VALUES (?, ?)", (uri, "A post"))
            [(thread,)] = database.execute("SELECT id FROM threads WHERE uri = ?", (uri,))
            made = []
            for row in rows:
                fields = {"tid": thread, "remote_addr": "10.0.0.0", "voters": b"", "likes": 0, "dislikes": 0, **row}
                marks = ", ".join("?" * len(fields))
                told = database.execute(
                    f"INSERT INTO comments ({', '.join(fields)}) VALUES ({marks})",
                    list(fields.values()),
                )
                made.append((int(told.lastrowid or 0), float(row["created"])))
        return made

    def execute(self, *statements: str, values: Sequence[Any] = ()) -> None:
        with closing(self._open()) as database, database:
            for one in statements:
                database.execute(one, values)

    def rows(self, where: str, values: Sequence[Any]) -> list[dict[str, Any]]:
        """Comments as they stand in the table."""
        with closing(self._open()) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(f"SELECT * FROM comments WHERE {where}", values)]

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._folder / "comments.db", timeout=10)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}config", timeout=5) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False


@contextmanager
def running(site: str) -> Iterator[Isso]:
    """A server for the comments of ``site``. Raises NotStarted."""
    program = install()
    with tempfile.TemporaryDirectory(prefix="porchlight-isso-", dir=scratch()) as folder:
        server = Isso(program, Path(folder), site)
        try:
            server.start("the bakery's secret")
            yield server
        finally:
            server.stop()
