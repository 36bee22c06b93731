"""Prism (npm's ``@stoplight/prism-cli``) on loopback: answers from an OpenAPI description, or stands before a server
and refuses what the description does not know, on the way there and on the way back.

Installed once, below ``~/.cache/porchlight-tests``: some twenty seconds, and 250 MB with its Node.
"""

import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers import node
from tests.servers.node import Node, NotInstalled

HERE = Path(__file__).parent
START_SECONDS = 60


def install() -> Node:
    """Install it, unless it is there; answer the Node it runs on. Raises NotInstalled."""
    return node.install("prism", HERE)


@contextmanager
def running(description: Path, upstream: str | None = None) -> Iterator[str]:
    """The address of a mock of the description, or of a checking proxy before ``upstream``. Either answers 4xx or 500
    to whatever does not keep to it. Raises NotInstalled."""
    program = install()
    mode = ["proxy", "--errors", str(description), upstream] if upstream else ["mock", str(description)]
    script = program.folder / "node_modules/@stoplight/prism-cli/dist/index.js"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="porchlight-prism-") as scratch:
        log = Path(scratch) / "log"
        command = [str(program.program), str(script), *mode, "-h", "127.0.0.1", "-p", str(port)]
        with log.open("wb") as out:
            process = subprocess.Popen(command, stdout=out, stderr=out, cwd=scratch)
        try:
            _until_it_listens(process, port, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()


def _until_it_listens(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    ends = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < ends:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise NotInstalled(f"Prism did not start: {log.read_text(errors='replace')[-1500:]}")
