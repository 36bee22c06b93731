"""What was promised for later: mine, what is due, everybody's."""

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import queries as accounts
from app.accounts.types import Permission
from app.core.clock import utc_now
from app.core.errors import Conflict, InvalidInput, PorchlightError
from app.core.i18n import gettext as _
from app.edge.context import actor, session
from app.edge.errors import status_of
from app.edge.routes import rejected, route
from app.remedies import follow_ups as service
from app.remedies.follow_ups import PAGE_LENGTH, Which
from app.web.inbox import place as places
from app.web.remedies.routes import POST, blueprint

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

FOLLOW_UP = "<int(max=9223372036854775807):follow_up_id>"


@route(blueprint, "/follow-ups", needs=Permission.ASK_REMEDY)
def follow_ups() -> ResponseReturnValue:
    """A list of them."""
    return _page(session())


@route(blueprint, f"/follow-ups/{FOLLOW_UP}/done", needs=Permission.ASK_REMEDY, methods=POST)
def follow_up_done(follow_up_id: int) -> ResponseReturnValue:
    """It was done."""
    return _do(lambda now: service.finish(session(), actor(), follow_up_id, now), _("Done."))


@route(blueprint, f"/follow-ups/{FOLLOW_UP}/reopen", needs=Permission.ASK_REMEDY, methods=POST)
def follow_up_reopen(follow_up_id: int) -> ResponseReturnValue:
    """It was not done after all."""
    return _do(lambda now: service.reopen(session(), actor(), follow_up_id, now), _("It is still to be done."))


@route(blueprint, f"/follow-ups/{FOLLOW_UP}/hand-on", needs=Permission.ASK_REMEDY, methods=POST)
def follow_up_hand_on(follow_up_id: int) -> ResponseReturnValue:
    """Another owner, or another day."""
    owner_id, day = places.number(request.form.get("owner")), _day(request.form.get("due_on", ""))

    def work(now: datetime) -> None:
        service.hand_on(session(), actor(), follow_up_id, owner_id, day, now)

    return _do(work, _("Changed."))


def _do(work: Callable[[datetime], None], said: str) -> ResponseReturnValue:
    try:
        work(utc_now())
    except (Conflict, InvalidInput) as error:
        return rejected(_page(session(), error=error), status_of(error))
    flash(said, "good")
    return redirect(url_for("remedies.follow_ups", list=_which().value), 303)


def _which() -> Which:
    named = request.args.get("list", "")
    return Which(named) if named in list(Which) else Which.MINE


def _page(reading: "Session", *, error: PorchlightError | None = None) -> str:
    which, who = _which(), actor()
    day = service.today(reading, utc_now())
    on, _dot, key = request.args.get("after", "").partition(".")
    since = _day(on)
    after = (since, int(key)) if since and places.is_id(key) else None
    found = service.listed(reading, which, who.id, day, after=after)
    last = found[PAGE_LENGTH - 1] if len(found) > PAGE_LENGTH else None
    return render_template(
        "remedies/follow_ups.html",
        rows=found[:PAGE_LENGTH],
        more=f"{last.due_on.isoformat()}.{last.id}" if last else None,
        counts=service.lengths(reading, who.id, day),
        which=which,
        lists=list(Which),
        today=day,
        people=accounts.team_members(reading),
        error=error.message if error else "",
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
