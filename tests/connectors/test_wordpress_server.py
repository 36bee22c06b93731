"""Installing what the WordPress test server needs."""

import subprocess
from pathlib import Path

from tests.servers import wordpress

SCRIPT = Path(wordpress.__file__).parent / "install.sh"


def run(path: Path) -> "subprocess.CompletedProcess[str]":
    search = {"PATH": f"{path}:/usr/bin:/bin"}
    return subprocess.run(["/bin/sh", str(SCRIPT)], env=search, capture_output=True, text=True, check=False)


def pretend(folder: Path, command: str, script: str) -> None:
    (folder / command).write_text(f"#!/bin/sh\n{script}\n")
    (folder / command).chmod(0o755)


def test_without_the_right_to_install_it_says_what_to_install(tmp_path: Path) -> None:
    pretend(tmp_path, "dpkg-query", 'case "$5$4$3" in *wordpress*) echo not-installed;; *) echo installed;; esac')
    pretend(tmp_path, "id", "echo 1000")
    pretend(tmp_path, "apt-get", "echo nothing may be installed here >&2; exit 9")
    done = run(tmp_path)
    assert done.returncode == 1
    assert "Please run: sudo apt-get install --no-install-recommends wordpress" in done.stderr
    assert "nothing may" not in done.stderr


def test_with_everything_there_nothing_is_done(tmp_path: Path) -> None:
    pretend(tmp_path, "dpkg-query", "echo installed")
    pretend(tmp_path, "apt-get", "exit 9")
    done = run(tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
