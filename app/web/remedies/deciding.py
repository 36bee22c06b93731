"""The supervisor's screen: what waits on the left, everything about one on the right, one key to decide."""

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.core.clock import utc_now
from app.core.errors import Conflict, Forbidden, InvalidInput
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.edge.context import services, session
from app.edge.errors import status_of
from app.edge.routes import route
from app.remedies import queries, signing
from app.remedies.types import State, Verdict
from app.remedies.views import Queue
from app.web.inbox import place as places
from app.web.remedies.routes import ID, POST, blueprint, page, proven, queue, version


@route(blueprint, "", needs=Permission.ASK_REMEDY)
def overview() -> ResponseReturnValue:
    """A queue; the first of it is opened, so that the next decision is one key away."""
    now = utc_now()
    opens = queue() is Queue.DECIDE and request.args.get("open") != "no"
    first = queries.rows(session(), queue(), limit=1) if opens else []
    return page(session(), first[0].id if first else None, now)


@route(blueprint, f"/{ID}", needs=Permission.ASK_REMEDY)
def show(remedy_id: int) -> ResponseReturnValue:
    """One remedy."""
    return page(session(), remedy_id, utc_now())


@route(blueprint, f"/{ID}/decide", needs=Permission.DECIDE_REMEDY, methods=POST, own_transactions=True)
def decide(remedy_id: int) -> ResponseReturnValue:
    """Approve or refuse what was seen."""
    now = utc_now()
    try:
        verdict, who = _verdict(), proven(now)
        with services().db.write() as writing:
            state = signing.decide(
                writing, who, remedy_id, verdict, request.form.get("reason", ""), now, version=version()
            )
    except (Conflict, Forbidden, InvalidInput) as error:
        return _refused(remedy_id, error)
    said = {
        State.APPROVED: _("Approved."),
        State.REFUSED: _("Refused. Who asked for it will see why."),
    }.get(state, _("Signed. It needs another person too."))
    flash(said, "good")
    return redirect(url_for("remedies.overview", queue=queue().value), 303)


@route(blueprint, f"/{ID}/offer", needs=Permission.DECIDE_REMEDY, methods=POST, own_transactions=True)
def offer(remedy_id: int) -> ResponseReturnValue:
    """Another amount: a new request under one's own name, which somebody else has to sign."""
    now = utc_now()
    try:
        who = proven(now)
        with services().db.write() as writing:
            fresh = signing.counter_offer(
                writing,
                who,
                remedy_id,
                request.form.get("amount", ""),
                request.form.get("reason", ""),
                now,
                version=version(),
                key=f"offer-{remedy_id}-{version()}",
            )
    except (Conflict, Forbidden, InvalidInput) as error:
        return _refused(remedy_id, error)
    flash(_("Your offer stands under your name; somebody else has to approve it."), "good")
    return redirect(url_for("remedies.show", remedy_id=fresh), 303)


@route(blueprint, "/several", needs=Permission.DECIDE_REMEDY, methods=POST, own_transactions=True)
def several() -> ResponseReturnValue:
    """Approve several small ones of one reason, each checked on its own."""
    now = utc_now()
    chosen = []
    for mark in request.form.getlist("chosen")[: queries.PAGE_LENGTH]:
        key, _dot, seen = mark.partition(".")
        if places.is_id(key) and places.is_id(seen):
            chosen.append((int(key), int(seen)))
    try:
        who = proven(now)
        with services().db.write() as writing:
            left = signing.approve_several(writing, who, chosen, now)
    except (Conflict, Forbidden, InvalidInput) as error:
        return _refused(None, error)
    done = len(chosen) - len(left)
    flash(ngettext("%(num)s approved.", "%(num)s approved.", done), "good" if done else "")
    for _remedy, why in left[:3]:
        flash(why, "warning")
    return redirect(url_for("remedies.overview"), 303)


def _verdict() -> Verdict:
    """What the form says; one that says nothing approves nothing. Raises InvalidInput."""
    said = request.form.get("verdict", "")
    if said not in list(Verdict):
        raise InvalidInput(_("Say whether you approve or refuse."))
    return Verdict(said)


def _refused(remedy_id: int | None, error: Conflict | Forbidden | InvalidInput) -> ResponseReturnValue:
    field = "password" if error.code == "prove" else getattr(error, "field", None) or ""
    with services().db.read() as reading:
        body = page(reading, remedy_id, utc_now(), error=error.message, field=field)
    return body, status_of(error)  # type: ignore[return-value]
