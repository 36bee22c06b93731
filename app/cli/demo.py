"""``porchlight demo``: a demonstration to look around with, added and removed without a trace."""

from time import monotonic

import click

from app import bootstrap
from app.bootstrap import Services
from app.cli import work
from app.cli.common import json_option, print_json
from app.core.clock import utc_now
from app.core.db import Database
from app.core.i18n import gettext as _
from app.demo import service
from app.demo.service import Added
from app.reports import counting

COUNTING_SECONDS = 20.0
"""How long whoever removes the demonstration waits for the reports, where very much else is to be counted."""


@click.group()
def demo() -> None:
    """The demonstration: two pages, five people, comments that go on arriving. All of it is marked as demo."""


@demo.command()
@json_option
def add(as_json: bool) -> None:
    """Add the demonstration. Nothing happens when it is there."""
    added = add_to(work.services(make=True))
    if as_json:
        print_json({"added": added is not None, "pages": added.page_ids if added else [], "comments": _count(added)})
    elif added is None:
        click.echo(_("The demonstration is there already."))
    else:
        click.echo(
            _(
                "The demonstration is there: %(pages)s pages with %(comments)s comments, and more will come while "
                "Porchlight runs. “porchlight demo remove” removes it without a trace.",
                pages=len(added.page_ids),
                comments=added.comments,
            )
        )


@demo.command()
@json_option
def remove(as_json: bool) -> None:
    """Remove the demonstration with everything that was written there. What is real stays as it is."""
    services = work.services()
    removed = service.remove(services.db)
    _forget_figures(services.db)
    bootstrap.close_demo_platform(services.settings)
    if as_json:
        print_json({"removed": removed})
    else:
        click.echo(_("The demonstration is gone.") if removed else _("There is no demonstration."))


def _forget_figures(db: Database) -> None:
    """Take what was removed out of the reports, as a worker does, should none be running; one goes on from here."""
    until = monotonic() + COUNTING_SECONDS
    while monotonic() < until:
        with db.write() as session:
            if not counting.work(session, utc_now()):
                return


def add_to(services: Services) -> Added | None:
    """Open the pretend platform and add what is seen there; None when that was done before."""
    with services.db.read() as session:
        if service.is_there(session):
            return None
    now = utc_now()
    bootstrap.open_demo_platform(services.settings, now)
    return service.add(services.db, services.connectors, now)


def _count(added: Added | None) -> int:
    return added.comments if added else 0
