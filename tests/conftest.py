"""Fixtures every test may use.

A test that asks for ``database_url``, ``db``, ``settings`` or ``services`` runs twice: on SQLite and on PostgreSQL.
"""

import fcntl
import gc
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

import pytest
import redis
from argon2 import PasswordHasher
from sqlalchemy import Dialect, Engine, create_engine
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError

from app import bootstrap
from app.bootstrap import Services
from app.cli import redis_server
from app.core import db as database_module
from app.core import migrate, security
from app.core.config import Settings
from app.core.db import Database
from app.core.process import die_with_parent
from app.core.sections import DatabaseSection, RedisSection
from tests.servers.postgres import Postgres, shared
from tests.servers.recycled import Recycled

pytest_plugins = [
    "tests.servers.chromium",
    "tests.servers.loopback",
    "tests.servers.mail",
    "tests.servers.mastodon",
    "tests.servers.wordpress.fixtures",
]

TEMPLATE = "migrated"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest go first: at the end all processes have something to do."""
    items.sort(key=lambda item: "e2e" not in item.path.parts)


def pytest_collection_finish() -> None:
    """What has been imported stays: looking through it for garbage again and again took a fifth of the tests' time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(autouse=True, scope="session")
def quick_passwords() -> Iterator[None]:
    """Hash passwords at the least cost in this process: the tests sign in hundreds of times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(security, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield


@pytest.fixture(autouse=True, scope="session")
def common_statements() -> Iterator[None]:
    """Compile each statement once in this process: every test has engines of its own, which would do it anew."""
    dialects: dict[str, Dialect] = {}
    statements: dict[str, Any] = {}

    def one_dialect(url: str, **options: Any) -> Engine:
        engine = create_engine(url, **options)
        name = engine.dialect.name
        if name not in dialects:
            try:
                engine.connect().close()
            except OperationalError:  # what a test does without a database
                return engine
            engine.dispose()
            dialects[name], statements[name] = engine.dialect, engine._compiled_cache
        engine.dialect = engine.pool._dialect = dialects[name]
        engine._compiled_cache = statements[name]
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database_module, "create_engine", one_dialect)
        yield


@pytest.fixture(autouse=True, scope="session")
def commits_without_waiting() -> Iterator[None]:
    """SQLite does not wait for the disk in this process, as PostgreSQL does not here: no test cuts the power."""

    def hasty(prepare: Callable[[DBAPIConnection, object], None]) -> Callable[[DBAPIConnection, object], None]:
        @wraps(prepare)
        def prepared(connection: DBAPIConnection, record: object) -> None:
            prepare(connection, record)
            connection.execute("PRAGMA synchronous=OFF")

        return prepared

    with pytest.MonkeyPatch.context() as patch:
        for module in (database_module, migrate):
            patch.setattr(module, "_prepare_sqlite", hasty(module._prepare_sqlite))
        yield


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder common to all processes of this test run."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def postgres(run_folder: Path) -> Postgres:
    """A PostgreSQL cluster of this test run."""
    return shared(run_folder, os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid())


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres, run_folder: Path) -> str:
    """The name of a migrated database to copy."""
    with (run_folder / "template.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        if not lock.read():
            postgres.execute(f"CREATE DATABASE {TEMPLATE}")
            migrate.upgrade(postgres.url(TEMPLATE))
            lock.write("made")
    return TEMPLATE


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def recycled(postgres: Postgres, postgres_template: str) -> Recycled:
    """The database of this process, for one test after the other."""
    return Recycled(postgres, postgres_template)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database of the test's own."""
    if request.param == "sqlite":
        path = tmp_path / "porchlight.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
    else:
        database: Recycled = request.getfixturevalue("recycled")
        yield database.url()
        database.put_back()


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """The database, ready to use; nothing leaves after a commit."""
    database = Database(database_url, pool_size=5)
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def redis_url_of_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server of this test process, the one that comes along."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("redis"))
    parent = os.getpid()
    server = subprocess.Popen(redis_server.command(settings), preexec_fn=lambda: die_with_parent(parent))  # noqa: PLW1509
    end = time.monotonic() + 30
    while not redis_server.answers(settings.redis_socket):
        assert server.poll() is None, redis_server.log_file(settings).read_text()
        assert time.monotonic() < end
        time.sleep(0.01)
    yield settings.redis_url
    server.terminate()
    server.wait(10)
    shutil.rmtree(settings.redis_socket.parent, ignore_errors=True)


@pytest.fixture
def redis_url(redis_url_of_process: str) -> str:
    """An empty Redis."""
    with redis.Redis.from_url(redis_url_of_process) as connection:
        connection.flushall()
    return redis_url_of_process


@pytest.fixture
def settings(tmp_path: Path, database_url: str, redis_url: str) -> Settings:
    """Settings with a data folder, a database and a Redis of the test's own; requests to this machine are allowed."""
    return Settings.model_validate(
        {
            "data_dir": tmp_path / "data",
            "database": DatabaseSection(url=database_url, pool_size=5),
            "redis": RedisSection(url=redis_url),
            "outgoing": {"allow_networks": ["127.0.0.0/8"]},
        }
    )


@pytest.fixture
def services(settings: Settings) -> Iterator[Services]:
    """Everything wired together, as a process of Porchlight has it."""
    built = bootstrap.build(settings)
    yield built
    built.db.dispose()
    built.quick_db.dispose()
    built.redis.close()
