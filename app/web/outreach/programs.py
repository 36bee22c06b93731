"""Programs that may enter outreach; for admins."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import queries as accounts
from app.accounts.types import Permission
from app.campaigns import queries as campaigns
from app.core.clock import utc_now
from app.core.errors import InvalidInput
from app.core.i18n import gettext as _
from app.core.text import plain
from app.edge.context import actor, services, session
from app.edge.routes import rejected, route
from app.outreach import queries, sources
from app.outreach.sources import Made
from app.web.inbox.place import number
from app.web.outreach.routes import PLACE, POST, SOURCE_ID, blueprint
from app.web.present import names


@route(blueprint, f"{PLACE}/programs", needs=Permission.MANAGE_SOURCES)
def programs() -> ResponseReturnValue:
    """All of them, and a form for another."""
    return _page({}, None)


@route(blueprint, f"{PLACE}/programs", needs=Permission.MANAGE_SOURCES, methods=POST)
def add_program() -> ResponseReturnValue:
    """Let another one enter outreach; its secret is shown this once."""
    given = request.form
    try:
        made = sources.add(
            session(),
            actor(),
            plain(given.get("name", "")),
            number(given.get("team")),
            number(given.get("owner")),
            signed=given.get("way") != "token",
            box=services().box,
            now=utc_now(),
        )
    except InvalidInput as error:
        return rejected(_page({error.field or "name": error.message}, None), 422)
    return _page({}, made)


@route(blueprint, f"{PLACE}/programs/{SOURCE_ID}/switch", needs=Permission.MANAGE_SOURCES, methods=POST)
def switch_program(source_id: int) -> ResponseReturnValue:
    """Take nothing more from it, or something again."""
    sources.switch(session(), actor(), source_id, on=request.form.get("on") == "yes", now=utc_now())
    flash(_("Saved."), "good")
    return redirect(url_for("outreach.programs"), 303)


def _page(errors: dict[str, str], made: Made | None) -> str:
    given = request.form
    return render_template(
        "outreach/programs.html",
        programs=queries.sources(session()),
        teams=[(one.id, names.shown(one.name)) for one in accounts.teams(session()) if not one.demo],
        staff=[(one.id, one.name) for one in campaigns.staff(session())],
        typed={} if made else {name: given.get(name, "") for name in ("name", "team", "owner", "way")},
        errors=errors,
        made=made,
        base=services().settings.public_url,
    )
