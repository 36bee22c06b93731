"""Signing in at a platform: off to it with a state and a challenge, and back with a code; once, in the same browser."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.connectors.code_flow import challenge
from app.connectors.errors import ConnectorError
from app.connectors.oauth import OAuth, Tokens
from app.connectors.ports import Found
from app.core.clock import utc_now
from app.core.errors import InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.edge.context import services
from app.edge.routes import route
from app.pages import connect, queries, sign_ins, words
from app.pages import service as pages
from app.pages import tokens as token_lives
from app.pages.sign_ins import Attempt
from app.pages.types import PageState, PageView
from app.web import connect as screens

blueprint = Blueprint("oauth", __name__, url_prefix="/pages/sign-in")
ID = "<int(max=2147483647):page_id>"


@route(blueprint, "", needs=Permission.MANAGE_PAGES, methods=("POST",), own_transactions=True)
def begin() -> ResponseReturnValue:
    """Off to sign in for a page that is not connected yet."""
    typed = screens.filled_in()
    found = screens.discover(typed.address)
    if not isinstance(found, Found):
        return screens.address_form(typed.address, found), 422
    mistakes = {name: why for name, why in screens.mistakes_in(typed, found).items() if name in ("team", "days")}
    if not mistakes:
        try:
            return _leave(found.kind, found.url, typed=typed)
        except ConnectorError as error:
            why = words.advice(error.code, error.detail)
            mistakes = {"sign_in": f"{why.what} {why.do}".strip()}
    return screens.look_page(typed, screens.look_at(found, None, None), mistakes), 422


@route(blueprint, f"/{ID}", needs=Permission.MANAGE_PAGES, methods=("POST",), own_transactions=True)
def again(page_id: int) -> ResponseReturnValue:
    """Off to sign in again for a connected page."""
    page = _page(page_id)
    try:
        return _leave(page.connector, page.url, page_id=page.id)
    except ConnectorError as error:
        _tell(error)
        return redirect(url_for("pages.show", page_id=page.id), 303)


@route(blueprint, "/back", needs=Permission.MANAGE_PAGES, own_transactions=True)
def back() -> ResponseReturnValue:
    """Back from the platform: make tokens of the code, prove them, and connect the page or mend it."""
    state = request.args.get("state", "")
    with services().db.write() as writing:
        attempt = sign_ins.take(writing, services().box, state, _browser(), utc_now())
    code = request.args.get("code", "")
    if not code:
        flash(_("You did not let Porchlight in there, so nothing was changed."))
        return _where_it_began(attempt)
    try:
        tokens = _oauth(attempt.kind).exchange(
            attempt.url, code=code, verifier=attempt.verifier, redirect_uri=_back(), kept=attempt.kept
        )
        if attempt.page_id is not None:
            return _mend(_page(attempt.page_id), tokens)
    except ConnectorError as error:
        _tell(error)
        return _where_it_began(attempt)
    return _connect(attempt, tokens)


def _leave(
    kind: str, url: str, *, typed: screens.Typed | None = None, page_id: int | None = None
) -> ResponseReturnValue:
    """The page that leads to the platform. Raises ConnectorError."""
    state, verifier = sign_ins.new_state(), sign_ins.new_verifier()
    start = _oauth(kind).begin(url, redirect_uri=_back(), state=state, challenge=challenge(verifier))
    team, days = (typed.team, typed.days) if typed else ("", "")
    attempt = Attempt(kind, url, verifier, start.kept, page_id, team, days)
    with services().db.write() as writing:
        sign_ins.remember(writing, services().box, state, attempt, _browser(), utc_now())
    label = services().connectors.get(kind).label
    # Browsers hold a form to our own address, also where it redirects to: the way out is a page with a link.
    response = make_response(render_template("connect/leave.html", label=label, url=start.url))
    response.headers["Refresh"] = f"0; url={start.url}"
    return response


def _connect(attempt: Attempt, tokens: Tokens) -> ResponseReturnValue:
    typed = screens.Typed(attempt.url, team=attempt.team, days=attempt.days)
    found = screens.discover(attempt.url)
    if not isinstance(found, Found):
        return screens.address_form(attempt.url, found), 422
    return screens.finish(typed, found, tokens.secret(), tokens)


def _mend(page: PageView, tokens: Tokens) -> ResponseReturnValue:
    """Give a connected page its new sign-in; what was collected stays. Raises ConnectorError."""
    with services().db.read() as reading:
        reach = queries.reach(reading, page.id)
    if reach is None:
        raise NotFound(_("There is no such page, or it was removed."))
    account = connect.prove(services().connectors, reach, tokens.secret())
    with services().db.write() as writing:
        pages.set_credentials(writing, page.id, services().box.seal(tokens.secret()), account, utc_now())
        token_lives.note(writing, page.id, tokens, utc_now())
    flash(_("%(name)s is signed in again, and is read now.", name=page.name), "good")
    return redirect(url_for("pages.show", page_id=page.id), 303)


def _where_it_began(attempt: Attempt) -> ResponseReturnValue:
    if attempt.page_id is not None:
        return redirect(url_for("pages.show", page_id=attempt.page_id), 303)
    return redirect(url_for("connect.start", address=attempt.url), 303)


def _oauth(kind: str) -> OAuth:
    """Raises InvalidInput where nobody signs in."""
    installed = services().connectors
    sign_in = installed.get(kind).sign_in if kind in installed.kinds() else None
    if sign_in is None or sign_in.oauth is None:
        raise InvalidInput(_("Nobody signs in at pages of this kind."))
    return sign_in.oauth


def _page(page_id: int) -> PageView:
    """A page we look after. Raises NotFound."""
    with services().db.read() as reading:
        page = queries.page(reading, page_id)
    if page is None or page.state is PageState.REMOVED:
        raise NotFound(_("There is no such page, or it was removed."))
    return page


def _tell(error: ConnectorError) -> None:
    why = words.advice(error.code, error.detail)
    flash(f"{why.what} {why.do}".strip(), "bad")


def _back() -> str:
    """Where platforms send people back to; what is registered there has to be just this."""
    return services().settings.public_url + url_for("oauth.back")


def _browser() -> str:
    """What tells this browser's session from all others."""
    return str(cookie.get("sid", ""))
