"""Runs a server for as long as another process lives: ``python guard.py LEADER FOLDER ACCOUNT COMMAND...``

Starts COMMAND as ACCOUNT ("-": as ourselves), stops it when the process LEADER is gone, and removes FOLDER at the end.
"""

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path


def lives(pid: int) -> bool:
    """Whether the process runs; one that ended and was not fetched yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def main() -> None:
    leader, folder, account, command = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4:]
    user = None if account == "-" else account
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=folder, user=user, group=user, extra_groups=[] if user else None,
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    while lives(leader) and server.poll() is None:
        time.sleep(0.3)
    server.send_signal(signal.SIGINT)
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
