"""The first admin: a link that works once."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import queries
from app.accounts import service as accounts
from app.core.clock import utc_now
from app.core.errors import Conflict, Forbidden, InvalidInput
from app.core.i18n import gettext as _
from app.edge.context import services, session
from app.edge.routes import PUBLIC, rejected, route
from app.web.sessions import begin

blueprint = Blueprint("setup", __name__, url_prefix="/setup")


@route(blueprint, "/<token>", needs=PUBLIC)
def show(token: str) -> ResponseReturnValue:
    """The form, for whoever holds a link that is still good."""
    if not accounts.setup_link_is_good(session(), token, utc_now()):
        return _over(), 403
    return _form(token, {})


@route(blueprint, "/<token>", needs=PUBLIC, methods=("POST",))
def finish(token: str) -> ResponseReturnValue:
    """Make the first admin and sign them in."""
    given = request.form
    try:
        if given.get("password", "") != given.get("again", ""):
            raise InvalidInput(_("The two passwords differ. Type them once more."), field="again")
        signed_in = accounts.set_up(
            session(),
            token,
            login=given.get("login", ""),
            name=given.get("name", ""),
            password=given.get("password", ""),
            now=utc_now(),
            days=services().settings.web.session_days,
        )
    except InvalidInput as error:
        return rejected(_form(token, {error.field or "login": error.message}), 422)
    except Conflict as error:
        return rejected(_form(token, {"login": error.message}), 409)
    except Forbidden:
        return rejected(_over(), 403)
    begin(signed_in.token)
    flash(_("Welcome, %(name)s. Now connect the first page.", name=signed_in.actor.name), "good")
    return redirect(url_for("connect.start"), 303)


def _form(token: str, errors: dict[str, str]) -> str:
    return render_template("setup/show.html", token=token, errors=errors, given=request.form)


def _over() -> str:
    return render_template("setup/over.html", somebody=queries.admin_exists(session()))
