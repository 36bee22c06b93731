"""Connecting a page: type an address, look at what would be taken, then decide. Nothing is stored before the end.

The network is asked outside any transaction, and asked again at the end: from the second step only what was typed is
believed, never what the form says was found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import queries as accounts
from app.accounts.types import Permission
from app.connectors import errors
from app.connectors.errors import AuthExpired, ConnectorError
from app.connectors.oauth import Tokens
from app.connectors.ports import Account, Found, Item
from app.connectors.sign_in import SignIn
from app.core.clock import utc_now
from app.core.errors import Conflict
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.edge.context import actor, services
from app.edge.routes import route
from app.hooks import addresses as hooks
from app.inbox.types import View
from app.pages import connect, queries, words
from app.pages import service as pages
from app.pages import tokens as token_lives
from app.pages.types import PageState, PageView
from app.pages.words import Advice
from app.web.present import names

blueprint = Blueprint("connect", __name__, url_prefix="/pages/connect")
LONGEST_ADDRESS = 2_000
EVERYTHING = "all"
BACKFILLS = ("0", "7", "30", "90", "365", EVERYTHING)
USUAL_BACKFILL = "30"
USUAL_TEAM = "customer_service"


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody filled in; passwords are never shown again."""

    address: str
    login: str = ""
    password: str = field(default="", repr=False)
    team: str = USUAL_TEAM
    days: str = USUAL_BACKFILL

    def secret(self, sign_in: SignIn | None) -> dict[str, str] | None:
        """What is proved at the platform; None when it is to be read anonymously."""
        return entered(sign_in, self.login, self.password)


@dataclass(frozen=True, slots=True)
class Look:
    """What stands at an address: the comments that would be taken, or why they can't be read. ``closed``: nobody is
    shown anything there without signing in."""

    found: Found
    items: Sequence[Item]
    trouble: Advice | None
    known: PageView | None
    closed: bool = False


@route(blueprint, "", needs=Permission.MANAGE_PAGES)
def start() -> ResponseReturnValue:
    """Type an address."""
    return address_form(request.args.get("address", ""))


@route(blueprint, "", needs=Permission.MANAGE_PAGES, methods=("POST",), own_transactions=True)
def look() -> ResponseReturnValue:
    """Say what the address is and what would be taken from it."""
    typed = filled_in()
    found = discover(typed.address)
    if isinstance(found, Found):
        return look_page(typed, look_at(found, None, None), {})
    return address_form(typed.address, found), 422


@route(blueprint, "/store", needs=Permission.MANAGE_PAGES, methods=("POST",), own_transactions=True)
def store() -> ResponseReturnValue:
    """Prove the credentials, connect the page and go to the inbox."""
    typed = filled_in()
    found = discover(typed.address)
    if not isinstance(found, Found):
        return address_form(typed.address, found), 422
    mistakes = mistakes_in(typed, found)
    if mistakes:
        return look_page(typed, look_at(found, None, None), mistakes), 422
    return finish(typed, found, typed.secret(_sign_in(found)), None)


def finish(typed: Typed, found: Found, secret: dict[str, str] | None, tokens: Tokens | None) -> ResponseReturnValue:
    """Prove the credentials, look, store the page and go to the inbox; or say what stands in the way.

    ``tokens`` are what ``secret`` was made of by signing in at the platform.
    """
    try:
        account = connect.check(services().connectors, found, secret)
    except ConnectorError as error:
        return look_page(typed, look_at(found, None, None), wrong_login(error, _sign_in(found))), 422
    seen = look_at(found, account, secret)
    if seen.trouble is not None:
        return look_page(typed, seen, {}), 422
    try:
        _store(typed, found, account, secret, tokens)
    except Conflict as error:
        mistakes = {} if error.code == "page_exists" else {"team": error.message}
        return look_page(typed, look_at(found, account, None), mistakes), 409
    flash(_read_now(found.name, typed.days), "good")
    say_what_lacks(account)
    return redirect(url_for("inbox.overview", view=View.ALL.value), 303)


def say_what_lacks(account: Account | None) -> None:
    """Name the permissions without which not everything works, after credentials were taken."""
    settings = account.settings if account else {}
    for lacking in (*words.shortfalls(settings), words.without_private_replies(settings)):
        if lacking:
            flash(lacking)


def filled_in() -> Typed:
    """What came with the form."""
    given = request.form
    return Typed(
        address=given.get("address", "").strip()[:LONGEST_ADDRESS],
        login=given.get("login", "").strip(),
        password=given.get("password", "").strip(),
        team=given.get("team", USUAL_TEAM),
        days=given.get("days", USUAL_BACKFILL),
    )


def discover(address: str) -> Found | list[str]:
    """What stands at the address, or what it was tried as and why it is none of that."""
    if not address:
        return []
    discovery = connect.discover(services().connectors, address)
    if discovery.found is not None:
        return discovery.found
    return words.not_recognised((one.label, one.code, one.detail) for one in discovery.tried)


def look_at(found: Found, account: Account | None, secret: Mapping[str, str] | None) -> Look:
    """What would be taken, as the one whose credentials these are."""
    with services().db.read() as reading:
        known = queries.page_at(reading, found.kind, found.url, account)
    known = known if known is not None and known.state is not PageState.REMOVED else None
    sign_in = _sign_in(found)
    if secret is None and sign_in is not None and sign_in.required:
        return Look(found, (), None, known, closed=True)
    try:
        items = connect.preview(services().connectors, found, account, secret, utc_now())
    except ConnectorError as error:
        return Look(found, (), words.advice(error.code, error.detail), known)
    return Look(found, items, None, known)


def mistakes_in(typed: Typed, found: Found) -> dict[str, str]:
    """By field, what is wrong with what was filled in."""
    mistakes = _wrong_entries(typed, _sign_in(found) if found.can_log_in else None)
    if typed.days not in BACKFILLS:
        mistakes["days"] = _("Choose one of these.")
    with services().db.read() as reading:
        if accounts.team_by_key(reading, typed.team) is None:
            mistakes["team"] = _("Choose one of these.")
    return mistakes


def _wrong_entries(typed: Typed, sign_in: SignIn | None) -> dict[str, str]:
    if sign_in is None:
        entered_any = typed.login or typed.password
        return {"login": _("This page can only be read; leave both empty.")} if entered_any else {}
    if sign_in.required and not typed.password:
        return {"password": _("Nothing can be read there without signing in.")}
    if sign_in.login is None:
        return {}
    if typed.login and not typed.password:
        return {"password": _("Enter the password too, or leave both empty.")}
    if typed.password and not typed.login:
        return {"login": _("Enter the login too, or leave both empty.")}
    return {}


def entered(sign_in: SignIn | None, login: str, password: str) -> dict[str, str] | None:
    """What was filled in as a connector takes it; None when that is not all it asks for."""
    if sign_in is None or sign_in.password is None or not password:
        return None
    if sign_in.login is None:
        return {"password": password}
    return {"login": login, "password": password} if login else None


def wrong_login(error: ConnectorError, sign_in: SignIn | None) -> dict[str, str]:
    """The field that a failed check of the credentials belongs to, and what to say there."""
    why = words.advice(error.code, error.detail)
    if sign_in is not None and sign_in.password is None:
        return {"sign_in": f"{why.what} {why.do}".strip()}
    if error.code == errors.WRONG_CREDENTIALS and sign_in is not None and sign_in.wrong:
        return {"password": f"{why.what} {_(sign_in.wrong)}"}
    named = sign_in is not None and sign_in.login is not None
    about_secret = isinstance(error, AuthExpired) and error.code != errors.MISSING_PERMISSION
    return {"login" if named and not about_secret else "password": f"{why.what} {why.do}".strip()}


def _sign_in(found: Found) -> SignIn | None:
    return services().connectors.get(found.kind).sign_in


def _store(
    typed: Typed, found: Found, account: Account | None, secret: Mapping[str, str] | None, tokens: Tokens | None
) -> None:
    now = utc_now()
    with services().db.write() as writing:
        team = accounts.team_by_key(writing, typed.team)
        page_id = pages.add_page(
            writing,
            found,
            team_id=team.id if team else 0,
            sealed_secret=services().box.seal(secret) if secret else None,
            account=account,
            since=_since(typed.days, now),
            now=now,
            by=actor().id,
        )
        if tokens is not None:
            token_lives.note(writing, page_id, tokens, now)
        hooks.give_address(writing, services().connectors, found.kind, page_id, now)


def _since(days: str, now: datetime) -> datetime | None:
    return None if days == EVERYTHING else now - timedelta(days=int(days))


def _read_now(name: str, days: str) -> str:
    if days == EVERYTHING:
        return _("%(name)s is connected. Everything there is read now; comments appear as they come.", name=name)
    if days == "0":
        return _("%(name)s is connected. New comments appear as they come.", name=name)
    return ngettext(
        "%(name)s is connected. The last day is read now; comments appear as they come.",
        "%(name)s is connected. The last %(num)s days are read now; comments appear as they come.",
        int(days),
        name=name,
    )


def address_form(address: str, tried: Sequence[str] | None = None) -> str:
    """The first step, with what an address was tried as in vain."""
    kinds = ", ".join(one.label for one in services().connectors)
    return render_template("connect/start.html", address=address[:LONGEST_ADDRESS], tried=tried, kinds=kinds)


def look_page(typed: Typed, seen: Look, mistakes: Mapping[str, str]) -> str:
    """The second step, with what is wrong by field; ``sign_in`` is the field of signing in at the platform."""
    with services().db.read() as reading:
        teams = accounts.teams(reading)
    return render_template(
        "connect/look.html",
        typed=typed,
        seen=seen,
        sign_in=_sign_in(seen.found) if seen.found.can_log_in else None,
        mistakes=mistakes,
        teams=[(team.key, names.shown(team.name)) for team in teams],
        backfills=[(days, _backfill(days)) for days in BACKFILLS],
    )


def _backfill(days: str) -> str:
    if days == EVERYTHING:
        return _("Everything there is")
    if days == "0":
        return _("Nothing: only what is new from now on")
    return ngettext("The last day", "The last %(num)s days", int(days))
