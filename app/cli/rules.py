"""``porchlight rules``: which team a conversation goes to."""

from dataclasses import asdict
from typing import IO

import click

from app.cli import work
from app.cli.common import json_option, print_json
from app.core.clock import utc_now
from app.core.errors import InvalidInput
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.routing import queries, service, trial
from app.routing.trial import Trial

LARGEST_FILE = 1_000_000
file_argument = click.argument("file", type=click.File("rb"))


@click.group()
def rules() -> None:
    """The rules that give conversations to teams.

    FILE is TOML; - reads it from standard input.
    """


@rules.command()
def show() -> None:
    """Print the rules in force, as they were written."""
    parts = work.services()
    with parts.db.read() as session:
        click.echo(queries.source(session), nl=False)


@rules.command()
@file_argument
def publish(file: IO[bytes]) -> None:
    """Check the rules in FILE and put them in force for what comes in from now on."""
    source = _text(file)
    parts = work.services()
    with parts.db.write() as session:
        version = service.publish(session, source, utc_now())
    click.echo(_("Version %(version)s of the rules is in force.", version=version))


@rules.command("try")
@file_argument
@json_option
def try_(file: IO[bytes], as_json: bool) -> None:
    """Check the rules in FILE and say what they would decide about the newest 200 conversations; nothing changes."""
    source = _text(file)
    parts = work.services()
    with parts.db.read() as session:
        result = trial.run(session, source)
    if as_json:
        said = asdict(result)
        said["by_rule"] = [{"rule": rule, "conversations": count} for rule, count in result.by_rule.items()]
        print_json(said)
    else:
        _tell(result)


def _tell(result: Trial) -> None:
    click.echo(
        ngettext(
            "The rules are fine. %(num)s conversation:",
            "The rules are fine. %(num)s conversations:",
            result.conversations,
        )
    )
    for rule, count in result.by_rule.items():
        click.echo(f"  {count:5}  {rule or _('no rule: to the team of the page')}")
    for team, count in result.by_team.items():
        click.echo(_("%(count)s to %(team)s", count=count, team=team))
    click.echo(_("%(count)s set aside as spam", count=result.spam))
    click.echo(_("%(count)s not where they are now", count=result.elsewhere))


def _text(file: IO[bytes]) -> str:
    data = file.read(LARGEST_FILE + 1)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(_("The file is not UTF-8 text."), field="rules") from None
    if len(data) > LARGEST_FILE:
        raise InvalidInput(_("The file is larger than a megabyte; that can't be rules."), field="rules")
    return text
