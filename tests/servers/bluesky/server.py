"""A whole AT Protocol network on loopback: npm's ``@atproto/dev-env``, on a Node and a PostgreSQL of the tests' own.

Node and the packages are installed once, below ``~/.cache/porchlight-tests``: about a minute, and 900 MB. Nothing is
shared with a network that runs on this machine already.
"""

import json
import random
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers import node
from tests.servers.bluesky.people import Network
from tests.servers.node import Node, NotInstalled
from tests.servers.postgres import Postgres
from tests.servers.scratch import scratch

HERE = Path(__file__).parent
START_SECONDS = 90
PORTS = 6
LOW_PORTS = (12_000, 32_000)


class NotStarted(Exception):
    """The network can't be started; the text says why."""


def install() -> Node:
    """Install what is missing; answer the Node it runs on. Raises NotStarted."""
    try:
        return node.install("bluesky", HERE, _compile)
    except NotInstalled as error:
        raise NotStarted(str(error)) from None


def _compile(found: Node) -> None:
    """The one part that is compiled, for exactly this Node."""
    home = str(found.home)
    found.npm("rebuild", "better-sqlite3", npm_config_nodedir=home, npm_config_build_from_source="1")


@contextmanager
def running(postgres: Postgres) -> Iterator[Network]:
    """A network with nobody in it. Raises NotStarted."""
    found = install()
    with postgres.database() as url, tempfile.TemporaryDirectory(prefix="porchlight-at-", dir=scratch()) as folder:
        environment = {
            "PATH": f"{found.program.parent}:/usr/bin:/bin",
            "HOME": folder,
            "TMPDIR": folder,
            "LOG_ENABLED": "false",
            "BLUESKY_INSTALL": str(found.folder),
            "BLUESKY_PORT": str(_free_ports()),
            "DB_POSTGRES_URL": url.replace("postgresql+psycopg://", "postgresql://"),
            "DB_POSTGRES_SCHEMA": "view",
            "REDIS_HOST": "127.0.0.1",  # asked for, never connected to
        }
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen(
                [str(found.program), "--import", str(HERE / "loopback.mjs"), str(HERE / "network.mjs")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
                cwd=folder,
            )
        try:
            yield Network(**json.loads(_first_line(process, Path(folder) / "log")))
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
    """The first of several ports in a row that nobody listens on now, below those that systems give to whoever asks for
    any: the network takes some seconds until it listens, and would often find one taken by then."""
    while True:
        port = random.randrange(*LOW_PORTS)
        if all(_is_free(port + n) for n in range(PORTS)):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as one:
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
