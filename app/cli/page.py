"""``porchlight page``: connect pages, see how they are, pause and remove them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import IO, Any

import click

from app.accounts import queries as accounts
from app.bootstrap import Services
from app.cli import work
from app.cli.common import json_option, print_json, print_json_lines
from app.connectors.errors import ConnectorError
from app.connectors.ports import Access, Account, Found
from app.core.clock import utc_now
from app.core.errors import NotFound
from app.core.i18n import gettext as _
from app.hooks import addresses as hooks
from app.pages import connect, queries, words
from app.pages import service as pages
from app.pages.types import ConnectionState, PageState, PageView

EVERYTHING = "all"
LONGEST_BACKFILL = 36_500
wanted_argument = click.argument("wanted", metavar="PAGE...", nargs=-1, required=True)


@click.group()
def page() -> None:
    """Connect pages and look after them.

    PAGE is a page's number, its address or its name.
    """


@page.command()
@click.argument("url")
@click.option("--connector", "kind", metavar="KIND", help="Take the address as this kind of page and try no other.")
@click.option("--login", metavar="USER", help="Account that answers there (WordPress: with an application password).")
@work.password_option
@click.option("--team", default="customer_service", show_default=True, help="Gets what no rule takes.")
@click.option(
    "--backfill",
    metavar="DAYS",
    default="30",
    show_default=True,
    help="How many days back to read; 0 takes only what is new from now on, all takes everything.",
)
@json_option
def add(
    url: str,
    kind: str | None,
    login: str | None,
    password_file: IO[bytes] | None,
    team: str,
    backfill: str,
    as_json: bool,
) -> None:
    """Connect the page at URL and print its number.

    Nothing is stored unless its comments can be read and the credentials are accepted.
    """
    now = utc_now()
    since = _since(backfill, now)
    secret = work.credentials(login, password_file)
    parts = work.services(make=True)
    with parts.db.read() as session:
        to = accounts.team_by_key(session, team)
        if to is None:
            keys = ", ".join(one.key for one in accounts.teams(session))
            raise NotFound(_("There is no team “%(key)s”. Teams: %(keys)s.", key=team, keys=keys))
    found = work.discovered(parts.connectors, url, kind, _("Nothing at %(url)s can be connected.", url=url))
    account = _prove(parts, found, secret, now)
    with parts.db.write() as session:
        page_id = pages.add_page(
            session,
            found,
            team_id=to.id,
            sealed_secret=parts.box.seal(secret) if secret else None,
            account=account,
            since=since,
            now=now,
        )
        hooks.give_address(session, parts.connectors, found.kind, page_id, now)
    if as_json:
        can_reply = _can_reply(parts, found, account, secret)
        said = {"id": page_id, "connector": found.kind, "name": found.name, "url": found.url, "can_reply": can_reply}
        print_json(said)
    else:
        click.echo(page_id)
    for lacking in words.shortfalls(account.settings if account else {}):
        click.echo(lacking, err=True)


def _since(backfill: str, now: datetime) -> datetime | None:
    """From when on comments are read; None means all. Raises BadParameter."""
    if backfill == EVERYTHING:
        return None
    if not (backfill.isascii() and backfill.isdigit() and int(backfill) <= LONGEST_BACKFILL):
        message = _("%(value)s is neither a number of days nor “all”.", value=backfill)
        raise click.BadParameter(message, param_hint="--backfill")
    return now - timedelta(days=int(backfill))


def _prove(parts: Services, found: Found, secret: Mapping[str, str] | None, now: datetime) -> Account | None:
    """Check the credentials and that comments can be read. Raises PorchlightError saying why not."""
    work.check_entered(parts.connectors.get(found.kind).sign_in if found.can_log_in else None, found.name, secret)
    with work.explained():
        account = connect.check(parts.connectors, found, secret)
        connect.preview(parts.connectors, found, account, secret, now)
    return account


def _can_reply(parts: Services, found: Found, account: Account | None, secret: Mapping[str, str] | None) -> bool:
    settings = {**found.settings, **(account.settings if account else {})}
    return parts.connectors.get(found.kind).capabilities(Access(found.url, settings, secret)).reply


@page.command("list")
@json_option
def list_(as_json: bool) -> None:
    """All pages and how they are."""
    parts = work.services()
    with parts.db.read() as session:
        known = queries.pages(session)
    if as_json:
        print_json_lines(_told(one) for one in known)
        return
    for one in known:
        click.echo(f"{one.id}\t{_state(one)}\t{one.name}\t{one.url}")
    if not known:
        click.echo(_("No page is connected yet. “porchlight page add URL” connects one."), err=True)


def _told(one: PageView) -> dict[str, Any]:
    return {
        "id": one.id,
        "connector": one.connector,
        "name": one.name,
        "url": one.url,
        "team": one.team_name,
        "state": one.state,
        "health": one.connection_state,
        "error": one.error_code,
        "failing_since": _time(one.failing_since),
        "last_read_at": _time(one.last_read_at),
        "next_read_at": _time(one.next_read_at),
        "account": one.account_name,
    }


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _state(one: PageView) -> str:
    if one.state is PageState.PAUSED:
        return _("paused")
    return {
        ConnectionState.NEW: _("not read yet"),
        ConnectionState.OK: _("fine"),
        ConnectionState.FAILING: _("in trouble"),
        ConnectionState.STOPPED: _("stopped"),
    }[one.connection_state]


@page.command()
@click.argument("wanted", metavar="[PAGE...]", nargs=-1)
@json_option
def check(wanted: tuple[str, ...], as_json: bool) -> int:
    """Ask pages now whether they can be read.

    Fetches the newest comment of each (of all, when none is named) and proves the credentials; exit 1 when one is not
    well. A page that was in trouble and is well again is read soon.
    """
    parts = work.services()
    with parts.db.read() as session:
        chosen = work.find_pages(session, wanted) if wanted else queries.pages(session)
    well = True
    for one in chosen:
        code, detail, account = _ask(parts, one)
        well = well and code is None
        if as_json:
            print_json(_told(one) | {"well": code is None, "error": code, "detail": detail, "account": account})
        elif code is None:
            click.echo(_("%(name)s: fine", name=one.name))
        else:
            click.echo(f"{one.name}: {work.because(code, detail)}")
    return 0 if well else 1


def _ask(parts: Services, one: PageView) -> tuple[str | None, str, str | None]:
    """What is the matter with a page right now (code and detail; None when nothing is), and who we are there."""
    with parts.db.read() as session:
        reach = queries.reach(session, one.id)
    if reach is None:
        raise NotFound(_("There is no page %(id)s.", id=one.id))
    try:
        account = connect.recheck(parts.connectors, parts.box, reach, utc_now())
    except ConnectorError as error:
        return error.code, error.detail, None
    if one.state is PageState.ACTIVE and one.connection_state in (ConnectionState.FAILING, ConnectionState.STOPPED):
        with parts.db.write() as session:
            pages.read_soon(session, one.id, utc_now())
    return None, "", account.name if account else None


@page.command()
@wanted_argument
def pause(wanted: tuple[str, ...]) -> None:
    """Read and answer nothing there for now."""
    for one in _set(wanted, PageState.PAUSED):
        click.echo(_("%(name)s is paused.", name=one.name))


@page.command()
@wanted_argument
def resume(wanted: tuple[str, ...]) -> None:
    """Go on with paused pages."""
    for one in _set(wanted, PageState.ACTIVE):
        click.echo(_("%(name)s is read again.", name=one.name))


@page.command()
@wanted_argument
def remove(wanted: tuple[str, ...]) -> None:
    """Stop looking after pages.

    Their credentials are forgotten. What was collected stays, and adding a page again goes on where it ended.
    """
    for one in _set(wanted, PageState.REMOVED):
        click.echo(_("%(name)s is removed. Its comments are kept.", name=one.name))


def _set(wanted: tuple[str, ...], state: PageState) -> list[PageView]:
    parts = work.services()
    with parts.db.write() as session:
        chosen = work.find_pages(session, wanted)
        for one in chosen:
            pages.set_state(session, one.id, state, utc_now())
    return chosen
