"""Choosing a password: a link that works once, which an admin made."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import staff
from app.core.clock import utc_now
from app.core.errors import Forbidden, InvalidInput
from app.core.i18n import gettext as _
from app.edge.context import services, session
from app.edge.routes import PUBLIC, rejected, route
from app.web.sessions import begin

blueprint = Blueprint("welcome", __name__, url_prefix="/welcome")


@route(blueprint, "/<token>", needs=PUBLIC)
def show(token: str) -> ResponseReturnValue:
    """The form, for whoever holds a link that is still good."""
    login = staff.link_is_for(session(), token, utc_now())
    return _form(token, login, {}), 200 if login else 403


@route(blueprint, "/<token>", needs=PUBLIC, methods=("POST",))
def finish(token: str) -> ResponseReturnValue:
    """Set the password and sign them in."""
    try:
        if request.form.get("password", "") != request.form.get("again", ""):
            raise InvalidInput(_("The two passwords differ. Type them once more."), field="again")
        signed_in = staff.use_link(
            session(),
            token,
            request.form.get("password", ""),
            now=utc_now(),
            days=services().settings.web.session_days,
        )
    except InvalidInput as error:
        login = staff.link_is_for(session(), token, utc_now())
        return rejected(_form(token, login, {error.field or "password": error.message}), 422)
    except Forbidden:
        return rejected(_form(token, None, {}), 403)
    begin(signed_in.token)
    flash(_("Welcome, %(name)s.", name=signed_in.actor.name), "good")
    return redirect(url_for("inbox.overview"), 303)


def _form(token: str, login: str | None, errors: dict[str, str]) -> str:
    return render_template("welcome/show.html", token=token, login=login, errors=errors)
