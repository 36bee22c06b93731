"""``porchlight import``: comments from elsewhere."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import click

from app.accounts import queries as accounts
from app.bootstrap import Services
from app.cli import work
from app.cli.common import json_option, print_json, progress
from app.collecting import history, imports
from app.collecting.history import Format, Line
from app.collecting.service import store_history
from app.connectors.ports import Item
from app.core.clock import utc_now
from app.core.errors import NotFound
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.pages import queries
from app.pages.types import PageView

AT_ONCE = 500
SHOWN = 20


@dataclass
class Tally:
    """What came of a file."""

    comments: int = 0
    wrong: int = 0
    new: int = 0
    line: int = 0
    """The last line that was read."""


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--page", metavar="PAGE", help="Into this page, by number, address or name.")
@click.option("--name", metavar="NAME", help="Into a page of that name for history alone; made if there is none.")
@click.option("--team", default="customer_service", show_default=True, help="Whose conversations of a new page are.")
@click.option(
    "--format", "form", type=click.Choice([one.value for one in Format]), help="Else told by the file's name."
)
@click.option("--check", is_flag=True, help="Only say what is wrong with the file.")
@click.option("--skip-wrong", is_flag=True, help="Leave out what is wrong instead of refusing the whole file.")
@json_option
def import_(
    *,
    file: Path,
    page: str | None,
    name: str | None,
    team: str,
    form: str | None,
    check: bool,
    skip_wrong: bool,
    as_json: bool,
) -> int:
    """Take comments from FILE (CSV or JSON lines, as “export comments” writes them), as history: nobody waits for an
    answer to them.

    The whole file is checked first; nothing is stored while a line of it is wrong. A comment that is known stays as it
    is, so the same file can be imported again.
    """
    if not check and (page is None) == (name is None):
        raise click.UsageError(_("Say where the comments go: --page or --name."))
    kind = _format(file, form)
    tally = _checked(file, kind)
    if check or (tally.wrong and not skip_wrong):
        _tell(tally, as_json, stored=False)
        return 1 if tally.wrong else 0
    parts = work.services(make=True)
    target = _target(parts, page, name, team)
    _store(parts, target, file, kind, tally)
    _tell(tally, as_json, stored=True)
    return 0


def _format(file: Path, form: str | None) -> Format:
    found = Format(form) if form else imports.form_of(file.name)
    if found is None:
        raise click.UsageError(_("The file's name does not say what it is; add --format csv or --format jsonl."))
    return found


def _read(file: Path, kind: Format, label: str, now: datetime) -> Iterator[Line]:
    """The lines, with a progress bar on a terminal."""
    with file.open("rb") as stream, progress(max(1, file.stat().st_size), label) as bar:
        done = 0
        for line in history.read(stream, kind, now):
            yield line
            at = stream.tell()
            bar.update(at - done)
            done = at


def _checked(file: Path, kind: Format) -> Tally:
    """Read everything once, say what is wrong and where."""
    tally = Tally()
    for line in _read(file, kind, _("Checking"), utc_now()):
        tally.comments += line.item is not None
        if line.item is None:
            tally.wrong += 1
            if tally.wrong <= SHOWN:
                work.make_room()
                click.echo(_("Line %(number)s: %(wrong)s", number=line.number, wrong=line.wrong), err=True)
    if tally.wrong > SHOWN:
        more = tally.wrong - SHOWN
        click.echo(ngettext("… and one more line", "… and %(num)s more lines", more), err=True)
    return tally


def _target(parts: Services, page: str | None, name: str | None, team: str) -> PageView:
    if page is not None:
        with parts.db.read() as session:
            return work.find_pages(session, [page])[0]
    with parts.db.write() as session:
        to = accounts.team_by_key(session, team)
        if to is None:
            raise NotFound(_("There is no team “%(key)s”.", key=team))
        made = queries.page(session, imports.page_named(session, name or "", to.id, utc_now()))
    assert made is not None
    return made


def _store(parts: Services, target: PageView, file: Path, kind: Format, tally: Tally) -> None:
    lines = _read(file, kind, _("Importing"), utc_now())
    while portion := list(islice(lines, AT_ONCE)):
        items = [line.item for line in portion if line.item is not None]
        try:
            tally.new += _stored(parts, target, items)
        except BaseException:
            work.make_room()
            click.echo(
                _(
                    "Stopped after line %(number)s: what stands before it is imported. Start the same import again to "
                    "go on.",
                    number=tally.line,
                ),
                err=True,
            )
            raise
        tally.line = portion[-1].number


def _stored(parts: Services, target: PageView, items: Sequence[Item]) -> int:
    with parts.db.write() as session:
        return store_history(session, target.id, target.team_id, items, utc_now()).new_comments


def _tell(tally: Tally, as_json: bool, *, stored: bool) -> None:
    known = tally.comments - tally.new if stored else 0
    told: dict[str, Any] = {"comments": tally.comments, "wrong": tally.wrong, "new": tally.new, "known": known}
    if as_json:
        print_json(told | {"imported": stored})
        return
    if stored:
        click.echo(ngettext("%(num)s comment imported.", "%(num)s comments imported.", tally.new))
        if known:
            click.echo(ngettext("%(num)s was known already.", "%(num)s were known already.", known))
        if tally.wrong:
            click.echo(ngettext("%(num)s line left out.", "%(num)s lines left out.", tally.wrong))
    else:
        click.echo(ngettext("%(num)s comment can be imported.", "%(num)s comments can be imported.", tally.comments))
        if tally.wrong:
            click.echo(ngettext("%(num)s line is wrong.", "%(num)s lines are wrong.", tally.wrong))
            click.echo(_("Nothing is imported. Mend the file, or leave out what is wrong with --skip-wrong."))
