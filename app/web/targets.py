"""How quickly people are to be answered: what holds, how it stands now, and setting it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import queries as accounts
from app.accounts.types import Permission
from app.core.clock import utc_now
from app.core.errors import InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.text import plain
from app.edge.context import actor, session
from app.edge.routes import rejected, route
from app.inbox.types import Priority
from app.pages import queries as pages
from app.targets import queries, service
from app.targets.service import TargetTyped
from app.targets.types import Figure, Target
from app.web.present import names
from app.web.present import targets as words

blueprint = Blueprint("targets", __name__, url_prefix="/targets")
POST = ("POST",)
ONE = "<int(max=2147483647):target_id>"
_EMPTY = TargetTyped("", "", "", "", "", "")


@route(blueprint, "", needs=Permission.READ_INBOX)
def overview() -> ResponseReturnValue:
    """All targets, and how many conversations of each team are past theirs or close to it."""
    return render_template(
        "targets/overview.html",
        found=queries.all_targets(session()),
        standing=queries.standing(session()),
        measures=list(Figure),
        targets=words,
    )


@route(blueprint, "/new", needs=Permission.MANAGE_TARGETS)
def new() -> ResponseReturnValue:
    """An empty form."""
    return _form(_EMPTY, None, {})


@route(blueprint, "/new", needs=Permission.MANAGE_TARGETS, methods=POST)
def add() -> ResponseReturnValue:
    """Set another target."""
    return _save(None)


@route(blueprint, f"/{ONE}", needs=Permission.MANAGE_TARGETS)
def show(target_id: int) -> ResponseReturnValue:
    """One target, to be changed."""
    one = next((view.target for view in queries.all_targets(session()) if view.target.id == target_id), None)
    if one is None:
        raise NotFound(_("There is no such target any more."))
    return _form(_as_typed(one), target_id, {})


@route(blueprint, f"/{ONE}", needs=Permission.MANAGE_TARGETS, methods=POST)
def change(target_id: int) -> ResponseReturnValue:
    """Change it."""
    return _save(target_id)


@route(blueprint, f"/{ONE}/remove", needs=Permission.MANAGE_TARGETS, methods=POST)
def remove(target_id: int) -> ResponseReturnValue:
    """Hold ourselves to it no longer."""
    service.remove(session(), actor(), target_id, utc_now())
    flash(_("The target is removed."), "good")
    return redirect(url_for("targets.overview"), 303)


def _save(target_id: int | None) -> ResponseReturnValue:
    typed = TargetTyped(**{name: plain(request.form.get(name, ""))[:40].strip() for name in TargetTyped.__slots__})
    try:
        service.save(session(), actor(), target_id, typed, utc_now())
    except InvalidInput as error:
        return rejected(_form(typed, target_id, {error.field or "first_reply": error.message}), 422)
    flash(_("Saved. What is close to it or past it is marked within half a minute."), "good")
    return redirect(url_for("targets.overview"), 303)


def _as_typed(one: Target) -> TargetTyped:
    return TargetTyped(
        team=str(one.team_id or ""),
        page=str(one.page_id or ""),
        priority=one.priority.value if one.priority else "",
        first_reply=words.length(one.first_reply),
        next_reply=words.length(one.next_reply),
        resolution=words.length(one.resolution),
    )


def _form(typed: TargetTyped, target_id: int | None, wrong: dict[str, str]) -> str:
    teams = [(str(team.id), names.shown(team.name)) for team in accounts.teams(session())]
    return render_template(
        "targets/form.html",
        typed=typed,
        target_id=target_id,
        wrong=wrong,
        teams=[("", _("Any team")), *teams],
        pages=[("", _("Any page")), *((str(page.id), page.name) for page in pages.pages(session()))],
        priorities=[("", _("Any priority")), *((one.value, words.priority(one)) for one in Priority)],
        measures=list(Figure),
        targets=words,
    )
