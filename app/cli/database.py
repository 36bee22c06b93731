"""``porchlight db``: bring the database up to date, and check that it is."""

import click

from app import bootstrap
from app.cli.common import json_option, print_json, settings
from app.core import migrate
from app.core.errors import Conflict
from app.core.i18n import gettext as _
from app.core.security import read_or_make_key


@click.group()
def db() -> None:
    """The database: upgrade it, check it."""


@db.command()
def upgrade() -> None:
    """Bring the database to the form this version needs. Nothing happens when it has it."""
    current = settings()
    current.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    changed = migrate.upgrade(current.database_url)
    bootstrap.seed(bootstrap.build(current))
    click.echo(_("The database is up to date now.") if changed else _("The database was up to date already."))


@db.command("new-key")
def new_key() -> None:
    """Make a new secret.key when it is lost for good; the logins of all pages have to be entered anew then."""
    file = settings().key_file
    if file.exists():
        raise Conflict(_("%(file)s is there. Nothing was changed.", file=file))
    read_or_make_key(file)
    click.echo(_("%(file)s is made. Now enter the login of each page anew: its page under Pages says so.", file=file))


@db.command()
@json_option
def check(as_json: bool) -> int:
    """Say whether the database has the form this version needs; exit 1 when it has not."""
    url = settings().database_url
    migrated = migrate.is_current(url)
    differences = migrate.differences(url) if migrated else []
    if as_json:
        print_json({"migrated": migrated, "differences": differences})
    elif not migrated:
        click.echo(_("The database is not up to date. Run “porchlight db upgrade”."))
    elif differences:
        click.echo(_("The database differs from what this version expects:"))
        for difference in differences:
            click.echo(f"  {difference}")
    else:
        click.echo(_("The database is up to date."))
    return 0 if migrated and not differences else 1
