"""Who looks after a page."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.campaigns import queries as campaigns
from app.core.clock import utc_now
from app.core.errors import InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.edge.context import actor, session
from app.edge.routes import rejected, route
from app.pages import queries as pages
from app.pages.types import PageState
from app.upkeep import stewards
from app.web.inbox.place import number

blueprint = Blueprint("stewards", __name__, url_prefix="/pages")
ID = "<int(max=2147483647):page_id>"


@route(blueprint, f"/{ID}/stewards", needs=Permission.MANAGE_CAMPAIGNS)
def form(page_id: int) -> ResponseReturnValue:
    """The form that says who."""
    known = stewards.of_pages(session(), [page_id])[page_id]
    typed = (known.steward.id if known.steward else None, known.deputy.id if known.deputy else None)
    return _form(page_id, typed, {})


@route(blueprint, f"/{ID}/stewards", needs=Permission.MANAGE_CAMPAIGNS, methods=("POST",))
def appoint(page_id: int) -> ResponseReturnValue:
    """Say who."""
    typed = (number(request.form.get("steward")), number(request.form.get("deputy")))
    try:
        stewards.appoint(session(), actor(), page_id, *typed, utc_now())
    except InvalidInput as error:
        return rejected(_form(page_id, typed, {error.field or "steward": error.message}), 422)
    flash(_("Saved. They are told."), "good")
    return redirect(url_for("pages.show", page_id=page_id), 303)


def _form(page_id: int, typed: tuple[int | None, int | None], errors: dict[str, str]) -> str:
    page = pages.page(session(), page_id)
    if page is None or page.state is PageState.REMOVED:
        raise NotFound(_("There is no such page, or it was removed."))
    staff = [(one.id, one.name) for one in campaigns.staff(session())]
    return render_template(
        "stewards/form.html", page=page, steward=typed[0], deputy=typed[1], staff=staff, errors=errors
    )
