"""One conversation after another, without choosing."""

from flask import flash, redirect
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.core.clock import utc_now
from app.core.i18n import gettext as _
from app.desk import guided
from app.edge.context import actor, session
from app.edge.routes import route
from app.inbox.types import Position
from app.web.inbox.routes import ID, address_in, blueprint, here

POST = ("POST",)


@route(blueprint, "/next", needs=Permission.ANSWER, methods=POST)
def next_free() -> ResponseReturnValue:
    """Begin: the first one that nobody has becomes one's own."""
    return _serve(None)


@route(blueprint, f"/{ID}/skip", needs=Permission.ANSWER, methods=POST)
def skip(conversation_id: int) -> ResponseReturnValue:
    """Not this one, not now."""
    return _serve(guided.pass_on(session(), actor(), conversation_id, utc_now()))


def _serve(after: Position | None) -> ResponseReturnValue:
    place = here()
    talk = guided.serve(session(), actor(), place.filter(actor()), utc_now(), after=after)
    if talk is None:
        flash(_("Nobody waits here that a colleague does not have already."), "good")
        return redirect(address_in(place.led(False), None), 303)
    return redirect(address_in(place.led(True), talk), 303)
