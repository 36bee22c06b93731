"""``porchlight export``: what is stored, for other programs."""

import csv
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import click

from app.bootstrap import Services
from app.cli import work
from app.cli.common import print_json_lines
from app.collecting.history import COLUMNS, Format
from app.core.i18n import gettext as _
from app.core.spreadsheet import covered
from app.inbox.export import Exported
from app.inbox.export import export as portion_of


@click.group()
def export() -> None:
    """Print what is stored as JSON lines or CSV."""


@export.command()
@click.option("--page", metavar="PAGE", help="Only this page, by number, address or name; removed ones too.")
@click.option(
    "--format",
    "form",
    type=click.Choice([one.value for one in Format]),
    default=Format.JSONL.value,
    show_default=True,
    help="JSON lines, or CSV for a spreadsheet.",
)
def comments(page: str | None, form: str) -> None:
    """All comments in the order of their arrival, our own answers included (``is_us``).

    “porchlight import” reads the same.
    """
    parts = work.services()
    page_id = None
    if page is not None:
        with parts.db.read() as session:
            page_id = work.find_pages(session, [page], include_removed=True)[0].id
    told = work.counted(_all(parts, page_id), _("Writing"))
    if form == Format.CSV:
        _print_csv(_line(one) for one in told)
    else:
        print_json_lines(_line(one) for one in told)


def _all(parts: Services, page_id: int | None) -> Iterator[Exported]:
    """In short transactions: a long export holds up nobody."""
    after = 0
    while True:
        with parts.db.read() as session:
            portion = portion_of(session, page_id=page_id, after=after)
        yield from portion
        if not portion:
            return
        after = portion[-1].id


def _line(one: Exported) -> dict[str, Any]:
    fields = asdict(one)
    return work.comment_line({name: fields[name] for name in COLUMNS})


def _print_csv(lines: Iterator[dict[str, Any]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in lines:
        writer.writerow([_cell(line[name]) for name in COLUMNS])


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else covered(str(value))
