"""The policy: in force, proposed, put in force by somebody else; and who stands in for whom."""

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import queries as accounts
from app.accounts.types import Permission
from app.core.clock import utc_now
from app.core.errors import Conflict, Forbidden, InvalidInput, PorchlightError
from app.core.i18n import gettext as _
from app.edge.context import actor, services, session
from app.edge.errors import status_of
from app.edge.routes import rejected, route
from app.remedies import policies, rules, turns
from app.web.inbox import place as places
from app.web.remedies.routes import POST, blueprint, proven

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NUMBER = "<int(max=2147483647):policy_id>"


@route(blueprint, "/policy", needs=Permission.MANAGE_REMEDIES)
def policy() -> ResponseReturnValue:
    """What is in force, and what was proposed."""
    return _page(session())


@route(blueprint, "/policy", needs=Permission.MANAGE_REMEDIES, methods=POST)
def propose() -> ResponseReturnValue:
    """Propose a new text."""
    source = request.form.get("source", "").replace("\r\n", "\n")
    try:
        policies.propose(session(), actor(), source, utc_now())
    except InvalidInput as error:
        return rejected(_page(session(), source=source, error=error), status_of(error))
    flash(_("Proposed. Somebody else has to put it in force."), "good")
    return redirect(url_for("remedies.policy"), 303)


@route(blueprint, f"/policy/{NUMBER}", needs=Permission.MANAGE_REMEDIES, methods=POST, own_transactions=True)
def confirm(policy_id: int) -> ResponseReturnValue:
    """Put a proposal in force, or drop it."""
    now, agreed = utc_now(), request.form.get("agreed") == "yes"
    try:
        who = proven(now)
        with services().db.write() as writing:
            policies.confirm(writing, who, policy_id, now, agreed=agreed)
    except (Conflict, Forbidden, InvalidInput) as error:
        with services().db.read() as reading:
            return _page(reading, error=error), status_of(error)
    flash(_("The new policy is in force.") if agreed else _("The proposal is dropped."), "good")
    return redirect(url_for("remedies.policy"), 303)


@route(blueprint, "/stand-in", needs=Permission.MANAGE_REMEDIES, methods=POST)
def stand_in() -> ResponseReturnValue:
    """Who decides in one's place for a while."""
    chosen = places.number(request.form.get("stand_in"))
    try:
        day = date.fromisoformat(request.form.get("until", ""))
        until: datetime | None = datetime.combine(day, time(), UTC) + timedelta(days=1)
    except (ValueError, OverflowError):
        until = None
    try:
        turns.name_stand_in(session(), actor(), chosen, until, utc_now())
    except InvalidInput as error:
        return rejected(_page(session(), error=error), status_of(error))
    flash(_("They can decide in your place now.") if chosen else _("Nobody stands in for you any more."), "good")
    return redirect(url_for("remedies.policy"), 303)


def _page(reading: "Session", *, source: str | None = None, error: PorchlightError | None = None) -> str:
    in_force, now = policies.in_force(reading), utc_now()
    deciding = [
        (user.id, user.name)
        for user in accounts.users(reading)
        if user.role in rules.DECIDING_ROLES and user.active and user.id != actor().id
    ]
    proposal = policies.proposal(reading)
    return render_template(
        "remedies/policy.html",
        in_force=in_force,
        proposal=proposal,
        changes=policies.changed(in_force.source, proposal.source) if proposal else [],
        source=source if source is not None else in_force.source,
        error=error.message if error else "",
        field=(getattr(error, "field", None) or "") if error else "",
        fresh=rules.proof_is_fresh(actor().proved_at, now),
        deciding=deciding,
        stand_in=turns.stand_in_of(reading, actor().id, now),
    )
