"""Who else is here: each open inbox says every few seconds what it shows, and is told who is looking and writing."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.accounts import queries as accounts
from app.accounts.types import Permission
from app.core.clock import utc_now
from app.edge.context import actor, services
from app.edge.routes import route
from app.web.inbox import place as places
from app.web.inbox.routes import blueprint
from app.writing import queries as drafts
from app.writing import service as writing

ROWS_AT_MOST = 60


@route(blueprint, "/here", needs=Permission.READ_INBOX, methods=("POST",), own_transactions=True)
def here() -> ResponseReturnValue:
    """Say what one has open, and hear who else has. Writes to the database only to keep a claim alive."""
    now, who = utc_now(), actor()
    shown = [int(one) for one in request.form.get("rows", "").split(",") if places.is_id(one)][:ROWS_AT_MOST]
    open_id = places.number(request.form.get("open"), 2**63 - 1)
    left_id = places.number(request.form.get("left"), 2**63 - 1)
    presence = services().presence
    if left_id is not None:
        presence.gone(left_id, who.id)
    if open_id is not None:
        presence.here(open_id, who.id, now)
    ids = [*dict.fromkeys([open_id, *shown] if open_id is not None else shown)]
    looking = [one for one in presence.at(ids, now) if one.user_id != who.id]
    with services().db.read() as session:
        marks = drafts.marks(session, who, ids, now)
        names = accounts.names(session, {one.user_id for one in looking}) if looking else {}
        renew = request.form.get("writing") == "yes" and open_id is not None
        renew = renew and drafts.to_renew(session, who, open_id or 0, now)
    if renew and open_id is not None:
        with services().db.write() as session:
            writing.still_here(session, who, open_id, now)
    others: dict[int, list[str]] = {one: [] for one in ids}
    for one in looking:
        if one.user_id in names:
            others[one.conversation_id].append(names[one.user_id])
    return render_template("inbox/here.html", ids=ids, marks=marks, looking=others)
