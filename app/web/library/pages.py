"""What holds for posts on one page: who has to look at them first, and whether the page is in a crisis."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.core.clock import utc_now
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.text import plain
from app.edge.context import actor, services, session
from app.edge.errors import status_of
from app.edge.routes import rejected, route
from app.library import crises, queries, service
from app.pages import connect
from app.pages import queries as pages
from app.pages.types import PageState
from app.web.library.publishing import moment
from app.web.library.routes import PAGE_ID, POST, blueprint
from app.web.present import library as words


@route(blueprint, f"/pages/{PAGE_ID}", needs=Permission.READ_PAGES)
def page(page_id: int) -> ResponseReturnValue:
    """One page."""
    return _page(page_id, {})


@route(blueprint, f"/pages/{PAGE_ID}/approval", needs=Permission.APPROVE_REPLIES, methods=POST)
def ask_approval(page_id: int) -> ResponseReturnValue:
    """Have posts there need approval, or not."""
    service.ask_approval(session(), actor(), page_id, utc_now(), wanted=request.form.get("wanted") == "yes")
    flash(_("Saved."), "good")
    return redirect(url_for("library.page", page_id=page_id), 303)


@route(blueprint, f"/pages/{PAGE_ID}/crisis", needs=Permission.CURATE, methods=POST)
def declare(page_id: int) -> ResponseReturnValue:
    """Let nothing of ours go out there."""
    until, reason = plain(request.form.get("until", "")).strip(), plain(request.form.get("reason", ""))
    try:
        crises.declare(session(), actor(), page_id, reason, moment(until, "until"), until, utc_now())
    except (Conflict, InvalidInput) as error:
        errors = {getattr(error, "field", None) or "reason": error.message}
        return rejected(_page(page_id, errors), status_of(error))
    flash(_("Nothing of ours goes out there until it is over."), "attention")
    return redirect(url_for("library.page", page_id=page_id), 303)


@route(blueprint, f"/pages/{PAGE_ID}/crisis/end", needs=Permission.CURATE, methods=POST)
def end(page_id: int) -> ResponseReturnValue:
    """It is over."""
    try:
        crises.end(session(), actor(), page_id, utc_now())
    except Conflict as error:
        flash(error.message, "warning")
        return redirect(url_for("library.page", page_id=page_id), 303)
    flash(_("It is over. What was held for it goes out at its time; whose time has passed is asked about."), "good")
    return redirect(url_for("library.page", page_id=page_id), 303)


def _page(page_id: int, errors: dict[str, str]) -> str:
    now = utc_now()
    found = pages.pages_in_reach(session(), [page_id]).get(page_id)
    if found is None or found[0].state is PageState.REMOVED:
        raise NotFound(_("There is no such page, or it was removed."))
    return render_template(
        "library/page.html",
        page=found[0],
        form=connect.post_form(services().connectors, services().box, found[1]),
        crisis=crises.of_pages(session(), [page_id], now).get(page_id),
        asks=queries.asks_approval(session(), page_id),
        suggested=queries.suggestions(session(), [page_id], now).get(page_id),
        under_way=[one for one in queries.under_way(session()) if one.page.id == page_id],
        typed=request.form,
        errors=errors,
        say=words,
    )
