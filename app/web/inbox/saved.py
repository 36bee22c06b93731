"""Filters, and lists kept under names."""

from urllib.parse import urlencode

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import queries as accounts
from app.accounts.types import Permission, TeamView
from app.core.clock import utc_now
from app.core.errors import PorchlightError
from app.core.i18n import gettext as _
from app.desk import queries, rules, service
from app.edge.context import actor, session
from app.edge.errors import status_of
from app.edge.routes import rejected, route
from app.web.inbox import narrow
from app.web.inbox import place as places
from app.web.inbox.routes import VIEW_ID, blueprint, here, wants

POST = ("POST",)


@route(blueprint, "/filters", needs=Permission.READ_INBOX)
def filters() -> ResponseReturnValue:
    """What the list can be narrowed down by, and a name to keep it under."""
    return _filters("inbox/filters.html" if wants("filter-panel") else "inbox/narrow.html")


@route(blueprint, "/views", needs=Permission.READ_INBOX)
def saved_views() -> ResponseReturnValue:
    """The lists one keeps."""
    kept = queries.saved_views(session(), actor())
    return render_template(
        "inbox/saved.html",
        kept=[(one, rules.may_change(actor(), one.owner_id, one.team_id)) for one in kept],
        teams=_teams(),
    )


@route(blueprint, "/views", needs=Permission.READ_INBOX, methods=POST)
def save_view() -> ResponseReturnValue:
    """Keep the list of this address under a name."""
    args = here().args
    args.pop("saved", None)
    try:
        view_id = service.save_view(
            session(),
            actor(),
            name=request.form.get("name", ""),
            address=urlencode(args),
            team_id=places.number(request.form.get("team")),
            now=utc_now(),
        )
    except PorchlightError as error:
        return rejected(_filters("inbox/narrow.html", error), status_of(error))
    flash(_("Saved. It stands beside the other lists."), "good")
    return redirect(url_for("inbox.overview", **args, saved=view_id), 303)


@route(blueprint, f"/views/{VIEW_ID}/change", needs=Permission.READ_INBOX, methods=POST)
def change_view(view_id: int) -> ResponseReturnValue:
    """Another name, other readers."""
    team_id = places.number(request.form.get("team"))
    name = request.form.get("name", "")
    service.change_view(session(), actor(), view_id, name=name, team_id=team_id, now=utc_now())
    flash(_("Changed."), "good")
    return redirect(url_for("inbox.saved_views"), 303)


@route(blueprint, f"/views/{VIEW_ID}/remove", needs=Permission.READ_INBOX, methods=POST)
def remove_view(view_id: int) -> ResponseReturnValue:
    """Forget it; the conversations stay."""
    service.remove_view(session(), actor(), view_id, utc_now())
    flash(_("Removed. The conversations in it are where they were."), "good")
    return redirect(url_for("inbox.saved_views"), 303)


def _filters(template: str, error: PorchlightError | None = None) -> str:
    place = here()
    return render_template(
        template,
        place=place,
        fields=narrow.fields(session(), place),
        teams=_teams(),
        error=error.message if error else "",
    )


def _teams() -> list[TeamView]:
    """Teams that this person may keep views for; looked up only for those who may for any."""
    me = actor()
    if not any(rules.may_change(me, me.id, team_id) for team_id in me.team_ids):
        return []
    return [team for team in accounts.teams(session()) if rules.may_change(me, me.id, team.id)]
