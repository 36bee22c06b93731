"""Saying that two contacts are the same, after a look at both, and taking it back."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.contacts import joining, queries
from app.contacts.types import ContactFilter
from app.core.clock import utc_now
from app.core.errors import Conflict, InvalidInput
from app.core.i18n import gettext as _
from app.edge.context import actor, session
from app.edge.errors import status_of
from app.edge.routes import rejected, route
from app.inbox import persons
from app.web.contacts.routes import ID, blueprint, number, page

FEW = 20


@route(blueprint, f"/{ID}/merge", needs=Permission.ANSWER)
def choose(contact_id: int) -> ResponseReturnValue:
    """Look for the other one, then look at both."""
    other = number(request.args.get("with"))
    return _preview(contact_id, other) if other else _search(contact_id)


@route(blueprint, f"/{ID}/merge", needs=Permission.ANSWER, methods=("POST",))
def join(contact_id: int) -> ResponseReturnValue:
    """Merge the other one into this one."""
    other = number(request.form.get("joined")) or 0
    try:
        joining.join(
            session(),
            actor(),
            kept_id=contact_id,
            joined_id=other,
            kept_version=request.form.get("kept_version", type=int, default=-1),
            joined_version=request.form.get("joined_version", type=int, default=-1),
            now=utc_now(),
        )
    except (Conflict, InvalidInput) as error:
        return rejected(_preview(contact_id, other, error.message), status_of(error))
    flash(_("The two are one now. You can separate them again below."), "good")
    return redirect(url_for("contacts.show", contact_id=contact_id), 303)


@route(blueprint, f"/{ID}/separate", needs=Permission.ANSWER, methods=("POST",))
def separate(contact_id: int) -> ResponseReturnValue:
    """Take a merge back: this one stands for itself again."""
    try:
        kept, _own = joining.separate(session(), actor(), contact_id, utc_now())
    except Conflict as error:
        return rejected(page(contact_id, error=error.message), 409)
    flash(_("The two stand for themselves again."), "good")
    return redirect(url_for("contacts.show", contact_id=kept), 303)


def _search(contact_id: int) -> str:
    text = request.args.get("q", "").strip()[:200]
    contact = queries.contact(session(), actor(), contact_id)
    rows = queries.rows(session(), ContactFilter(text), limit=FEW)[0] if text else []
    rows = [row for row in rows if row.id != contact.id]
    pages = queries.page_names(session(), [one.page_id for row in rows for one in row.identities if one.page_id])
    return render_template("contacts/choose.html", contact=contact, text=text, rows=rows, pages=pages)


def _preview(contact_id: int, other_id: int, error: str = "") -> str:
    kept = queries.contact(session(), actor(), contact_id)
    joined = queries.contact(session(), actor(), other_id)
    pages = [one.page_id for side in (kept, joined) for one in side.identities if one.page_id]
    return render_template(
        "contacts/merge.html",
        kept=kept,
        joined=joined,
        counts={side.id: persons.count(session(), side.id) for side in (kept, joined)},
        pages=queries.page_names(session(), pages),
        error=error,
    )
