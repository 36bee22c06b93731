"""Whose answers need approval, and where."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import queries as accounts
from app.accounts.types import Permission
from app.campaigns import queries as campaigns
from app.core.clock import utc_now
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.text import plain
from app.edge.context import actor, session
from app.edge.errors import status_of
from app.edge.routes import rejected, route
from app.pages import queries as pages
from app.replies import requirements
from app.replies.types import Subject
from app.web.present import names

blueprint = Blueprint("approvals", __name__, url_prefix="/approvals")
POST = ("POST",)


@route(blueprint, "", needs=Permission.APPROVE_REPLIES)
def overview() -> ResponseReturnValue:
    """What needs approval, and a form for more."""
    return _page()


@route(blueprint, "", needs=Permission.APPROVE_REPLIES, methods=POST)
def add() -> ResponseReturnValue:
    """Have answers need approval from now on."""
    kind, _colon, number = request.form.get("about", "").partition(":")
    reason = plain(request.form.get("reason", ""))
    try:
        if kind not in set(Subject) or not number.isascii() or not number.isdigit() or len(number) > 9:
            raise InvalidInput(_("Choose whom or what it is about."), field="about")
        requirements.add(session(), actor(), Subject(kind), int(number), reason, utc_now())
    except (InvalidInput, NotFound, Conflict) as error:
        return rejected(_page(error.message, request.form.get("about", ""), reason), status_of(error))
    flash(_("From now on these answers need approval."), "good")
    return redirect(url_for("approvals.overview"), 303)


@route(blueprint, "/<int(max=2147483647):requirement_id>/remove", needs=Permission.APPROVE_REPLIES, methods=POST)
def remove(requirement_id: int) -> ResponseReturnValue:
    """Let them go without approval again."""
    requirements.remove(session(), actor(), requirement_id, utc_now())
    flash(_("These answers go without approval again. What waits already still does."), "good")
    return redirect(url_for("approvals.overview"), 303)


def _page(error: str = "", about: str = "", reason: str = "") -> str:
    people = [(f"{Subject.PERSON}:{number}", name) for number, name in accounts.team_members(session())]
    places = [(f"{Subject.PAGE}:{page.id}", page.name) for page in pages.pages(session())]
    teams = [(f"{Subject.TEAM}:{team.id}", names.shown(team.name)) for team in accounts.teams(session())]
    running = [(f"{Subject.CAMPAIGN}:{one.id}", one.name) for one in campaigns.names(session())]
    groups = [(_("People"), people), (_("Pages"), places), (_("Teams"), teams), (_("Campaigns"), running)]
    return render_template(
        "approvals/overview.html",
        found=requirements.all_of_them(session()),
        groups=groups,
        error=error,
        about=about,
        reason=reason,
    )
