"""Taking back what one did."""

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.core.clock import utc_now
from app.core.errors import Conflict, NotFound
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.desk import bulk
from app.desk import service as desk
from app.edge.context import actor, session
from app.edge.errors import status_of
from app.edge.routes import route
from app.inbox.types import Undone
from app.web.inbox import place as places
from app.web.inbox import screens
from app.web.inbox.bulk import at_work
from app.web.inbox.changing import address_of, changed, come_back
from app.web.inbox.routes import blueprint, by_script, here
from app.web.inbox.telling import told
from app.web.present import history


@route(blueprint, "/undo", needs=Permission.ANSWER, methods=("POST",))
def undo_last() -> ResponseReturnValue:
    """Take back what one did last, or the thing that the form names."""
    entry_id = places.number(request.form.get("entry"), 2**63 - 1)
    now = utc_now()
    try:
        job_id = bulk.begin_undo(session(), actor(), entry_id, now)
        if job_id is not None:
            return at_work(job_id) if by_script() else redirect(address_of(None), 303)
        undone = desk.undo(session(), actor(), entry_id, now)
    except (Conflict, NotFound) as error:
        if by_script():
            return told(error.message, "bad", status_of(error))
        flash(error.message, "bad")
        return redirect(address_of(None), 303)
    said = _undone(undone)
    conversation_id = undone.conversations[0]
    alone = len(undone.conversations) == 1
    if not by_script():
        return come_back(conversation_id if alone else None, said)
    if not alone:
        answer = told(said)
        answer.headers["HX-Trigger"] = "list-stale"
        return answer
    return changed(conversation_id, screens.row(session(), actor(), here(), conversation_id), said=said, returns=True)


def _undone(undone: Undone) -> str:
    if undone.left:
        return ngettext(
            "Taken back, but for %(num)s that somebody has changed since.",
            "Taken back, but for %(num)s that somebody has changed since.",
            len(undone.left),
        )
    return _("Taken back: %(what)s.", what=history.deed(undone.kind))
