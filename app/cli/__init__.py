"""The command line. Each command lives in a module of its own, loaded only when it is called."""

import gc
import os
import sys
from importlib import import_module

import click

from app.core.errors import ConfigError, PorchlightError

COMMANDS = {
    "run": "app.cli.run:run",
    "web": "app.cli.processes:web",
    "worker": "app.cli.processes:worker",
    "scheduler": "app.cli.processes:scheduler",
    "db": "app.cli.database:db",
    "doctor": "app.cli.doctor:doctor",
    "page": "app.cli.page:page",
    "collect": "app.cli.collect:collect",
    "inspect": "app.cli.inspect:inspect",
    "export": "app.cli.export:export",
    "import": "app.cli.import_:import_",
    "user": "app.cli.user:user",
    "rules": "app.cli.rules:rules",
    "route": "app.cli.route:route",
    "model": "app.cli.model:model",
    "audit": "app.cli.audit:audit",
    "demo": "app.cli.demo:demo",
    "webhook": "app.cli.webhook:webhook",
}
"""Name of a command, and the module and object that carry it out."""

DONE, FAILED, WRONG_USAGE = 0, 1, 2


class Commands(click.Group):
    """A group whose commands are imported on demand, so that ``porchlight run`` starts fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        gc.disable()  # modules are here to stay: looking through them for garbage is an eighth of the time they take
        try:
            command: click.Command = getattr(import_module(module), name)
        finally:
            gc.freeze()
            gc.enable()
        return command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="porchlight", message="porchlight %(version)s")
def porchlight() -> None:
    """Porchlight: a self-hosted social inbox and customer-response router."""


def main() -> None:
    """Entry point of ``porchlight``. What it and its processes write is for their own user only."""
    os.umask(0o077)
    carry_out(porchlight)


def carry_out(command: click.Command) -> None:
    """Run a command with the process's arguments; exits 0 when done, 1 when refused or failed, 2 on wrong usage."""
    sys.exit(call(command))


def call(command: click.Command, arguments: list[str] | None = None) -> int:
    """Carry out a command and answer the exit code. Mistakes become one message on stderr, never a traceback."""
    try:
        result = command.main(arguments, prog_name="porchlight", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return FAILED
    except PorchlightError as error:
        click.echo(error.message, err=True)
        return WRONG_USAGE if isinstance(error, ConfigError) else FAILED
    except Exception as error:
        message: str | None = import_module("app.core.trouble").explain(error)  # what it knows is slow to import
        if message is None:
            raise
        click.echo(message, err=True)
        return FAILED
    return result if isinstance(result, int) else DONE
