"""What ``porchlight run`` does before it opens: migrate, add the first rules and the demo, make the set-up link.

Run as ``python -m app.cli.prepare``; prints nothing but the set-up link, when there is no admin yet.
"""

from functools import partial
from importlib import import_module

import click

from app.accounts import service as accounts
from app.cli import carry_out
from app.cli.common import settings
from app.core import migrate
from app.core.clock import utc_now
from app.core.db import Database
from app.core.security import SecretBox
from app.pages import queries as pages
from app.routing import queries as routing


@click.command()
@click.option("--demo", is_flag=True)
def prepare(demo: bool) -> None:
    """Make everything ready for the other processes."""
    current = settings()
    database = Database(current.database_url)
    SecretBox.from_file(current.key_file, partial(_holds_secrets, database))  # said once, before all processes say it
    migrate.upgrade(current.database_url)
    with database.read() as session:
        is_new = routing.in_force_id(session) is None
        wants_demo = demo and not pages.demo_ids(session)
    if is_new:
        bootstrap = import_module("app.bootstrap")  # needed once in a lifetime, and 0.4 s at every start
        bootstrap.seed(bootstrap.build(current))
    if wants_demo:
        import_module("app.cli.demo").add_to(import_module("app.bootstrap").build(current))  # as rarely needed
    with database.write() as session:
        token = accounts.new_setup_link(session, utc_now())
    if token is not None:
        click.echo(f"{current.public_url}/setup/{token}")


def _holds_secrets(database: Database) -> bool:
    with database.read() as session:
        return pages.holds_secrets(session)


if __name__ == "__main__":
    carry_out(prepare)
