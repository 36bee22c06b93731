"""Keeps a handful of processes running: starts them, restarts the dead with growing pauses, stops them together.

Each program gets a process group of its own, so that Ctrl-C reaches only the supervisor and helpers of a dead program
can be swept up with it. The kernel kills a program whose supervisor is gone.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType

from app.core.i18n import gettext as _
from app.core.process import die_with_parent

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 15.0
STABLE_AFTER = 10.0
"""A program that lived this many seconds starts again with the first pause."""
STOP_SECONDS = 6.0
"""How long programs may take to finish what they are doing before they are killed."""
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Program:
    """What to run. ``name`` is shown to people; ``last`` programs serve the others and are stopped after them."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    last: bool = False


@dataclass(slots=True)
class _Child:
    program: Program
    process: subprocess.Popen[bytes]
    started: float
    failures: int = 0
    due: float | None = None
    """When to start it again; None while it runs."""


class StopRequested(KeyboardInterrupt):
    """Somebody pressed Ctrl-C or sent a signal to stop."""


class Supervisor:
    """Use as a context: inside the block stop signals raise StopRequested from the waiting methods, and whatever
    happens, leaving the block stops every program within ten seconds.

    ``say`` tells the person at the terminal what happened.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._children: list[_Child] = []
        self._mask: set[signal.Signals | int] = set()

    def __enter__(self) -> "Supervisor":
        self._mask = set(signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD, *_STOP_SIGNALS}))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._stop_all()
        finally:
            while signal.sigtimedwait({signal.SIGCHLD, *_STOP_SIGNALS}, 0) is not None:
                pass  # the stop has been obeyed; it must not kill us once unblocked
            signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)

    def start(self, program: Program) -> None:
        """Start a program and keep it running until the end of the block. Raises OSError when it can't be started."""
        self._children.append(_Child(program, self._spawn(program), time.monotonic()))

    def complete(self, program: Program) -> tuple[int, str]:
        """Run a program to its end, looking after the others meanwhile. Raises StopRequested.

        Answers its exit code and the few lines it printed (at most what a pipe holds).
        """
        process = self._spawn(program, subprocess.PIPE)
        try:
            while not _ended(process):
                self._wait(None)
        finally:
            _sweep(process)
        printed, _none = process.communicate()
        return process.returncode, printed.decode()

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> bool:
        """Look after the programs until ``ready`` says yes or the time is over. Raises StopRequested."""
        end = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > end:
                return False
            self._wait(0.03)
        return True

    def run(self) -> None:
        """Look after the programs for good. Raises StopRequested."""
        while True:
            self._wait(None)

    def _spawn(self, program: Program, stdout: int | None = None) -> subprocess.Popen[bytes]:
        supervisor, mask = os.getpid(), self._mask

        def prepare() -> None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            die_with_parent(supervisor)

        return subprocess.Popen(  # noqa: S603 (our own programs)
            list(program.command),
            env={**os.environ, **program.environment},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            process_group=0,
            preexec_fn=prepare,  # noqa: PLW1509 (the supervisor has one thread)
        )

    def _wait(self, seconds: float | None) -> None:
        """Sleep until a child ends, a restart is due or ``seconds`` are over, and do what is to be done then."""
        now = time.monotonic()
        pauses = [child.due - now for child in self._children if child.due is not None]
        if seconds is not None:
            pauses.append(seconds)
        signals = {signal.SIGCHLD, *_STOP_SIGNALS}
        got = signal.sigtimedwait(signals, max(0.0, min(pauses))) if pauses else signal.sigwaitinfo(signals)
        if got is not None and got.si_signo in _STOP_SIGNALS:
            raise StopRequested
        for child in self._children:
            if child.due is None and _ended(child.process):
                _sweep(child.process)
                self._mourn(child, _how(child.process.returncode))
            elif child.due is not None and child.due <= time.monotonic():
                self._restart(child)

    def _mourn(self, child: _Child, how: str) -> None:
        now = time.monotonic()
        child.failures = 0 if now - child.started >= STABLE_AFTER else child.failures
        pause = min(FIRST_PAUSE * 2**child.failures, LONGEST_PAUSE)
        child.failures += 1
        child.due = now + pause
        self._say(
            _(
                "%(name)s stopped (%(how)s). Starting it again in %(seconds)s s.",
                name=child.program.name,
                how=how,
                seconds=f"{pause:g}",
            )
        )

    def _restart(self, child: _Child) -> None:
        try:
            child.process = self._spawn(child.program)
        except OSError as error:
            self._mourn(child, str(error))
        else:
            child.started, child.due = time.monotonic(), None

    def _stop_all(self) -> None:
        self._stop([child for child in self._children if not child.program.last])
        self._stop([child for child in self._children if child.program.last])

    def _stop(self, children: list[_Child]) -> None:
        running = [child.process for child in children if child.due is None]
        for process in running:
            os.kill(process.pid, signal.SIGTERM)
        end = time.monotonic() + STOP_SECONDS / (2 if children and children[0].program.last else 1)
        while not all(_ended(process) for process in running) and time.monotonic() < end:
            got = signal.sigtimedwait({signal.SIGCHLD, *_STOP_SIGNALS}, 0.2)
            if got is not None and got.si_signo in _STOP_SIGNALS:
                break  # asked twice: no more patience
        for process in running:
            _sweep(process)


def _ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether it has ended; leaves it unreaped, so that its number can't pass to a stranger before the sweep."""
    if process.returncode is not None:
        return True
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _sweep(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a program and its helpers, and reap it."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _how(code: int) -> str:
    if code >= 0:
        return _("exit code %(code)s", code=code)
    return _("signal %(name)s", name=signal.Signals(-code).name)
