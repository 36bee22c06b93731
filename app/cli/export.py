"""``porchlight export``: what is stored, for other programs."""

from collections.abc import Iterator
from typing import Any

import click

from app.bootstrap import Services
from app.cli import work
from app.cli.common import print_json_lines
from app.core.i18n import gettext as _
from app.inbox.export import Exported
from app.inbox.export import export as portion_of


@click.group()
def export() -> None:
    """Print what is stored as JSON lines."""


@export.command()
@click.option("--page", metavar="PAGE", help="Only this page, by number, address or name; removed ones too.")
def comments(page: str | None) -> None:
    """All comments in the order of their arrival, our own answers included (``is_us``)."""
    parts = work.services()
    page_id = None
    if page is not None:
        with parts.db.read() as session:
            page_id = work.find_pages(session, [page], include_removed=True)[0].id
    print_json_lines(_line(one) for one in work.counted(_all(parts, page_id), _("Writing")))


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
    return work.comment_line(
        {
            "external_id": one.external_id,
            "author": one.author,
            "text": one.text,
            "published_at": one.published_at,
            "parent": one.parent,
            "url": one.url,
            "status": one.status,
            "page": one.page,
            "is_us": one.is_us,
        }
    )
