"""What else can be done with a remedy: withdraw it, carry it out by hand, try again, settle it, tell the person."""

from collections.abc import Callable
from datetime import datetime

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.core.clock import utc_now
from app.core.errors import Conflict, Forbidden, InvalidInput
from app.core.i18n import gettext as _
from app.edge.context import actor, session
from app.edge.errors import status_of
from app.edge.routes import rejected, route
from app.remedies import by_hand, service, telling
from app.web.remedies.routes import ID, POST, blueprint, page


@route(blueprint, f"/{ID}/withdraw", needs=Permission.ASK_REMEDY, methods=POST)
def withdraw(remedy_id: int) -> ResponseReturnValue:
    """Take it back."""
    reason = request.form.get("reason", "")
    return _do(remedy_id, lambda now: service.withdraw(session(), actor(), remedy_id, reason, now), _("Withdrawn."))


@route(blueprint, f"/{ID}/take", needs=Permission.ASK_REMEDY, methods=POST)
def take(remedy_id: int) -> ResponseReturnValue:
    """I carry it out now."""
    said = _("It is yours now. Record here what came of it.")
    return _do(remedy_id, lambda now: by_hand.take_in_hand(session(), actor(), remedy_id, now), said)


@route(blueprint, f"/{ID}/finish", needs=Permission.ASK_REMEDY, methods=POST)
def finish(remedy_id: int) -> ResponseReturnValue:
    """Done under this reference, or not possible."""
    reference = request.form.get("reference", "")

    def work(now: datetime) -> None:
        by_hand.finish_by_hand(session(), actor(), remedy_id, done=_was_done(), reference=reference, now=now)

    said = _("Recorded. Now the person should be told.") if request.form.get("done") == "yes" else _("Recorded.")
    return _do(remedy_id, work, said)


@route(blueprint, f"/{ID}/give-back", needs=Permission.ASK_REMEDY, methods=POST)
def give_back(remedy_id: int) -> ResponseReturnValue:
    """Somebody else can carry it out."""
    return _do(remedy_id, lambda now: by_hand.give_back(session(), actor(), remedy_id, now), _("Given back."))


@route(blueprint, f"/{ID}/again", needs=Permission.ASK_REMEDY, methods=POST)
def again(remedy_id: int) -> ResponseReturnValue:
    """Try a failed one again."""
    return _do(remedy_id, lambda now: by_hand.again(session(), actor(), remedy_id, now), _("It is tried again."))


@route(blueprint, f"/{ID}/settle", needs=Permission.DECIDE_REMEDY, methods=POST)
def settle(remedy_id: int) -> ResponseReturnValue:
    """Say what came of one that nobody could know about."""
    reference = request.form.get("reference", "")

    def work(now: datetime) -> None:
        by_hand.settle(session(), actor(), remedy_id, done=_was_done(), reference=reference, now=now)

    return _do(remedy_id, work, _("Recorded."))


@route(blueprint, f"/{ID}/told", needs=Permission.ASK_REMEDY, methods=POST)
def told(remedy_id: int) -> ResponseReturnValue:
    """They were told by other means than a reply from here."""
    how = request.form.get("how", "")
    return _do(remedy_id, lambda now: telling.told_otherwise(session(), actor(), remedy_id, how, now), _("Noted."))


def _was_done() -> bool:
    """What the form says; one that says nothing records nothing. Raises InvalidInput."""
    said = request.form.get("done", "")
    if said not in ("yes", "no"):
        raise InvalidInput(_("Say whether it was carried out."))
    return said == "yes"


def _do(remedy_id: int, work: Callable[[datetime], None], said: str) -> ResponseReturnValue:
    now = utc_now()
    try:
        work(now)
    except (Conflict, Forbidden, InvalidInput) as error:
        body = page(session(), remedy_id, now, error=error.message, field=getattr(error, "field", None) or "")
        return rejected(str(body), status_of(error))
    flash(said, "good")
    return redirect(url_for("remedies.show", remedy_id=remedy_id), 303)
