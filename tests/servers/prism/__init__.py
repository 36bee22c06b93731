"""Prism (npm's ``@stoplight/prism-cli``) on loopback: answers from an OpenAPI description, or stands before a server
and refuses what the description does not know, on the way there and on the way back.

Installed once, below ``~/.cache/porchlight-tests``: some twenty seconds, and 250 MB with its Node.
"""

import re
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers import node
from tests.servers.node import NotInstalled

HERE = Path(__file__).parent
START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Prism:
    """``log`` is what it says of every request."""

    base: str
    log: Path

    def violations(self) -> list[str]:
        """What did not keep to the description."""
        return re.findall(r"(?:Violation|terminated with error): (.*)", self.log.read_text(errors="replace"))


@contextmanager
def running(description: Path, upstream: str | None = None) -> Iterator[Prism]:
    """A mock of the description, or a checking proxy before ``upstream``. Raises NotInstalled."""
    program = node.install("prism", HERE)
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
            yield Prism(f"http://127.0.0.1:{port}", log)
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
