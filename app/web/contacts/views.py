"""Reading contacts."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.contacts import queries
from app.contacts.types import DO_NOT_CONTACT, VIP, ContactFilter, Mark, MarkKind
from app.edge.context import actor, session
from app.edge.routes import route
from app.web.contacts.routes import ID, blueprint, number, page

LONGEST = 200


@route(blueprint, "", needs=Permission.READ_INBOX)
def overview() -> ResponseReturnValue:
    """A list: all, those with a mark, or those that a text fits."""
    wanted = ContactFilter(request.args.get("q", "").strip()[:LONGEST], _mark())
    after = number(request.args.get("after"))
    rows, more = queries.rows(session(), wanted, after=after)
    return render_template(
        "contacts/overview.html",
        rows=rows,
        more=more,
        wanted=wanted,
        args={key: value for key, value in request.args.items() if key in ("q", "mark", "tag") and value},
        first=after is None,
        pages=queries.page_names(session(), [one.page_id for row in rows for one in row.identities if one.page_id]),
    )


def _mark() -> Mark | None:
    tag = request.args.get("tag", "").strip().casefold()
    if tag:
        return Mark(MarkKind.TAG, tag[:LONGEST])
    return {"vip": VIP, "do_not_contact": DO_NOT_CONTACT}.get(request.args.get("mark", ""))


@route(blueprint, f"/{ID}", needs=Permission.READ_INBOX)
def show(contact_id: int) -> ResponseReturnValue:
    """All that is known of one; of one that was merged, the one it is shown under."""
    found = queries.contact(session(), actor(), contact_id)
    if found.id != contact_id:
        return redirect(url_for("contacts.show", contact_id=found.id))
    return page(contact_id, shown=found)
