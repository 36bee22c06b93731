"""A throw-away PostgreSQL cluster for one test run, shared by all its processes.

Started from the installed server package, without durability, on a unix socket and a loopback port. It stops by
itself and removes its files when the process that leads the test run is gone, however that ended.
"""

import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

ACCOUNT = "postgres"
GUARD = Path(__file__).with_name("guard.py")


class Postgres:
    """A running cluster. ``url`` names a database in it, for SQLAlchemy."""

    def __init__(self, port: int) -> None:
        self.port = port

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{ACCOUNT}@127.0.0.1:{self.port}/{database}"

    def address(self, database: str) -> str:
        """The same for psycopg."""
        return f"postgresql://{ACCOUNT}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str) -> None:
        """Run a statement outside any transaction, in the maintenance database."""
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """The URL of a database of one's own, a copy of ``template``, dropped afterwards."""
        name = self.copy(template)
        try:
            yield self.url(name)
        finally:
            self.drop(name)

    def copy(self, template: str) -> str:
        """Copy a database; answers the name of the copy."""
        name = f"test_{secrets.token_hex(6)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever uses it."""
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")


def shared(folder: Path, leader: int) -> Postgres:
    """The cluster of this test run, started by whoever asks first.

    ``folder`` is common to all processes of the run, ``leader`` the process with whose end the cluster stops.
    """
    with (folder / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        noted = folder / "postgres.port"
        if not noted.exists():
            noted.write_text(str(_start(leader)))
        return Postgres(int(noted.read_text()))


@contextmanager
def kept(folder: Path, *options: str) -> Iterator[Postgres]:
    """A cluster whose files stay in ``folder`` for the next time, running meanwhile. ``options`` are settings of the
    server, as ``name=value``."""
    account = _account(folder)
    data = folder / "data"
    if not data.exists():
        _initialise(data, account)
    port = _free_port()
    chosen = [part for option in options for part in ("-c", option)]
    with (folder / "log").open("ab") as log:
        running = subprocess.Popen(
            [*_command(data, folder, port), *chosen],
            cwd=folder,
            user=account,
            group=account,
            extra_groups=[] if account else None,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _await(port, running, folder / "log")
        yield Postgres(port)
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(120)


def _start(leader: int) -> int:
    folder = Path(tempfile.mkdtemp(prefix="porchlight-pg-", dir="/tmp"))
    data = folder / "data"
    account = _account(folder)
    _initialise(data, account)
    port = _free_port()
    server = _command(data, folder, port)
    guard = subprocess.Popen(
        [sys.executable, str(GUARD), str(leader), str(folder), account or "-", *server],
        start_new_session=True,
        stdin=subprocess.DEVNULL,
    )
    _await(port, guard, folder / "log")
    return port


def _account(folder: Path) -> str | None:
    """Who runs the server, which refuses to run as root; the folder becomes theirs."""
    if os.geteuid() != 0:
        return None
    shutil.chown(folder, ACCOUNT, ACCOUNT)
    return ACCOUNT


def _initialise(data: Path, account: str | None) -> None:
    options = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", f"--username={ACCOUNT}", "--no-sync"]
    _run([str(_binaries() / "initdb"), *options, str(data)], data.parent, account)


def _command(data: Path, folder: Path, port: int) -> list[str]:
    return [
        str(_binaries() / "postgres"), "-D", str(data), "-k", str(folder), "-p", str(port),
        "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "synchronous_commit=off",
        "-c", "full_page_writes=off", "-c", "wal_level=minimal", "-c", "max_wal_senders=0", "-c", "autovacuum=off",
        "-c", "max_connections=200", "-c", "timezone=UTC",
    ]  # fmt: skip


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        pytest.fail("PostgreSQL's server is not installed. Run: sudo scripts/install-test-needs.sh", pytrace=False)
    return (found[-1] if found else Path(str(on_path))).parent


def _run(command: list[str], folder: Path, account: str | None) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        user=account,
        group=account,
        extra_groups=[] if account else None,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"{command[0]} failed: {done.stderr}", pytrace=False)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(port: int, guard: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and guard.poll() is None:
        try:
            psycopg.connect(f"postgresql://{ACCOUNT}@127.0.0.1:{port}/postgres", connect_timeout=5).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    said = log.read_text(errors="replace")[-2000:] if log.exists() else ""
    guard.terminate()
    pytest.fail(f"PostgreSQL did not start: {said}", pytrace=False)
