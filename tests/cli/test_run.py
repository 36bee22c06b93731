"""``porchlight run``: starts everything, says where it is, recovers from killed processes, and leaves nobody behind."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from app.accounts import service as accounts
from app.accounts.types import Role
from app.cli import call, porchlight
from app.core.clock import utc_now
from app.core.config import Settings
from app.core.db import Database
from tests.processes import PATIENCE, eventually, started

RUN = [sys.executable, "-P", "-m", "app.cli", "run"]
PARTS = (
    "app.cli web",
    "--queue prompt",
    "--queue sending",
    "--queue patient",
    "--queue notices",
    "workers.schedule",
    "redis-server",
)


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PORCHLIGHT_")}
    return {**clean, "PORCHLIGHT_DATA_DIR": str(data_dir), **more}


class Running:
    """A Porchlight that has said it is ready."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.said: list[str] = []
        self.url = self.read_until("is ready: ").split()[-1]

    def read_until(self, words: str) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if words in line:
                return line
        raise AssertionError(f"{words!r} was never said, but: {self.said}")

    def answers(self) -> bool:
        """Whether a page comes back."""
        try:
            with urllib.request.urlopen(self.url, timeout=5) as answer:
                return b"</html>" in answer.read()
        except OSError:
            return False

    def family(self) -> list[psutil.Process]:
        return list(psutil.Process(self.process.pid).children(recursive=True))

    def is_complete(self) -> bool:
        commands = [" ".join(process.cmdline()) for process in self.family() if process.is_running()]
        return all(any(part in command for command in commands) for part in PARTS)

    def stop(self) -> str:
        """Press Ctrl-C; answers what was said after that."""
        family = self.family()
        self.process.send_signal(signal.SIGINT)
        said, _ = self.process.communicate(timeout=PATIENCE)
        assert self.process.returncode == 0, said
        assert not psutil.wait_procs(family, timeout=1)[1]
        return said


@contextmanager
def running(data_dir: Path, *arguments: str, **variables: str) -> Iterator[Running]:
    with started([*RUN, "--port", "0", *arguments], environment(data_dir, **variables)) as process:
        yield Running(process)


def refused(data_dir: Path, *arguments: str, **variables: str) -> tuple[int, str]:
    with started([*RUN, *arguments], environment(data_dir, **variables)) as process:
        said, _ = process.communicate(timeout=PATIENCE)
        assert "Traceback" not in said
        return process.returncode, said


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_from_the_first_start_to_the_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data_dir = tmp_path / "Blögs? 100%25 = all of #1" / "data"
    with running(data_dir) as first:
        assert str(data_dir) in first.said[0]
        link = first.read_until("/setup/").split()[-1]
        assert link.startswith(first.url)
        assert first.answers()
        with urllib.request.urlopen(link, timeout=10) as answer:
            assert answer.status == 200
        assert first.is_complete()
        monkeypatch.setenv("PORCHLIGHT_DATA_DIR", str(data_dir))
        eventually(lambda: call(porchlight, ["doctor"]) == 0, "the doctor found everything in order")
        asked = time.monotonic()
        assert "has stopped" in first.stop()
        assert time.monotonic() - asked < 10
    assert (data_dir / "porchlight.db").is_file()
    database = Database(Settings(data_dir=data_dir).database_url)
    with database.write() as session:
        accounts.create_user(session, login="ada", role=Role.ADMIN, password="a good long one", now=utc_now())
    database.dispose()
    with running(data_dir) as second:
        assert second.answers()
        assert "/setup/" not in second.stop()


@pytest.mark.slow
def test_killed_processes_come_back(data_dir: Path) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    with running(data_dir) as porch:
        for number in range(6):
            victim = chance.choice(porch.family())
            victim.kill()
            victim.wait(PATIENCE)
            eventually(
                lambda: porch.is_complete() and porch.answers(), f"all was well after kill {number} (seed {seed})"
            )
        porch.stop()


def test_nobody_outlives_a_killed_supervisor_and_the_folder_is_free_again(data_dir: Path) -> None:
    with running(data_dir) as porch:
        family = porch.family()
        porch.process.kill()
        assert not psutil.wait_procs(family, timeout=PATIENCE)[1]
    with running(data_dir) as again:
        assert again.answers()
        again.stop()


def test_a_second_one_in_the_same_folder_is_refused(data_dir: Path) -> None:
    with running(data_dir) as porch:
        code, said = refused(data_dir, "--port", "0")
        assert code == 1
        assert f"process {porch.process.pid}" in said
        assert porch.answers()


def test_a_port_in_use_is_named_with_the_remedy(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        code, said = refused(data_dir, "--port", port)
    assert code == 1
    assert port in said
    assert "--port" in said
    assert len(said.splitlines()) == 1


def test_a_folder_that_can_not_be_used_is_named(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    code, said = refused(in_the_way / "data", "--port", "0")
    assert code == 1
    assert "data_dir" in said


def test_a_damaged_key_is_named_once(data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / "secret.key").write_text("damaged")
    code, said = refused(data_dir, "--port", "0")
    assert code == 1
    assert said.count("secret.key: this is not a key made by Porchlight") == 1
    assert len(said.splitlines()) == 3, said  # where the data is, the reason, and that nothing was started


def test_a_disk_without_space_is_named(data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / "porchlight.db").symlink_to("/dev/full")
    code, said = refused(data_dir, "--port", "0")
    assert code == 1
    assert "database" in said


def test_a_wrong_setting_is_wrong_usage(data_dir: Path) -> None:
    code, said = refused(data_dir, PORCHLIGHT_WEB_PORT="eighty")
    assert code == 2
    assert "PORCHLIGHT_WEB_PORT" in said
    assert refused(data_dir, "--prot", "1")[0] == 2


def test_a_folder_with_a_long_name_gets_its_socket_elsewhere(tmp_path: Path) -> None:
    with running(tmp_path / ("long" * 25)) as porch:
        told = next(line for line in porch.said if "/tmp/porchlight-" in line)
        folder = Path(next(word for word in told.split() if word.startswith("/tmp/")).rstrip(":"))
        assert folder.stat().st_mode & 0o777 == 0o700
        assert porch.answers()
        porch.stop()
        assert not folder.exists()
