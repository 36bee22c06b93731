"""Chat rooms that are told what happens; for admins."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import queries as accounts
from app.accounts.types import Permission
from app.core.clock import utc_now
from app.core.errors import InvalidInput
from app.core.i18n import gettext as _
from app.edge.context import actor, services, session
from app.edge.routes import rejected, route
from app.notifications import queries, service
from app.notifications.rules import ROOM_EVENTS

blueprint = Blueprint("rooms", __name__, url_prefix="/rooms")
ID = "<int(max=2147483647):room_id>"
LANGUAGES = (("en", "English"), ("de", "Deutsch"))


@route(blueprint, "", needs=Permission.MANAGE_ROOMS)
def overview() -> ResponseReturnValue:
    """All rooms, and a form for another."""
    return _page({})


@route(blueprint, "", needs=Permission.MANAGE_ROOMS, methods=("POST",))
def add() -> ResponseReturnValue:
    """Add a room."""
    return _save(None)


@route(blueprint, f"/{ID}", needs=Permission.MANAGE_ROOMS, methods=("POST",))
def change(room_id: int) -> ResponseReturnValue:
    """Change a room; without an address it keeps the one it has."""
    return _save(room_id)


@route(blueprint, f"/{ID}/try", needs=Permission.MANAGE_ROOMS, methods=("POST",))
def try_it(room_id: int) -> ResponseReturnValue:
    """Send it a word."""
    service.try_hook(session(), actor(), room_id, utc_now())
    flash(_("A word is on its way. If it does not arrive in a few seconds, reload this page: it says why."), "good")
    return redirect(url_for("rooms.overview"), 303)


@route(blueprint, f"/{ID}/switch", needs=Permission.MANAGE_ROOMS, methods=("POST",))
def switch(room_id: int) -> ResponseReturnValue:
    """Tell a room nothing for now, or something again."""
    service.switch_hook(session(), actor(), room_id, utc_now(), on=request.form.get("on") == "yes")
    return redirect(url_for("rooms.overview"), 303)


@route(blueprint, f"/{ID}/remove", needs=Permission.MANAGE_ROOMS, methods=("POST",))
def remove(room_id: int) -> ResponseReturnValue:
    """Forget a room and its address."""
    service.remove_hook(session(), actor(), room_id, utc_now())
    flash(_("The room is removed, and its address forgotten."))
    return redirect(url_for("rooms.overview"), 303)


def _save(room_id: int | None) -> ResponseReturnValue:
    team = request.form.get("team", type=int)
    try:
        service.save_hook(
            session(),
            services().box,
            hook_id=room_id,
            name=request.form.get("name", ""),
            url=request.form.get("url", ""),
            team_id=team,
            events=[event for event in ROOM_EVENTS if event.value in request.form.getlist("event")],
            language=request.form.get("language", ""),
            time_zone=actor().time_zone or "UTC",
            now=utc_now(),
            by=actor().id,
        )
    except InvalidInput as error:
        return rejected(_page({error.field or "url": error.message}, room_id), 422)
    flash(_("The room is saved."), "good")
    return redirect(url_for("rooms.overview"), 303)


def _page(errors: dict[str, str], wrong: int | None = None) -> str:
    return render_template(
        "rooms/overview.html",
        rooms=queries.hooks(session()),
        teams=[team for team in accounts.teams(session()) if not team.demo],
        events=ROOM_EVENTS,
        languages=LANGUAGES,
        errors=errors,
        wrong=wrong,
        typed=request.form if errors else {},
    )
