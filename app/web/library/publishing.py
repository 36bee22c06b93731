"""Having a post published, taking it back, and deciding about one that did not arrive."""

from collections.abc import Callable
from datetime import datetime

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.core import days, i18n
from app.core.clock import moment_typed, utc_now
from app.core.errors import Conflict, InvalidInput
from app.core.i18n import gettext as _
from app.core.text import plain
from app.edge.context import actor, services, session
from app.edge.errors import status_of
from app.edge.routes import rejected, route
from app.library import publishing, queries
from app.library.publishing import Wish
from app.pages import connect
from app.pages import queries as pages
from app.sending.types import SendState
from app.web.inbox.place import number
from app.web.library.routes import ID, POST, USE_ID, blueprint
from app.web.library.views import Asked, page_of
from app.web.present import library as words


@route(blueprint, f"/{ID}/publish", needs=Permission.ANSWER, methods=POST)
def publish(post_id: int) -> ResponseReturnValue:
    """Have it published on one page, in a moment or at a time."""
    form = request.form
    typed = plain(form.get("at", "")).strip()
    key, page_id = plain(form.get("key", ""))[:40], number(form.get("page"))
    try:
        if page_id is None or not key:
            raise InvalidInput(_("Choose a page."), field="page")
        at = moment(typed, "at")
        reach = pages.reach(session(), page_id)
        look = connect.post_form(services().connectors, services().box, reach)
        wish = Wish(post_id, page_id, form.get("language", ""), at, key)
        undo = services().settings.outbox.undo_seconds
        made = publishing.publish(session(), actor(), wish, look, undo=undo, now=utc_now())
    except (Conflict, InvalidInput) as error:
        errors = {getattr(error, "field", None) or "publish": error.message}
        return rejected(page_of(post_id, Asked(page_id, typed, errors=errors)), status_of(error))
    one = queries.publication(session(), made)
    if one.state is SendState.HELD:
        flash(_("It is held: both sides have been told, and say how to go on."), "attention")
        return redirect(url_for("outreach.held", held_id=one.held_id), 303)
    flash(_("It is planned.") if at else _("It goes out in a moment; until then it can be taken back."), "good")
    season = queries.post(session(), post_id).row.season
    if season is not None and not season.holds(days.of(one.due_at)):
        flash(_("On that day it is out of season: %(season)s.", season=words.season(season)), "attention")
    return redirect(url_for("library.show", post_id=post_id, _anchor="under-way"), 303)


@route(blueprint, "/published", needs=Permission.READ_PAGES)
def published() -> ResponseReturnValue:
    """What went out from here, the newest first."""
    rows, more = queries.published(session(), after=number(request.args.get("after"), 2**63 - 1))
    return render_template("library/published.html", rows=rows, more=more, say=words)


@route(blueprint, f"/uses/{USE_ID}/cancel", needs=Permission.ANSWER, methods=POST)
def cancel(publication_id: int) -> ResponseReturnValue:
    """Take it back before it leaves."""
    return _do(
        publication_id,
        lambda: publishing.cancel(session(), actor(), publication_id, utc_now()),
        _("Taken back: it does not go out."),
    )


@route(blueprint, f"/uses/{USE_ID}/decide", needs=Permission.ANSWER, methods=POST)
def decide(publication_id: int) -> ResponseReturnValue:
    """Try one again, or leave it."""
    again = request.form.get("again") == "yes"
    undo = services().settings.outbox.undo_seconds
    return _do(
        publication_id,
        lambda: publishing.decide(session(), actor(), publication_id, again=again, undo=undo, now=utc_now()),
        _("It goes out in a moment; until then it can be taken back.") if again else _("Settled."),
    )


def moment(typed: str, field: str) -> datetime | None:
    """A moment on the reader's clock, or the house's; None where none was typed. Raises InvalidInput."""
    if not typed:
        return None
    found = moment_typed(typed, i18n.zone() or days.zone())
    if found is None:
        raise InvalidInput(_("Choose a day and a time."), field=field)
    return found


def _do(publication_id: int, work: Callable[[], None], done: str) -> ResponseReturnValue:
    one = queries.publication(session(), publication_id)
    back = (
        url_for("library.show", post_id=one.post.id, _anchor="under-way") if one.post else url_for("library.overview")
    )
    try:
        work()
    except Conflict as error:
        flash(error.message, "warning")
        return redirect(back, 303)
    flash(done)
    return redirect(back, 303)
