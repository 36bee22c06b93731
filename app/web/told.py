"""What platforms told us and could not be taken: with the reason, and to be tried again."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.core.clock import utc_now
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.edge.context import actor, session
from app.edge.routes import route
from app.hooks import care, queries

blueprint = Blueprint("told", __name__, url_prefix="/health/told")
CHANGE = "/change/<int(max=9223372036854775807):change_id>"
CALL = "/call/<int(max=9223372036854775807):call_id>"


@route(blueprint, "", needs=Permission.MANAGE_PAGES)
def overview() -> ResponseReturnValue:
    """What could not be taken, newest first."""
    return render_template("told/overview.html", troubles=queries.troubles(session()))


@route(blueprint, "/again", needs=Permission.MANAGE_PAGES, methods=("POST",))
def all_again() -> ResponseReturnValue:
    """Take all of it again."""
    return _back(care.replay(session(), utc_now()))


@route(blueprint, f"{CHANGE}/again", needs=Permission.MANAGE_PAGES, methods=("POST",))
def change_again(change_id: int) -> ResponseReturnValue:
    """Take one change again."""
    return _back(care.try_again(session(), utc_now(), change_id=change_id))


@route(blueprint, f"{CALL}/again", needs=Permission.MANAGE_PAGES, methods=("POST",))
def call_again(call_id: int) -> ResponseReturnValue:
    """Cut one call up again."""
    return _back(care.try_again(session(), utc_now(), call_id=call_id))


@route(blueprint, f"{CHANGE}/dismiss", needs=Permission.MANAGE_PAGES, methods=("POST",))
def dismiss_change(change_id: int) -> ResponseReturnValue:
    """Show a change no more."""
    care.dismiss(session(), utc_now(), by=actor().id, change_id=change_id)
    return redirect(url_for("told.overview"), 303)


@route(blueprint, f"{CALL}/dismiss", needs=Permission.MANAGE_PAGES, methods=("POST",))
def dismiss_call(call_id: int) -> ResponseReturnValue:
    """Show a call no more."""
    care.dismiss(session(), utc_now(), by=actor().id, call_id=call_id)
    return redirect(url_for("told.overview"), 303)


def _back(count: int) -> ResponseReturnValue:
    if count:
        flash(ngettext("%(num)s message is taken again.", "%(num)s messages are taken again.", count))
    else:
        flash(_("There was nothing to take again."))
    return redirect(url_for("told.overview"), 303)
