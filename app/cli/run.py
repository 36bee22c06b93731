"""``porchlight run``: everything on one machine, in one command."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from app.cli import opening, ports, programs, redis_server
from app.cli.common import settings
from app.cli.supervisor import Program, StopRequested, Supervisor
from app.core.config import Settings
from app.core.errors import PorchlightError
from app.core.i18n import gettext as _

START_SECONDS = 30
HEAD_START_SECONDS = 8
"""How long the others leave the processors to the web server, so that the first page comes soon."""


@click.command()
@click.option("--host", help="Address to listen on, instead of web.host.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port to listen on, instead of web.port; 0 takes a free one."
)
@click.option("--demo", is_flag=True, help="Add a clearly marked demonstration with pages, people and comments.")
def run(host: str | None, port: int | None, demo: bool) -> None:
    """Start everything: web, workers, scheduler and, unless you have your own, Redis."""
    current = _listening(settings(), host, port)
    current.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Where something can't be prepared, the web server is stopped before it could open.
    with _alone_in(current.data_dir), opening.preparing(current.data_dir) as prepared:
        try:
            with Supervisor(click.echo) as supervisor:
                _start(supervisor, current, prepared, demo=demo)
                supervisor.run()
        except StopRequested:
            click.echo(_("Porchlight has stopped."))
        finally:
            redis_server.clean_up(current)


def _listening(current: Settings, host: str | None, port: int | None) -> Settings:
    chosen = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    web = current.web.model_copy(update=chosen)
    return current.model_copy(update={"web": web.model_copy(update={"port": ports.claim(web)})})


@contextmanager
def _alone_in(data_dir: Path) -> Iterator[None]:
    """Hold the data folder. Raises PorchlightError when another Porchlight does."""
    with (data_dir / "porchlight.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise PorchlightError(
                _(
                    "Porchlight already runs in %(folder)s (process %(pid)s). Stop it, or choose another data_dir.",
                    folder=data_dir,
                    pid=lock.read().strip() or "?",
                )
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def _start(supervisor: Supervisor, current: Settings, prepared: Callable[[], None], *, demo: bool) -> None:
    click.echo(_("Porchlight keeps its data in %(folder)s", folder=current.data_dir))
    if current.redis.url is None:
        _start_redis(supervisor, current)
    supervisor.start(programs.web(current))  # it loads meanwhile
    if current.redis.url is None:
        _wait_for_redis(supervisor, current)
    link = _prepare(supervisor, current, demo=demo)
    prepared()
    supervisor.wait_until(lambda: ports.accepts(current.web), HEAD_START_SECONDS)
    for program in (*programs.workers(current), programs.scheduler(current)):
        supervisor.start(program)
    if not supervisor.wait_until(lambda: ports.accepts(current.web), START_SECONDS):
        click.echo(_("The web server does not answer yet. What holds it up stands above."))
    click.echo(_("Porchlight is ready: %(url)s", url=current.public_url))
    if link:
        click.echo(_("Set up the first admin here (this link works once, for a day): %(url)s", url=link))
    if demo:
        click.echo(_("The demonstration is part of it. “porchlight demo remove” removes it without a trace."))
    click.echo(_("Press Ctrl-C to stop."))


def _start_redis(supervisor: Supervisor, current: Settings) -> None:
    if not current.redis_socket.is_relative_to(current.data_dir):
        click.echo(
            _(
                "Redis listens in %(folder)s: the data folder's path is too long or too unusual for it.",
                folder=current.redis_socket.parent,
            )
        )
    supervisor.start(Program("Redis", redis_server.command(current), last=True))


def _wait_for_redis(supervisor: Supervisor, current: Settings) -> None:
    if not supervisor.wait_until(lambda: redis_server.answers(current.redis_socket), START_SECONDS):
        raise PorchlightError(_("Redis does not start. %(file)s says why.", file=redis_server.log_file(current)))


def _prepare(supervisor: Supervisor, current: Settings, *, demo: bool) -> str:
    """Migrate and so on, in a process of its own: what it imports would stay in our memory. Answers the set-up link."""
    command = programs.module("app.cli.prepare", *(("--demo",) if demo else ()))
    code, link = supervisor.complete(Program("prepare", command, programs.address(current)))
    if code != 0:
        raise PorchlightError(_("Porchlight could not start; the reason stands above."))
    return link.strip()
