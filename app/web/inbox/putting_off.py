"""Putting a conversation off until later."""

from datetime import UTC, datetime, tzinfo

from flask import request
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.core import i18n
from app.core.clock import moment_typed
from app.core.i18n import gettext as _
from app.edge.context import actor, session
from app.edge.routes import route
from app.inbox import rules, waking
from app.inbox.types import Later
from app.web.inbox.actions import seen_version
from app.web.inbox.changing import change
from app.web.inbox.routes import ID, blueprint


@route(blueprint, f"/{ID}/put-off", needs=Permission.ANSWER, methods=("POST",))
def put_off(conversation_id: int) -> ResponseReturnValue:
    """Nobody needs to look at it before then; a new comment of the person brings it at once."""

    def work(now: datetime) -> None:
        waking.put_off(session(), actor(), conversation_id, until(now), seen_version(), now)

    return change(conversation_id, work, _("Put off."), moves_on=True)


def until(now: datetime) -> datetime | None:
    """The moment that the form names; None when it names none."""
    named = request.form.get("when", "")
    if named in set(Later):
        return rules.later(Later(named), now, _zone())
    return moment_typed(request.form.get("until", ""), _zone())


def _zone() -> tzinfo:
    """The clock of who put it off: the one they chose, else their browser's, where a script told it."""
    return i18n.zone() or i18n.zone_named(request.form.get("zone", "")[:60]) or UTC
