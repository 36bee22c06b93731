"""Migrations lead from every earlier form of the database to the one the models describe, on both databases."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.pool import NullPool

from app.cli import call, porchlight
from app.core import migrate, revisions
from app.core.db import Database
from app.core.errors import PorchlightError
from tests.processes import PATIENCE, started
from tests.servers.postgres import Postgres

BEFORE_SEARCH, BEFORE_JOINING = "0004", "0008"
UPGRADE = "import sys; from app.core import migrate; migrate.upgrade(sys.argv[1])"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        with postgres.database() as url:
            yield url


def test_an_upgrade_from_every_revision_ends_where_the_models_are(empty_url: str) -> None:
    """Each revision is reached and left by an upgrade of its own: whoever starts at one walks the same steps."""
    db = Database(empty_url)
    for revision in migrate.revisions():
        assert not revisions.is_newest(db), revision
        assert not migrate.is_current(empty_url), revision
        assert migrate.upgrade(empty_url, revision), revision
    assert migrate.is_current(empty_url)
    assert revisions.is_newest(db)
    db.dispose()
    assert migrate.differences(empty_url) == []


def test_a_second_upgrade_has_nothing_to_do(database_url: str) -> None:
    assert migrate.is_current(database_url)
    assert not migrate.upgrade(database_url)


def test_the_planner_knows_every_column_that_an_upgrade_added(postgres: Postgres) -> None:
    """Without, the screens of a large house read whole tables until the server looks at them by itself."""
    with postgres.database() as url:
        migrate.upgrade(url, BEFORE_JOINING)
        people = "SELECT n, 'Ann', now() FROM generate_series(1, 500) n"
        _execute(url, f"INSERT INTO contacts (id, name, created_at) {people}")
        _execute(url, "ANALYZE contacts")
        migrate.upgrade(url)
        engine = create_engine(url, poolclass=NullPool)
        with engine.connect() as connection:
            known = connection.execute(
                text("SELECT n_distinct FROM pg_stats WHERE tablename = 'contacts' AND attname = 'head_id'")
            ).scalar()
    assert known == -1, "each contact has its own"


def test_several_may_start_at_once(empty_url: str) -> None:
    with ExitStack() as stack:
        command = [sys.executable, "-c", UPGRADE, empty_url]
        racers = [stack.enter_context(started(command, dict(os.environ))) for _ in range(4)]
        said = [racer.communicate(timeout=PATIENCE)[0] for racer in racers]
        assert [racer.returncode for racer in racers] == [0] * 4, said
    assert migrate.differences(empty_url) == []


def test_a_database_from_the_future_is_left_alone(database_url: str) -> None:
    _execute(database_url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(PorchlightError, match="newer version") as refused:
        migrate.upgrade(database_url)
    assert refused.value.code == "database_too_new"


def test_a_failing_upgrade_changes_nothing(empty_url: str) -> None:
    _execute(empty_url, "CREATE TABLE users (id INTEGER)")
    with pytest.raises(Exception, match="users"):
        migrate.upgrade(empty_url)
    assert _tables(empty_url) == {"users"}


def test_check_says_what_is_missing(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORCHLIGHT_DATABASE_URL", empty_url)
    monkeypatch.setenv("PORCHLIGHT_DATA_DIR", str(tmp_path / "data"))
    assert call(porchlight, ["db", "check"]) == 1
    assert "porchlight db upgrade" in capfd.readouterr().out
    assert call(porchlight, ["db", "upgrade"]) == 0
    assert call(porchlight, ["db", "check"]) == 0
    _execute(empty_url, "CREATE TABLE stray (id INTEGER)")
    capfd.readouterr()
    assert call(porchlight, ["db", "check", "--json"]) == 1
    said = json.loads(capfd.readouterr().out)
    assert said["migrated"]
    assert "stray" in said["differences"][0]


def _execute(url: str, statement: str) -> None:
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(text(statement))


def _tables(url: str) -> set[str]:
    return set(inspect(create_engine(url, poolclass=NullPool)).get_table_names())


def test_the_search_hears_of_everything_that_is_stored_or_was_before(empty_url: str) -> None:
    migrate.upgrade(empty_url, BEFORE_SEARCH)
    at = "'2026-05-04 12:00:00'"
    _execute(empty_url, f"INSERT INTO contacts (id, name, created_at) VALUES (7, 'Eva', {at})")
    identity = "INSERT INTO identities (id, contact_id, realm, key, name, created_at) VALUES"
    _execute(empty_url, f"{identity} (8, 7, 'page:1', 'eva', 'Eva', {at})")
    migrate.upgrade(empty_url)
    with create_engine(empty_url, poolclass=NullPool).connect() as connection:
        assert connection.execute(text("SELECT kind, source_id FROM search_queue")).all() == [("contact", 7)]
    _execute(empty_url, "UPDATE contacts SET name = 'Ewa'")
    _execute(empty_url, "DELETE FROM identities")
    with create_engine(empty_url, poolclass=NullPool).connect() as connection:
        assert len(connection.execute(text("SELECT id FROM search_queue")).all()) == 3


def test_the_time_zone_of_a_digest_becomes_that_of_the_account(empty_url: str) -> None:
    migrate.upgrade(empty_url, "0034")
    people = {1: (None, "Asia/Kolkata"), 2: ("Europe/Berlin", "Asia/Kolkata"), 3: (None, "UTC")}
    for number, (own, of_digest) in people.items():
        chosen = f"'{own}'" if own else "NULL"
        _execute(
            empty_url,
            "INSERT INTO users (id, login, name, role, active, demo, created_at, time_zone) "
            f"VALUES ({number}, 'p{number}', 'P', 'agent', true, false, '2026-05-04 12:00:00', {chosen})",
        )
        _execute(
            empty_url,
            "INSERT INTO notice_settings (user_id, stopped, digest_hour, time_zone, digested_on) "
            f"VALUES ({number}, false, 8, '{of_digest}', '2026-05-04')",
        )
    migrate.upgrade(empty_url)
    with create_engine(empty_url, poolclass=NullPool).connect() as connection:
        kept = connection.execute(text("SELECT time_zone FROM users ORDER BY id")).scalars().all()
    assert kept == ["Asia/Kolkata", "Europe/Berlin", None]


def test_no_later_migration_lost_a_trigger_that_counts_or_keeps_waits(database_url: str) -> None:
    sqlite = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'conversations_%'"
    postgresql = "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'conversations_%'"
    with create_engine(database_url, poolclass=NullPool).connect() as connection:
        found = connection.execute(text(sqlite if database_url.startswith("sqlite") else postgresql)).scalars()
        counted = [f"conversations_counted_{what}" for what in ("changed", "come", "gone")]
        assert sorted(found) == [*counted, "conversations_waited_enough", "conversations_waited_otherwise"]


def test_no_later_migration_lost_a_trigger_of_the_search(database_url: str) -> None:
    sqlite = "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'search%'"
    postgresql = "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgname LIKE 'search%'"
    with create_engine(database_url, poolclass=NullPool).connect() as connection:
        found = connection.execute(text(sqlite if database_url.startswith("sqlite") else postgresql)).all()
    watched = (
        ["comments"] * 3 + ["notes"] * 3 + ["replies"] * 3 + ["contacts"] * 2 + ["identities"] * 3 + ["deliveries"]
    )
    if database_url.startswith("sqlite"):
        assert sorted(table for table, _name in found) == sorted([*watched, *["search_entries"] * 3])
    else:
        assert sorted(table for table, _name in found) == sorted(set(watched))
