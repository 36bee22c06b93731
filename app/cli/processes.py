"""The processes of ``porchlight run``, each on its own: for several machines, or for another process manager."""

import gc
import os
import signal
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import Server

from app.cli import opening, ports, programs
from app.cli.common import settings
from app.cli.supervisor import StopRequested, Supervisor
from app.core.process import die_with_parent

APPLICATION = "app.asgi"
FACTORY = "app.factory"
"""Most of what the application imports; it reads and makes nothing."""
LAST_WORDS_SECONDS = 3
"""How long open requests and live streams may take to end when the server stops."""


@click.command()
def web() -> None:
    """Run the web server."""
    everything = settings()
    current = everything.web
    server = Server(
        APPLICATION,
        address=current.host,
        port=ports.claim(current),
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=current.processes,
        respawn_failed_workers=True,
        workers_kill_timeout=LAST_WORDS_SECONDS,
        log_level=LogLevels.warning,
    )
    server.serve(target_loader=partial(_application, os.getpid(), everything.data_dir), wrap_loader=False)


@click.command()
@click.option(
    "--queue", type=click.Choice(programs.QUEUES), help="Work on this queue only; without it, a worker for each."
)
def worker(queue: str | None) -> None:
    """Run a worker for each queue, or for one."""
    current = settings()
    if queue is not None:
        _become(*programs.module("workers.main", "--queue", queue))
    try:
        with Supervisor(click.echo) as supervisor:
            for program in programs.workers(current):
                supervisor.start(program)
            supervisor.run()
    except StopRequested:
        pass


@click.command()
def scheduler() -> None:
    """Run the scheduler, which wakes the workers when something is due. One is enough; several do no harm."""
    settings()
    _become(*programs.module("workers.schedule"))


def _application(parent: int, data_dir: Path) -> Any:
    """Loaded in each of the server's own processes, which must not outlive it."""
    die_with_parent(parent)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # until it serves, nothing has to end in peace
    gc.disable()  # what is loaded stays: to look for garbage in it takes a fifth of the time
    import_module(FACTORY)
    opening.wait_until_prepared(data_dir)
    application = import_module(APPLICATION).app
    gc.freeze()
    gc.enable()
    return application


def _become(*command: str) -> None:
    os.execv(command[0], command)  # noqa: S606 (our own module)
