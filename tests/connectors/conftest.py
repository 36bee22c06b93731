"""Fixtures for the tests of connectors."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from app.core.db import Database
from app.core.security import SecretBox
from tests.connectors.reading_house import ReadingHouse
from tests.connectors.wordpress_stage import Wire
from tests.servers.faulty_proxy import FaultyProxy
from tests.servers.loopback import Loopback, Reply
from tests.servers.wordpress import Site

pytest.register_assert_rewrite(
    "tests.connectors.acting_contract",
    "tests.connectors.contract",
    "tests.connectors.following",
    "tests.connectors.reading_contract",
    "tests.connectors.wire_contract",
)


@pytest.fixture(scope="module")
def wordpress_wire(wordpress_server: Site) -> Iterator[Wire]:
    """The test WordPress behind a proxy that breaks on demand."""
    with FaultyProxy(wordpress_server.address) as proxy, Loopback() as other:
        other.route("*", lambda _request: Reply(b"<title>The garden</title><p>No blog here"))
        yield Wire(wordpress_server, proxy, other.url())


@pytest.fixture
def reading_house(sqlite_template: Path, tmp_path: Path) -> Iterator[ReadingHouse]:
    """On SQLite alone: what is tried is what connectors say, not how it is stored."""
    path = tmp_path / "porchlight.db"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}", pool_size=5)
    yield ReadingHouse(database, SecretBox(Fernet.generate_key()))
    database.dispose()
