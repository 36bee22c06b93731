"""What one wants to be told, and how: the choices on one's own account's page."""

from typing import Any

from flask import Blueprint, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.core.clock import utc_now
from app.core.errors import InvalidInput
from app.core.i18n import gettext as _
from app.edge.context import actor, reading, services, session
from app.edge.routes import rejected, route
from app.notifications import queries, service
from app.notifications.types import PERSONAL, Event

blueprint = Blueprint("notices", __name__, url_prefix="/account/notifications")
_AGENTS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"))


def shown() -> dict[str, Any]:
    """What the account's page needs for its table of choices."""
    with reading() as current:
        preferences = queries.preferences(current, actor().id)
    return {
        "events": list(Event),
        "channels": PERSONAL,
        "preferences": preferences,
        "mail_ready": services().mailer.ready,
        "hours": [(hour, f"{hour:02d}:00") for hour in range(24)],
    }


@route(blueprint, "", needs=Permission.OWN_ACCOUNT, methods=("POST",))
def choose() -> ResponseReturnValue:
    """Keep the whole table, and where and when."""
    wanted = [(event, channel) for event in Event for channel in PERSONAL if request.form.get(f"{event}.{channel}")]
    service.choose(session(), actor(), wanted)
    try:
        service.set_where_and_when(
            session(),
            actor(),
            address=request.form.get("address", ""),
            digest_hour=request.form.get("digest_hour", -1, type=int),
            now=utc_now(),
        )
    except InvalidInput as error:
        return rejected(error.message, 422)
    flash(_("What you are told is changed."), "good")
    return redirect(url_for("account.show", _anchor="notifications"), 303)


@route(blueprint, "/key", needs=Permission.OWN_ACCOUNT, methods=("POST",))
def push_key() -> ResponseReturnValue:
    """The key a browser subscribes with; made when the first one asks."""
    return jsonify(key=service.push_public_key(session(), services().box))


@route(blueprint, "/devices", needs=Permission.OWN_ACCOUNT, methods=("POST",))
def add_device() -> ResponseReturnValue:
    """This browser wants push messages; its script sends what it was given."""
    service.add_device(
        session(),
        actor(),
        services().box,
        endpoint=request.form.get("endpoint", ""),
        p256dh=request.form.get("p256dh", ""),
        auth=request.form.get("auth", ""),
        label=_label(request.headers.get("User-Agent", "")),
        now=utc_now(),
    )
    return "", 204


@route(blueprint, "/devices/<int(max=2147483647):device_id>/remove", needs=Permission.OWN_ACCOUNT, methods=("POST",))
def remove_device(device_id: int) -> ResponseReturnValue:
    """No more push messages to that browser."""
    service.remove_device(session(), actor(), device_id)
    flash(_("That browser is told nothing any more."))
    return redirect(url_for("account.show", _anchor="notifications"), 303)


def _label(agent: str) -> str:
    """A browser by the name its owner knows it by."""
    browser = next((name for mark, name in _AGENTS if mark in agent), _("Browser"))
    system = next((name for mark, name in _SYSTEMS if mark in agent), "Linux" if "Linux" in agent else "")
    return f"{browser}, {system}" if system else browser
