"""What ``porchlight run`` does before it opens: migrate the database, add the demonstration, make the set-up link.

Run as ``python -m app.cli.prepare``; prints nothing but the set-up link, when there is no admin yet.
"""

import click

from app import bootstrap
from app.accounts import service as accounts
from app.cli import carry_out
from app.cli.common import settings
from app.core import migrate
from app.core.clock import utc_now


@click.command()
@click.option("--demo", is_flag=True)
def prepare(demo: bool) -> None:
    """Make everything ready for the other processes."""
    current = settings()
    migrate.upgrade(current.database_url)
    services = bootstrap.build(current)
    bootstrap.seed(services)
    with services.db.write() as session:
        token = accounts.new_setup_link(session, utc_now())
    if token is not None:
        click.echo(f"{current.public_url}/setup/{token}")


if __name__ == "__main__":
    carry_out(prepare)
