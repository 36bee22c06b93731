"""One's own account: language and password."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import service as accounts
from app.accounts.types import Permission
from app.core import i18n
from app.core.clock import utc_now
from app.core.errors import Forbidden, InvalidInput
from app.core.i18n import gettext as _
from app.edge.context import actor, services, session
from app.edge.routes import rejected, route
from app.web import notices
from app.web.present import looks
from app.web.sessions import begin, count_try, forget_try

blueprint = Blueprint("account", __name__, url_prefix="/account")
NAMES = {"en": "English", "de": "Deutsch"}
"""Each language in its own words."""


@route(blueprint, "", needs=Permission.OWN_ACCOUNT)
def show() -> ResponseReturnValue:
    """What one may change about oneself."""
    return _page({})


@route(blueprint, "/language", needs=Permission.OWN_ACCOUNT, methods=("POST",))
def change_language() -> ResponseReturnValue:
    """Choose language and time zone; left empty, they follow the browser, as a language does that we don't have."""
    chosen = request.form.get("language", "")
    language = chosen if chosen in i18n.LANGUAGES else None
    try:
        accounts.set_language(session(), actor().id, language)
        accounts.set_time_zone(session(), actor().id, request.form.get("time_zone"))
    except InvalidInput as error:
        return rejected(_page({error.field or "": error.message}), 422)
    if language:
        i18n.use(language)
    flash(_("Language and time zone are changed."), "good")
    return redirect(url_for("account.show"), 303)


@route(blueprint, "/looks", needs=Permission.OWN_ACCOUNT, methods=("POST",))
def change_looks() -> ResponseReturnValue:
    """Light or dark, dense or airy, on this device."""
    response = make_response(redirect(url_for("account.show"), 303))
    secure = services().settings.public_url.startswith("https://")
    form = request.form
    looks.keep(response, theme=form.get("theme", ""), density=form.get("density", ""), secure=secure)
    return response


@route(blueprint, "/password", needs=Permission.OWN_ACCOUNT, methods=("POST",), own_transactions=True)
def change_password() -> ResponseReturnValue:
    """Change the password, for who knows the present one; every other session ends."""
    login, new = actor().login, request.form.get("new", "")
    try:
        count_try(login)
    except Forbidden as error:
        return _page({"present": error.message}), 429
    with services().db.read() as reading:
        known = accounts.identify(reading, login, request.form.get("present", ""))
    if known != actor().id:
        return _page({"present": _("This is not your present password.")}), 422
    if new != request.form.get("again", ""):
        return _page({"again": _("The two passwords differ. Type them once more.")}), 422
    try:
        with services().db.write() as writing:
            forget_try(writing, login)
            accounts.set_password(writing, login, new, utc_now(), by=actor().id)
            fresh = accounts.open_session(writing, actor().id, now=utc_now(), days=services().settings.web.session_days)
    except InvalidInput as error:
        return _page({"new": error.message}), 422
    begin(fresh.token)
    flash(_("Your password is changed. Everywhere else you have to sign in again."), "good")
    return redirect(url_for("account.show"), 303)


def _page(errors: dict[str, str]) -> str:
    languages = [("", _("As the browser asks for")), *NAMES.items()]
    return render_template(
        "account/show.html",
        errors=errors,
        languages=languages,
        themes=[("auto", _("As the system has it")), ("light", _("Light")), ("dark", _("Dark"))],
        densities=[("comfortable", _("Comfortable")), ("compact", _("Compact: more on a screen"))],
        **notices.shown(),
    )
