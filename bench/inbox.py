"""How quickly the inbox answers in a full house, beside the raw SQL of the same answers.

The house has 5 million comments in 1.5 million conversations on PostgreSQL and a million comments on SQLite (see
bench.inbox_data; made at the first run, which takes some minutes). The real server (``porchlight web``) is asked over
loopback: lists, conversations and searches one at a time, then lists over 16 connections. For each kind the statements
that the screens sent are sent again through the bare driver: what the database alone takes for the same answer.
Usage: ``python -m bench.inbox [--comments N] [--sqlite-comments N] [--only sqlite|postgresql] [--seconds N]``.
"""

import argparse
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil
from psycopg.errors import QueryCanceled
from sqlalchemy import event

from app import bootstrap
from app.cli import redis_server
from app.core.config import Settings
from app.factory import create_app
from bench import inbox_data
from bench.inbox_data import LOGIN, PASSWORD, House
from bench.load import Reader

SCRIPT = ("HX-Request: true", "HX-Target: talk")
CONNECTIONS = 16


class Sample:
    """What is asked for, the same in every run."""

    def __init__(self, house: House, reader: Reader, count: int) -> None:
        chance = random.Random(1)
        known = inbox_data.vocabulary()
        self.lists = {
            "list": ["/inbox?view=all", "/inbox?view=team", "/inbox?view=mine", "/inbox?view=unassigned"],
            "list, done": ["/inbox?view=all&state=done", "/inbox?view=team&state=done", "/inbox?view=mine&state=done"],
            "list, far down": [_far(reader, "/inbox?view=all&state=done")],
            "list, one page's": [f"/inbox?view=all&page={number}" for number in range(1, 41)],
        }
        rows = [int(one) for path in ("new", "done") for one in _rows(reader, f"/inbox?view=all&state={path}")]
        self.conversations = [f"/inbox/{one}?view=all" for one in rows]
        self.longest = f"/inbox/{_longest(house)}?view=all"
        self.searches = {
            "common words": known[:20],
            "less common words": [known[rank] for rank in range(100, 2000, 50)],
            "rare words": known[10_000:29_000:500],
            "words of one comment": [str(5 * chance.randrange(house.comments // 5) + 1) for _ in range(40)],
            "words of nobody": [f"zzz{number}" for number in range(20)],
            "two words": [f"{known[rank]} {known[rank + 7]}" for rank in range(0, 400, 10)],
            "a phrase": [f'"{known[rank]} {known[rank + 1]}"' for rank in range(0, 100, 5)],
            "a phrase of three": [f'"{" ".join(known[rank : rank + 3])}"' for rank in range(0, 60, 3)],
            "a phrase of nobody": [f'"{" ".join([known[rank]] * 4)}"' for rank in range(20)],
            "a phrase, mine, in a year": [
                f'"{known[rank]} {known[rank + 1]}" is:mine before:2025-06' for rank in range(0, 100, 5)
            ],
            "common, mine and new": [f"{word} is:mine is:new" for word in known[:20]],
            "a beginning": [f"{known[rank][:4]}*" for rank in range(0, 2000, 50)],
            "from somebody": [f'from:"{name}"' for name in ("a", *known[10_000:10_020])],
            "common, is:new": [f"{word} is:new" for word in known[:20]],
            "common, on a page": [f'{word} page:"Blog {rank + 1}"' for rank, word in enumerate(known[:20])],
            "common, in a year": [f"{word} before:2025-06" for word in known[:20]],
        }
        self.count = count


def _rows(reader: Reader, path: str) -> list[str]:
    return re.findall(r'id="row-(\d+)"', reader.page(path))


def _far(reader: Reader, path: str) -> str:
    """The tenth page of a list."""
    for _page in range(9):
        more = re.search(r'href="([^"]*after=[^"]*)"', reader.page(path))
        assert more
        path = more[1].replace("&amp;", "&")
    return path


def _longest(house: House) -> int:
    """A conversation in the thread of thousands."""
    services = bootstrap.build(house.settings)
    with services.db.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT id FROM conversations ORDER BY id LIMIT 1").scalar_one()
    services.db.dispose()
    return int(found)


class Watch:
    """What a process and its children used."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self._before = self._cpu()

    def ms_each(self, count: int) -> float:
        """Milliseconds of processor time for each of ``count`` since the beginning."""
        return (self._cpu() - self._before) * 1000 / count

    def _cpu(self) -> float:
        family = [self._process, *self._process.children(recursive=True)]
        return sum(sum(one.cpu_times()[:2]) for one in family)


@contextmanager
def served(settings: Settings) -> Iterator[tuple[int, psutil.Process]]:
    """The web server with a Redis, at a port, and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        own = Settings(data_dir=Path(folder))
        redis = subprocess.Popen(redis_server.command(own))
        variables = {
            "PORCHLIGHT_DATA_DIR": str(settings.data_dir),
            "PORCHLIGHT_DATABASE_URL": settings.database_url,
            "PORCHLIGHT_REDIS_URL": own.redis_url,
            "PORCHLIGHT_WEB_PORT": str(port),
            "PORCHLIGHT_WEB_PROCESSES": "2",
            "PORCHLIGHT_LOG_LEVEL": "warning",
        }
        server = subprocess.Popen([sys.executable, "-P", "-m", "app.cli", "web"], env=os.environ | variables)
        try:
            _await(port)
            yield port, psutil.Process(server.pid)
        finally:
            for process in (server, redis):
                process.terminate()
                process.wait(20)


def _await(port: int) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.05)
    raise SystemExit("the web server did not start")


class Raw:
    """Sends what the screens ask of the database again, through the driver alone."""

    def __init__(self, settings: Settings) -> None:
        self._services = bootstrap.build(settings)
        self._client = create_app(self._services).test_client()
        self._said: list[tuple[str, Any]] = []
        event.listen(self._services.db.engine, "before_cursor_execute", self._note)
        page = self._client.get("/sign-in").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token
        self._client.post("/sign-in", data={"csrf_token": token[1], "login": LOGIN, "password": PASSWORD})

    def _note(self, _connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        self._said.append((statement, parameters))

    def times(self, paths: Sequence[str], headers: dict[str, str]) -> tuple[list[float], int]:
        """Milliseconds of each answer's statements together, and the largest number of statements."""
        found, most = [], 0
        for path in paths:
            self._said.clear()
            assert self._client.get(path, headers=headers).status_code == 200
            said = [one for one in self._said if one[0] != "BEGIN"]
            most = max(most, len(said))
            found.append(self._replay(said))
        return found, most

    def _replay(self, said: Sequence[tuple[str, Any]]) -> float:
        connection = self._services.db.engine.raw_connection()
        try:
            cursor = connection.cursor()
            begun = time.perf_counter()
            back = ""
            for statement, parameters in said:
                if statement.startswith("SAVEPOINT"):
                    back = f"ROLLBACK TO {statement}"
                try:
                    cursor.execute(statement, parameters)
                except QueryCanceled:  # the search gives up what takes long, and goes on behind its savepoint
                    cursor.execute(back)
                if cursor.description is not None:  # a savepoint answers nothing
                    cursor.fetchall()
            seconds = time.perf_counter() - begun
            connection.rollback()
        finally:
            connection.close()
        return seconds * 1000


def share(figures: Sequence[float], percent: int) -> float:
    """What so many of a hundred stay below."""
    return sorted(figures)[max(0, -(-len(figures) * percent // 100) - 1)]


def measure(house: House, seconds: float, count: int) -> None:
    """Print all figures of one database."""
    raw = Raw(house.settings)
    with served(house.settings) as (port, process):
        reader = Reader(port, LOGIN, PASSWORD)
        sample = Sample(house, reader, count)

        def one(title: str, paths: Sequence[str], *headers: str) -> None:
            again = [paths[at % len(paths)] for at in range(max(count, len(paths)))]
            reader.times([reader.head(path, *headers) for path in paths[:20]])  # once before it counts
            watch = Watch(process)
            figures = reader.times([reader.head(path, *headers) for path in again])
            cpu = watch.ms_each(len(again))
            bare, statements = raw.times(paths, dict(line.split(": ") for line in headers))
            ours, theirs = share(figures, 95), share(bare, 95)
            print(
                f"  {title:28} p50 {share(figures, 50):6.1f}  p95 {ours:6.1f} ms  cpu {cpu:5.1f} ms  "
                f"raw SQL p95 {theirs:6.1f} ms, {statements:2} statements  {ours / theirs:5.1f} x",
                flush=True,
            )

        for title, paths in sample.lists.items():
            one(title, paths)
        one("conversation", sample.conversations, *SCRIPT)
        one("conversation with list", sample.conversations[:50])
        one("in the longest thread", [sample.longest], *SCRIPT)
        for title, words in sample.searches.items():
            one(f"search {title}", [f"/search?{urlencode({'q': word})}" for word in words])
        requests = [reader.head(path) for path in sample.lists["list"]]
        watch = Watch(process)
        done, took = reader.together(requests, CONNECTIONS, seconds)
        print(
            f"  {done / took:.0f} lists a second over {CONNECTIONS} connections, cpu {watch.ms_each(done):.1f} ms each"
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--comments", type=int, default=5_000_000)
    parser.add_argument("--sqlite-comments", type=int, default=1_000_000)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--count", type=int, default=200)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # stopped from outside, the servers stop too
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    if options.only != "postgresql":
        print(f"SQLite, {options.sqlite_comments:,} comments", flush=True)
        measure(inbox_data.in_sqlite(options.sqlite_comments), options.seconds, options.count)
    if options.only != "sqlite":
        print(f"PostgreSQL, {options.comments:,} comments", flush=True)
        with inbox_data.in_postgresql(options.comments) as house:
            measure(house, options.seconds, options.count)


if __name__ == "__main__":
    main()
