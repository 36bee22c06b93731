"""How many pages are read at a time, when some of them keep us waiting."""

import threading
from time import monotonic
from types import TracebackType
from typing import Self

SLOW_SECONDS = 1.0
"""A page that has kept us waiting this long gives its turn to another, and goes on besides."""
WAITING = 15
"""For each turn so many slow pages may be waited for."""


class Turns:
    """So many turns at a time; a reader that waits for a slow page does not keep one.

    Without this a few dozen sites that take requests and never answer would hold up all others for minutes.
    """

    def __init__(self, count: int) -> None:
        self._free = threading.Semaphore(count)

    def turn(self) -> "Turn":
        return Turn(self._free)


class Turn:
    """Use as a context around the work; ``slow`` is asked by somebody else meanwhile."""

    def __init__(self, free: threading.Semaphore) -> None:
        self._free = free
        self._lock = threading.Lock()
        self._begun: float | None = None
        self._held = False

    def __enter__(self) -> Self:
        self._free.acquire()
        self._begun, self._held = monotonic(), True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.give_back()

    def slow(self) -> bool:
        """Whether this has become slow; its turn is somebody else's from then on."""
        if self._begun is None or monotonic() - self._begun < SLOW_SECONDS:
            return False
        self.give_back()
        return True

    def give_back(self) -> None:
        """From now on it is somebody else's turn, whatever is left to do here. It may be given back before."""
        with self._lock:
            if self._held:
                self._held = False
                self._free.release()
