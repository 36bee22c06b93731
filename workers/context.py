"""What jobs work with: the parts wired together once, when the process starts."""

import threading

from app.bootstrap import Services

stopping = threading.Event()
"""Set once the process is asked to stop: a job finishes what it holds and claims nothing new."""
_started: list[Services] = []


def start(services: Services) -> None:
    """Called once by the process before it runs any job."""
    _started[:] = [services]


def services() -> Services:
    """The parts. Raises RuntimeError in a process that never called ``start``."""
    if not _started:
        raise RuntimeError("workers.context.start was not called")
    return _started[0]
