"""What the routes of remedies share."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from flask import Blueprint, render_template, request
from flask import session as cookie
from flask.typing import ResponseReturnValue

from app.accounts import service as accounts
from app.accounts.types import Actor
from app.core.errors import InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.edge.context import actor, services
from app.remedies import policies, queries, rules, turns
from app.remedies.views import STATES, Queue
from app.web.inbox import place as places
from app.web.sessions import count_try, forget_try

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

blueprint = Blueprint("remedies", __name__, url_prefix="/remedies")
ID = "<int(max=9223372036854775807):remedy_id>"
POST = ("POST",)


def queue() -> Queue:
    """The list that the address names."""
    named = request.args.get("queue", "")
    return Queue(named) if named in list(Queue) else Queue.DECIDE


def proven(now: datetime) -> Actor:
    """Who is asking; with the password in the form, as somebody who has just shown that it is them.

    Judges the password outside of any transaction. Raises InvalidInput for a wrong one, Forbidden after too many.
    """
    who, password = actor(), request.form.get("password", "")
    if not password:
        return who
    count_try(who.login)
    with services().db.read() as reading:
        known = accounts.identify(reading, who.login, password)
    if known != who.id:
        raise InvalidInput(_("This is not your password."), field="password")
    with services().db.write() as writing:
        forget_try(writing, who.login)
        accounts.prove(writing, cookie.get("sid", ""), now)
    return replace(who, proved_at=now)


def version() -> int:
    """The version the form showed; one that doesn't say has shown none."""
    return request.form.get("version", type=int, default=0)


def page(
    reading: "Session", remedy_id: int | None, now: datetime, *, error: str = "", field: str = ""
) -> ResponseReturnValue:
    """The list, and beside it one remedy; ``error`` says why something was not done."""
    who, shown = actor(), queue()
    after = places.position(request.args.get("after", ""))
    found = queries.rows(reading, shown, after=(after.at, after.id) if after else None, limit=queries.PAGE_LENGTH + 1)
    one = None
    if remedy_id is not None:
        try:
            barred = turns.barred(reading, who, remedy_id, now)
            one = queries.remedy(reading, who, remedy_id, now, barred=barred)
        except NotFound as gone:
            if not error:
                raise
            error = gone.message
    in_force = policies.in_force(reading)
    return render_template(
        "remedies/overview.html",
        rows=found[: queries.PAGE_LENGTH],
        more=places.mark(found[-2].asked_at, found[-2].id) if len(found) > queries.PAGE_LENGTH else None,
        counts=queries.lengths(reading),
        queue=shown,
        queues=list(Queue),
        one=one,
        now=now,
        error=error,
        field=field,
        policy=in_force.policy,
        reasons=in_force.policy.reasons,
        fresh=rules.proof_is_fresh(who.proved_at, now),
        states=STATES,
        decides=rules.DECIDING_ROLES,
    )
