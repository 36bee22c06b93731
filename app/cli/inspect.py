"""``porchlight inspect``: what a collector would take from an address or a file; nothing is stored."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import click

from app import bootstrap
from app.cli import work
from app.cli.common import print_json_lines, settings
from app.connectors import errors
from app.connectors.meter import LooseMeter
from app.connectors.ports import Access, Item, Payload
from app.connectors.registry import Registry
from app.core import logs
from app.core.clock import utc_now
from app.core.config import Settings
from app.core.errors import InvalidInput
from app.core.http import Http
from app.core.i18n import gettext as _
from app.core.pace import Pace
from app.core.patience import patiently
from app.pages import connect
from app.pages.connect import PATIENCE_SECONDS, Tried

STANDARD_INPUT = "-"


@click.command()
@click.argument("source", metavar="FILE|URL")
@click.option("--connector", "kind", metavar="KIND", help="Take it as this kind of page and try no other.")
@click.option("--login", metavar="USER", help="Read an address with this account.")
@work.password_option
def inspect(source: str, kind: str | None, login: str | None, password_file: IO[bytes] | None) -> None:
    """Show what would be collected; store nothing.

    Prints the comments as JSON lines.

    FILE is an answer of a platform: a feed, or comments from WordPress as JSON; - reads it from standard input. URL is
    a page's address, and everything that can be read there is printed. No database is needed.
    """
    secret = work.credentials(login, password_file)
    current = settings()
    logs.configure("error", current.log.format)
    connectors = bootstrap.connectors(current, Http(current.outgoing), Pace(), LooseMeter())
    if source == STANDARD_INPUT or Path(source).is_file():
        if secret:
            raise click.UsageError(_("A file needs no login."))
        items: Iterator[Item] = iter(_in_file(connectors, kind, source, current))
    else:
        items = _at_address(connectors, kind, source, secret)
    print_json_lines(_line(item) for item in work.counted(items, _("Reading")))


def _in_file(connectors: Registry, kind: str | None, source: str, current: Settings) -> Sequence[Item]:
    """The comments in a file. Raises PorchlightError saying what it was tried as."""
    limit = current.outgoing.max_bytes
    try:
        with sys.stdin.buffer if source == STANDARD_INPUT else Path(source).open("rb") as file:
            body = file.read(limit + 1)
    except OSError as error:
        raise InvalidInput(_("%(file)s can't be read: %(why)s.", file=source, why=error.strerror)) from None
    if len(body) > limit:
        raise InvalidInput(
            _("%(file)s is larger than outgoing.max_bytes allows (%(bytes)s).", file=source, bytes=limit)
        )
    address = Path(source).absolute().as_uri()
    payload = Payload(address, _media_type(body), body)
    tried: list[Tried] = []
    for connector in work.offered(connectors, kind):
        try:
            return connector.parse(Access(address), payload, now=utc_now())
        except errors.ConnectorError as error:
            tried.append(Tried(connector.label, error.code, error.detail))
    raise work.nothing_found(_("%(file)s can't be read.", file=source), tried)


def _media_type(body: bytes) -> str:
    """A server would say; a file shows it."""
    return "application/json" if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{") else "application/xml"


def _at_address(connectors: Registry, kind: str | None, url: str, secret: Mapping[str, str] | None) -> Iterator[Item]:
    """Everything a first read would take, each comment once."""
    found = work.discovered(
        connectors, url, kind, _("%(source)s is neither a file nor the address of comments.", source=url)
    )
    connector = connectors.get(found.kind)
    work.check_entered(connector.sign_in if found.can_log_in else None, found.name, secret)
    with work.explained():
        account = connect.check(connectors, found, secret)
        access = Access(found.url, {**found.settings, **(account.settings if account else {})}, secret)
        seen: set[str] = set()
        complete = False
        for batch in patiently(connector.collect(access, None, since=None, now=utc_now()), PATIENCE_SECONDS):
            for item in batch.items:
                if item.external_id not in seen:
                    seen.add(item.external_id)
                    yield item
            complete = batch.complete
        if not complete:
            raise errors.Transient(errors.BAD_ANSWER, "the walk ended before its end")


def _line(item: Item) -> dict[str, Any]:
    return work.comment_line(
        {
            "external_id": item.external_id,
            "author": item.author.name,
            "text": item.text,
            "published_at": item.published_at,
            "parent": item.parent,
            "url": item.url,
        }
    )
