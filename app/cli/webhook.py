"""``porchlight webhook``: what platforms told us and could not be taken, and taking it again."""

from datetime import UTC, datetime

import click

from app.cli import work
from app.cli.common import json_option, print_json, print_json_lines
from app.core.clock import utc_now
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.hooks import care, queries
from app.hooks.runner import Runner

_DATES = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])


@click.group()
def webhook() -> None:
    """What platforms told us by themselves."""


@webhook.command("list")
@json_option
def show(as_json: bool) -> None:
    """Show what could not be taken, newest first."""
    parts = work.services()
    with parts.db.read() as session:
        found = queries.troubles(session)
    if as_json:
        print_json_lines(
            {
                "id": one.id,
                "kind": one.kind,
                "page": one.page_name,
                "told_at": one.told_at.isoformat(),
                "error": one.code,
                "detail": one.detail,
            }
            for one in found
        )
        return
    for one in found:
        where = one.page_name or one.kind
        click.echo(f"{one.told_at:%Y-%m-%d %H:%M} {where}: {work.because(one.code, one.detail)}")
    if not found:
        click.echo(_("All that was told to us has been taken."))


@webhook.command()
@click.argument("pages", metavar="[PAGE...]", nargs=-1)
@click.option("--since", type=_DATES, help="Take everything told since then (UTC), not only what failed.")
@json_option
def replay(pages: tuple[str, ...], since: datetime | None, as_json: bool) -> int:
    """Take again what could not be taken, and wait for it.

    Of the pages named only; of all when none is. Exit 1 when something still can't be taken.
    """
    parts = work.services()
    begin = since.replace(tzinfo=UTC) if since else None
    with parts.db.write() as session:
        ids = [page.id for page in work.find_pages(session, pages)] if pages else None
        count = care.replay(session, utc_now(), since=begin, page_ids=ids)
    Runner(parts.db, parts.connectors, parts.box).run()
    with parts.db.read() as session:
        left = queries.tally(session, utc_now()).failed
    if as_json:
        print_json({"taken": count, "failed": left})
    else:
        click.echo(ngettext("%(num)s message was taken again.", "%(num)s messages were taken again.", count))
        if left:
            click.echo(ngettext("%(num)s still can't be taken.", "%(num)s still can't be taken.", left), err=True)
    return 1 if left else 0
