"""What the commands that work on data share: the wired parts, passwords from files, pages by any name, progress."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Any, TypeVar

import click

from app import bootstrap
from app.bootstrap import Services
from app.cli.common import settings
from app.connectors.connector import Connector
from app.connectors.errors import ConnectorError
from app.connectors.ports import Found
from app.connectors.registry import Registry
from app.connectors.sign_in import SignIn
from app.core import logs, migrate
from app.core.errors import InvalidInput, NotFound, PorchlightError
from app.core.i18n import gettext as _
from app.pages import connect, words
from app.pages import queries as page_queries
from app.pages.connect import Tried
from app.pages.types import PageView

LONGEST_PASSWORD = 10_000
T = TypeVar("T")
password_option = click.option(
    "--password-file", type=click.File("rb"), help="File with the password; - reads it from standard input."
)


def services(*, make: bool = False) -> Services:
    """The parts, for one command. With ``make`` the database that comes along is made or brought up to date first.

    Only errors are logged: what people should know is printed. Raises ConfigError.
    """
    current = settings()
    logs.configure("debug" if current.log.level == "debug" else "error", current.log.format)
    built = bootstrap.build(current)
    if make and current.database.url is None:
        migrate.upgrade(current.database_url)
        bootstrap.seed(built)
    return built


def password(file: IO[bytes]) -> str:
    """The password in a file, without the line break at its end. Raises InvalidInput."""
    data = file.read(LONGEST_PASSWORD + 1)
    try:
        text = data.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        text = ""
    if not text or len(data) > LONGEST_PASSWORD or "\n" in text:
        raise InvalidInput(_("The password file should hold one line of text: the password."), field="password")
    return text


def credentials(login: str | None, file: IO[bytes] | None) -> dict[str, str] | None:
    """What a platform is to be shown, or None: a login with its password, or a token alone.

    Raises UsageError for a login without a password.
    """
    if login is not None and file is None:
        raise click.UsageError(_("--login needs --password-file besides."))
    if file is None:
        return None
    return {"login": login, "password": password(file)} if login else {"password": password(file)}


def check_entered(sign_in: SignIn | None, name: str, secret: Mapping[str, str] | None) -> None:
    """Whether what was given is what the page called ``name`` asks for. Raises InvalidInput."""
    if secret is None:
        if sign_in is not None and sign_in.required:
            raise InvalidInput(_("%(name)s can't be read without signing in: give --password-file.", name=name))
        return
    if sign_in is None:
        message = _("%(name)s can only be read, so a login is of no use. Leave out --login.", name=name)
        raise InvalidInput(message)
    if sign_in.login is not None and "login" not in secret:
        raise InvalidInput(_("%(name)s asks for a name too: give --login besides --password-file.", name=name))


def find_pages(session: Any, wanted: Sequence[str], *, include_removed: bool = False) -> list[PageView]:
    """Pages by id, address or name, each once. Raises NotFound, or InvalidInput when a name fits several."""
    known = page_queries.pages(session, include_removed=include_removed)
    return list({page.id: page for page in (_find(known, text) for text in wanted)}.values())


def _find(known: Sequence[PageView], text: str) -> PageView:
    address = _plain(text)
    tests = (
        lambda page: str(page.id) == text,
        lambda page: page.url == text,
        lambda page: _plain(page.url) == address,
        lambda page: page.name.casefold() == text.casefold(),
    )
    for fits in tests:
        found = [page for page in known if fits(page)]
        if len(found) > 1:
            ids = ", ".join(str(page.id) for page in found)
            raise InvalidInput(_("“%(text)s” fits several pages. Name one by its number: %(ids)s.", text=text, ids=ids))
        if found:
            return found[0]
    raise NotFound(_("There is no page “%(text)s”. “porchlight page list” shows all.", text=text))


def _plain(address: str) -> str:
    return address.partition("://")[2].rstrip("/").casefold() if "://" in address else address.rstrip("/").casefold()


def offered(connectors: Registry, kind: str | None) -> list[Connector]:
    """The connectors something is offered to: all, or the one asked for. Raises UsageError for an unknown kind."""
    if kind is None:
        return list(connectors)
    if kind not in connectors.kinds():
        kinds = ", ".join(connectors.kinds())
        raise click.UsageError(_("There is no kind of page “%(kind)s”. Kinds: %(kinds)s.", kind=kind, kinds=kinds))
    return [connectors.get(kind)]


def discovered(connectors: Registry, url: str, kind: str | None, complaint: str) -> Found:
    """The page at an address. Raises PorchlightError, ``complaint`` followed by what was tried, and UsageError."""
    offered(connectors, kind)
    discovery = connect.discover(connectors, url, kind)
    if discovery.found is None:
        raise nothing_found(complaint, discovery.tried)
    return discovery.found


def nothing_found(what: str, tried: Sequence[Tried]) -> PorchlightError:
    """The error for something that none of the connectors takes, with the reasons."""
    reasons = words.not_recognised((one.label, one.code, one.detail) for one in tried)
    return PorchlightError("\n".join((what, _("This was tried:"), *(f"  {reason}" for reason in reasons))))


@contextmanager
def explained() -> Iterator[None]:
    """A platform's failure becomes the message for the person at the terminal."""
    try:
        yield
    except ConnectorError as error:
        raise PorchlightError(because(error.code, error.detail)) from None


def because(code: str, detail: str) -> str:
    """What is the matter, what was answered, what to do."""
    why = words.advice(code, detail)
    told = f"[{detail}]" if detail and detail not in why.what else ""
    return " ".join(part for part in (why.what, told, why.do) if part)


def make_room() -> None:
    """Before a line is printed: wipe the progress bar where it stands; its next update draws it again below."""
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", err=True, nl=False)


def counted(things: Iterable[T], label: str) -> Iterator[T]:
    """The things, with a sign of life on a terminal when they are written elsewhere."""
    hidden = sys.stdout.isatty() or not sys.stderr.isatty()
    with click.progressbar(things, label=label, file=sys.stderr, hidden=hidden, show_pos=True) as shown:
        yield from shown


def comment_line(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields every list of comments has, in their order; more may follow."""
    names = ("external_id", "author", "text", "published_at", "parent", "url")
    line = {name: fields[name] for name in names}
    line["published_at"] = fields["published_at"].isoformat()
    return line | {name: value for name, value in fields.items() if name not in line}
