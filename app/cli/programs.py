"""The processes Porchlight consists of, and how each is started."""

import sys

from app.cli.supervisor import Program
from app.core.config import Settings
from app.core.i18n import gettext as _

QUEUES = ("prompt", "sending", "patient", "notices")
"""One worker each; a test holds them equal to ``app.core.jobs.QueueName``, whose module is slow to import."""


def module(name: str, *arguments: str) -> tuple[str, ...]:
    """The command that runs one of our modules, never one of the same name in the current folder."""
    return (sys.executable, "-P", "-m", name, *arguments)


def web(settings: Settings) -> Program:
    """The web server, at the address in ``settings``; it reads everything else itself."""
    return Program(_("The web server"), module("app.cli", "web"), address(settings))


def workers(settings: Settings) -> list[Program]:
    """A worker for each queue: RQ loses no job only while a worker listens to a single one."""
    return [
        Program(_("The %(queue)s worker", queue=queue), module("workers.main", "--queue", queue), address(settings))
        for queue in QUEUES
    ]


def scheduler(settings: Settings) -> Program:
    """The process that wakes the workers."""
    return Program(_("The scheduler"), module("workers.schedule"), address(settings))


def address(settings: Settings) -> dict[str, str]:
    """Variables that tell a process the address chosen on the command line."""
    return {"PORCHLIGHT_WEB_HOST": settings.web.host, "PORCHLIGHT_WEB_PORT": str(settings.web.port)}
