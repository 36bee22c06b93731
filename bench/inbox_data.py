"""A full house to measure in: millions of comments made inside the database, kept for the next run.

A conversation has three or four comments, a thread two conversations, and one thread has thousands; a fiftieth of the
conversations waits for us. Words are made of syllables and as unevenly common as in a language. One comment in five
names an order number that stands nowhere else. The database is kept below ``~/.cache/porchlight/bench`` (for root, whom
PostgreSQL's server refuses, below ``/var/tmp/porchlight-bench``), made anew when these files change, and brought up to
date by later migrations, as an installation would be.
"""

import hashlib
import itertools
import os
import random
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from app import bootstrap
from app.core import migrate
from app.core.clock import utc_now
from app.core.config import Settings
from app.core.sections import DatabaseSection
from app.core.security import hash_password
from app.search import rules
from app.search.types import Kind
from app.search.words import words
from bench import inbox_rows
from bench.inbox_rows import PAGES, PEOPLE, TEXTS
from tests.servers import postgres as server

CACHE = Path("/var/tmp/porchlight-bench") if os.geteuid() == 0 else Path.home() / ".cache/porchlight/bench"
FILLED_AT = "0005"
"""The form of the database whose tables are filled; later migrations then work on a full house."""
LOGIN, PASSWORD = "bench", "a bench for the porch"
VOCABULARY = 30_000
_FILLED = (
    *("contacts", "identities", "posts", "conversations", "comments", "notes", "deliveries", "replies"),
    *("conversation_events", "routing_decisions", "search_entries"),
)


@dataclass(frozen=True, slots=True)
class House:
    """A filled database."""

    settings: Settings
    comments: int


def in_sqlite(comments: int) -> House:
    """The full house in SQLite."""
    folder = CACHE / f"sqlite-{_name(comments)}"
    path = folder / "porchlight.db"
    settings = Settings(data_dir=folder, database=DatabaseSection(url=f"sqlite:///{path}"))
    if not (folder / "ready").exists():
        _tidy("sqlite", comments)
        folder.mkdir(parents=True)
        migrate.upgrade(settings.database_url, FILLED_AT)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            for pragma in ("synchronous=OFF", "journal_mode=OFF", "foreign_keys=OFF", "cache_size=-500000"):
                connection.execute(f"PRAGMA {pragma}")
            _fill(Sqlite(connection), settings, comments)
            connection.execute("PRAGMA journal_mode=WAL")
        (folder / "ready").touch()
    _bring_up_to_date(settings)
    return House(settings, comments)


@contextmanager
def in_postgresql(comments: int) -> Iterator[House]:
    """The full house in a PostgreSQL server of its own, which runs meanwhile."""
    folder = CACHE / f"postgresql-{_name(comments)}"
    ready = folder / "ready"
    if not ready.exists():
        _tidy("postgresql", comments)
        folder.mkdir(parents=True)
    with server.kept(folder, "shared_buffers=1GB", "effective_cache_size=2GB", "max_wal_size=8GB") as running:
        url = running.url("porchlight")
        settings = Settings(data_dir=folder / "app", database=DatabaseSection(url=url))
        if not ready.exists():
            running.execute("CREATE DATABASE porchlight")
            migrate.upgrade(settings.database_url, FILLED_AT)
            with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
                _fill(Postgresql(connection), settings, comments)
            ready.touch()
        _bring_up_to_date(settings)
        yield House(settings, comments)


def _name(comments: int) -> str:
    made_by = b"".join(path.read_bytes() for path in (Path(__file__), Path(inbox_rows.__file__)))
    return f"{comments}-{hashlib.sha256(made_by).hexdigest()[:12]}"


def _tidy(kind: str, comments: int) -> None:
    """Remove what was made for another form of the database, or only half."""
    for old in CACHE.glob(f"{kind}-{comments}-*"):
        shutil.rmtree(old)


def _people(settings: Settings) -> Iterator[str]:
    """Pages that are read without trouble, and agents; one of them can sign in."""
    box = bootstrap.build(settings).box
    secret = box.seal({"login": "us", "password": "secret"}).hex()
    now = f"'{utc_now():%Y-%m-%d %H:%M:%S.%f}'"
    sealed = f"decode('{secret}', 'hex')" if settings.database_url.startswith("postgresql") else f"x'{secret}'"
    for number in range(1, PAGES + 1):
        yield (
            "INSERT INTO pages (id, connector, name, url, state, team_id, demo, created_at) VALUES "
            f"({number}, 'wordpress', 'Blog {number}', 'https://blog{number}.example', 'active', {1 + number % 2}, "
            f"FALSE, {now})"
        )
        yield (
            "INSERT INTO connections (page_id, settings, sealed_secret, can_log_in, state, failures, next_read_at, "
            f"next_verify_at) VALUES ({number}, '{{}}', {sealed}, TRUE, 'ok', 0, {now}, {now})"
        )
    for number in range(1, 51):
        login, secret = (LOGIN, f"'{hash_password(PASSWORD)}'") if number == 1 else (f"{LOGIN}{number}", "NULL")
        yield (
            "INSERT INTO users (id, login, name, role, password_hash, active, demo, created_at) VALUES "
            f"({number}, '{login}', 'Agent {number}', 'agent', {secret}, TRUE, FALSE, {now})"
        )
        yield f"INSERT INTO team_members (team_id, user_id) VALUES (1, {number})"


def vocabulary() -> tuple[str, ...]:
    """Made words, the same in every run, the commonest first."""
    chance = random.Random(3)
    syllables = [a + b for a in "bdfgklmnprstwz" for b in ("a", "e", "i", "o", "u", "ä", "ei", "an", "er")]
    known: dict[str, None] = {}
    while len(known) < VOCABULARY:
        known["".join(chance.choice(syllables) for _ in range(2 + len(known) // 1_000 % 3))] = None
    return tuple(known)


def _texts() -> Iterator[str]:
    chance = random.Random(5)
    known = vocabulary()
    weights = list(itertools.accumulate(1 / (rank + 2.7) for rank in range(VOCABULARY)))
    for _number in range(TEXTS):
        said = chance.choices(known, cum_weights=weights, k=chance.randint(4, 36))
        yield " ".join(said).capitalize() + chance.choice(".!?")


def _names() -> Iterator[str]:
    known = vocabulary()
    for first, last in zip(known[10_000 : 10_000 + PEOPLE], known[::-1], strict=False):
        yield f"{first.title()} {last.title()}"


def _by(name: str) -> list[str]:
    entry = rules.entry_words(Kind.COMMENT, name, "", None)
    return [word for word in entry if not word.startswith(rules.IS)]


class Sqlite:
    """What is special about filling SQLite."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def run(self, statement: str) -> None:
        self._connection.execute(statement)

    def series(self, count: str) -> str:
        """The whole numbers to ``count``, as ``s.n``."""
        return (
            f"(WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < {count}) SELECT n FROM r) AS s"
        )

    def at(self, ms: str) -> str:
        return f"(strftime('%Y-%m-%d %H:%M:%f', {ms} / 1000.0, 'unixepoch') || '000')"

    def json(self, text: str) -> str:
        return f"'{text}'"

    def word(self, value: str) -> str:
        """One word of an entry."""
        return f"({value})"

    def joined(self, *parts: str) -> str:
        return " || ' ' || ".join(parts)

    def encoded(self, entry: Sequence[str]) -> str:
        return " ".join(entry)

    def helper(self, name: str, rows: Sequence[tuple[Any, ...]]) -> None:
        self.run(f"CREATE TEMP TABLE {name} (n INTEGER PRIMARY KEY, said TEXT, words TEXT)")
        self._connection.executemany(f"INSERT INTO {name} VALUES (?, ?, ?)", rows)

    @contextmanager
    def quickly(self) -> Iterator[None]:
        """Without triggers and indices, which are made at the end."""
        made = self._connection.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL "
            f"AND tbl_name IN {_FILLED!r}"
        ).fetchall()
        for kind, name, _sql in made:
            self.run(f"DROP {kind} {name}")
        self.run("BEGIN")
        yield
        self.run("COMMIT")
        self.run("INSERT INTO search_words (search_words) VALUES ('rebuild')")
        for _kind, _name, sql in made:
            self.run(sql)


class Postgresql:
    """What is special about filling PostgreSQL."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self._connection = connection

    def run(self, statement: str) -> None:
        self._connection.execute(statement.encode())

    def series(self, count: str) -> str:
        """The whole numbers to ``count``, as ``s.n``."""
        return f"generate_series(1, {count}::bigint) AS s(n)"

    def at(self, ms: str) -> str:
        return f"to_timestamp({ms} / 1000.0)"

    def json(self, text: str) -> str:
        return f"'{text}'::jsonb"

    def word(self, value: str) -> str:
        """One word of an entry."""
        return f"('''' || {value} || ''':1')::tsvector"

    def joined(self, *parts: str) -> str:
        return " || ".join(parts)

    def encoded(self, entry: Sequence[str]) -> str:
        return rules.as_tsvector(entry)

    def helper(self, name: str, rows: Sequence[tuple[Any, ...]]) -> None:
        self.run(f"CREATE TEMP TABLE {name} (n bigint PRIMARY KEY, said text, words tsvector)")
        with self._connection.cursor() as cursor, cursor.copy(f"COPY {name} FROM STDIN".encode()) as copy:
            for row in rows:
                copy.write_row(row)
        self.run(f"ANALYZE {name}")

    @contextmanager
    def quickly(self) -> Iterator[None]:
        """Without triggers, foreign keys and indices, which are made at the end."""
        for setting in ("session_replication_role = replica", "maintenance_work_mem = '1GB'", "work_mem = '512MB'"):
            self.run(f"SET {setting}")
        made = self._connection.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
            f"WHERE NOT indisunique AND indrelid::regclass::text IN {_FILLED!r}".encode()
        ).fetchall()
        for name, _sql in made:
            self.run(f"DROP INDEX {name}")
        yield
        for _name, sql in made:
            self.run(sql)
        self.run("VACUUM (ANALYZE)")


def _bring_up_to_date(settings: Settings) -> None:
    begun = time.perf_counter()
    if migrate.upgrade(settings.database_url):
        bootstrap.seed(bootstrap.build(settings))
        print(f"  brought up to date in {time.perf_counter() - begun:.0f} s", flush=True)


def _fill(to: Sqlite | Postgresql, settings: Settings, comments: int) -> None:
    begun = time.perf_counter()
    to.helper("texts", [(number, said, to.encoded(words(said))) for number, said in enumerate(_texts())])
    to.helper("people", [(number, name, to.encoded(_by(name))) for number, name in enumerate(_names())])
    with to.quickly():
        for statement in (*_people(settings), *inbox_rows.statements(to, comments)):
            to.run(statement)
    print(f"  filled with {comments:,} comments in {time.perf_counter() - begun:.0f} s", flush=True)
