"""``porchlight doctor``: is everything there that is needed, and what to do when not."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import click
import redis

from app.cli import redis_server
from app.cli.common import json_option, print_json_lines, settings
from app.core import alive, migrate, trouble
from app.core.config import Settings
from app.core.db import Database
from app.core.errors import PorchlightError
from app.core.i18n import gettext as _
from app.core.security import SecretBox
from app.pages import queries as pages

LITTLE_SPACE = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. ``check`` is stable and for programs, ``text`` says what was found and what to do."""

    check: str
    ok: bool
    text: str


@click.command()
@json_option
def doctor(as_json: bool) -> int:
    """Look at the data folder, the database, Redis and the processes; exit 1 when something is wrong."""
    findings = list(examine(settings()))
    if as_json:
        print_json_lines({"check": item.check, "ok": item.ok, "text": item.text} for item in findings)
    else:
        for item in findings:
            click.echo(f"{_('fine') if item.ok else _('WRONG')}: {item.text}")
    return 0 if all(item.ok for item in findings) else 1


def examine(current: Settings) -> Iterator[Finding]:
    """All findings, one check after the other; a check that breaks is a finding itself."""
    checks: dict[str, Callable[[Settings], Finding]] = {
        "data_dir": _data_dir,
        "database": _database,
        "redis": _redis,
        "processes": _processes,
    }
    for name, check in checks.items():
        try:
            yield check(current)
        except Exception as error:
            text = error.message if isinstance(error, PorchlightError) else trouble.explain(error)
            if text is None:
                raise
            yield Finding(name, False, text)


def _data_dir(current: Settings) -> Finding:
    current.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    probe = current.data_dir / ".doctor"
    probe.write_bytes(b"x")
    probe.unlink()
    if current.key_file.exists() or _holds_secrets(current):
        SecretBox.from_file(current.key_file, lambda: True)
    free = shutil.disk_usage(current.data_dir).free
    values: dict[str, Any] = {"folder": current.data_dir, "gigabytes": f"{free / 1e9:.1f}"}
    if free < LITTLE_SPACE:
        return Finding(
            "data_dir", False, _("Only %(gigabytes)s GB are free for %(folder)s. Make some space.", **values)
        )
    return Finding("data_dir", True, _("The data folder is %(folder)s, with %(gigabytes)s GB free.", **values))


def _holds_secrets(current: Settings) -> bool:
    database = Database(current.database_url)
    try:
        with database.read() as session:
            return pages.holds_secrets(session)
    finally:
        database.dispose()


def _database(current: Settings) -> Finding:
    if not migrate.is_current(current.database_url):
        return Finding("database", False, _("The database is not up to date. Run “porchlight db upgrade”."))
    if migrate.differences(current.database_url):
        return Finding(
            "database", False, _("The database differs from what this version expects. See “porchlight db check”.")
        )
    return Finding("database", True, _("The database is up to date."))


def _redis(current: Settings) -> Finding:
    if current.redis.url is None and not current.redis_socket.exists():
        redis_server.command(current)
        return Finding("redis", True, _("The Redis server that comes along is installed; “porchlight run” starts it."))
    with redis.Redis.from_url(current.redis_url, socket_timeout=3) as connection:
        version = connection.info("server")["redis_version"]
    return Finding("redis", True, _("Redis %(version)s answers.", version=version))


def _processes(current: Settings) -> Finding:
    if current.redis.url is None and not current.redis_socket.exists():
        return Finding("processes", True, _("Porchlight is not running."))
    with redis.Redis.from_url(current.redis_url, socket_timeout=3) as connection:
        living = alive.living(connection)
    missing = [role for role in alive.EXPECTED if role not in living]
    if missing:
        return Finding(
            "processes", False, _("Nobody has seen these processes lately: %(names)s.", names=", ".join(missing))
        )
    return Finding("processes", True, _("Workers and scheduler are running."))
