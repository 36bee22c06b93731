"""The supervisor restarts the dead, stops everything in time, and leaves nobody behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from tests.processes import PATIENCE, eventually, started
from tests.servers.guard import lives

SCRIPT = Path(__file__).with_name("supervised.py")
SLEEPER = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
HELPER = "import subprocess, time; subprocess.Popen(['sleep', '600']); time.sleep(600)"

Supervise = Callable[..., "subprocess.Popen[str]"]


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@pytest.fixture
def supervise() -> Iterator[Supervise]:
    with ExitStack() as stack:

        def start(*commands: list[str]) -> "subprocess.Popen[str]":
            process = stack.enter_context(
                started([sys.executable, str(SCRIPT), json.dumps(commands)], dict(os.environ))
            )
            assert read_until(process, "started")
            return process

        yield start


def read_until(process: "subprocess.Popen[str]", words: str) -> str:
    """The next line with these words in it."""
    assert process.stdout is not None
    for line in process.stdout:
        if words in line:
            return line
    raise AssertionError(f"{words!r} was never said")


def deaf(pid: int) -> bool:
    """Whether the process ignores SIGTERM (proc(5), SigIgn)."""
    fields = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return bool(int(fields["SigIgn"], 16) & 1 << signal.SIGTERM - 1)


def family(process: "subprocess.Popen[str]") -> list[int]:
    return [child.pid for child in psutil.Process(process.pid).children(recursive=True)]


def test_the_dead_are_started_again_with_growing_pauses(supervise: Supervise) -> None:
    process = supervise(python("raise SystemExit(3)"))
    pauses = [read_until(process, "exit code 3").rsplit(" ", 2)[1] for _ in range(4)]
    assert pauses == ["0.5", "1", "2", "4"]


def test_a_killed_program_is_named_with_its_signal_and_replaced(supervise: Supervise) -> None:
    process = supervise(python(SLEEPER), python(SLEEPER))
    victim = family(process)[1]
    os.kill(victim, signal.SIGKILL)
    assert "P1 stopped (signal SIGKILL)" in read_until(process, "stopped")
    eventually(lambda: len(family(process)) == 2, "it was started again")
    assert victim not in family(process)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stop_signals_stop_everything(supervise: Supervise, number: signal.Signals) -> None:
    process = supervise(python(SLEEPER), python(SLEEPER))
    children = family(process)
    process.send_signal(number)
    assert process.wait(PATIENCE) == 0
    assert not any(lives(child) for child in children)


def test_who_does_not_listen_is_killed_within_ten_seconds(supervise: Supervise) -> None:
    process = supervise(python(STUBBORN), python(STUBBORN))
    eventually(lambda: [deaf(child) for child in family(process)] == [True, True], "both stopped listening")
    children, asked = family(process), time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0
    assert time.monotonic() - asked < 10
    assert not any(lives(child) for child in children)


def test_helpers_of_a_dead_program_go_with_it(supervise: Supervise) -> None:
    process = supervise(python(HELPER))
    eventually(lambda: len(family(process)) == 2, "the helper was started")
    program, helper = family(process)
    os.kill(program, signal.SIGKILL)
    eventually(lambda: not lives(helper), "the helper was swept up")


def test_children_die_with_a_supervisor_that_is_killed(supervise: Supervise) -> None:
    process = supervise(python(STUBBORN), python(SLEEPER))
    children = family(process)
    process.kill()
    eventually(lambda: not any(lives(child) for child in children), "nobody was left behind")


def test_a_program_that_can_not_be_started_is_an_error_and_stops_the_others(supervise: Supervise) -> None:
    with started(
        [sys.executable, str(SCRIPT), json.dumps([python(SLEEPER), ["/no/such/program"]])], dict(os.environ)
    ) as process:
        said, _ = process.communicate(timeout=PATIENCE)
    assert "No such file" in said
    assert process.returncode == 1
