"""Comments from elsewhere, in a file: sent, looked at, taken."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import queries as accounts
from app.accounts.types import Permission
from app.collecting import imports
from app.collecting.types import Goal
from app.connectors.ports import Item
from app.core.clock import utc_now
from app.core.errors import InvalidInput
from app.core.i18n import gettext as _
from app.core.text import one_line
from app.edge.context import actor, services, session
from app.edge.routes import route
from app.pages import queries
from app.pages.types import PageState, PageView
from app.web.present import names

blueprint = Blueprint("imports", __name__, url_prefix="/pages/import")
ID = "<int(max=9223372036854775807):import_id>"
OWN = ""
"""The choice of a page of their own."""
NAME = 100
LARGEST_FORM = imports.LARGEST + 100_000
"""A file with what was filled in beside it."""


@route(blueprint, "", needs=Permission.MANAGE_PAGES)
def form() -> ResponseReturnValue:
    """Which file, and where its comments go."""
    return _form(session(), {})


@route(blueprint, "", needs=Permission.MANAGE_PAGES, methods=("POST",), own_transactions=True)
def check() -> ResponseReturnValue:
    """Check a file that was sent; nothing of it is stored among the comments yet. No transaction is open meanwhile."""
    sent = request.files.get("file")
    with services().db.read() as reading:
        goal, mistakes = _goal(reading)
    try:
        if sent is None or not sent.filename:
            raise InvalidInput(_("Choose a file."), field="file")
        body = sent.stream.read(imports.LARGEST + 1)
        file = imports.check(sent.filename, body, utc_now()) if not mistakes else None
    except InvalidInput as error:
        mistakes["file"], file = error.message, None
    if file is None:
        with services().db.read() as reading:
            return _form(reading, mistakes), 422
    with services().db.write() as writing:
        import_id = imports.keep(writing, actor().id, file, goal)
    return redirect(url_for("imports.show", import_id=import_id), 303)


@route(blueprint, f"/{ID}", needs=Permission.MANAGE_PAGES)
def show(import_id: int) -> ResponseReturnValue:
    """What a file holds, or how far it is."""
    one = imports.view(session(), import_id)
    first: list[Item] = imports.preview(session(), import_id) if one.begun_at is None else []
    return render_template("imports/show.html", one=one, first=first)


@route(blueprint, f"/{ID}/begin", needs=Permission.MANAGE_PAGES, methods=("POST",))
def begin(import_id: int) -> ResponseReturnValue:
    """Have it taken."""
    skip_wrong = request.form.get("skip_wrong") == "yes"
    imports.begin(session(), actor().id, import_id, skip_wrong=skip_wrong, now=utc_now())
    return redirect(url_for("imports.show", import_id=import_id), 303)


@route(blueprint, f"/{ID}/discard", needs=Permission.MANAGE_PAGES, methods=("POST",))
def discard(import_id: int) -> ResponseReturnValue:
    """Forget it."""
    imports.discard(session(), import_id)
    flash(_("The file is forgotten; nothing of it was taken."))
    return redirect(url_for("imports.form"), 303)


def _goal(reading: Any) -> tuple[Goal, dict[str, str]]:
    """Where the comments go, as it was filled in, and what is wrong with that by field."""
    into = request.form.get("into", OWN)
    if into != OWN:
        page = next((one for one in _pages(reading) if str(one.id) == into), None)
        return (Goal(page.id), {}) if page else (Goal(), {"into": _("Choose one of these.")})
    name = one_line(request.form.get("name", ""), limit=NAME)
    team = accounts.team_by_key(reading, request.form.get("team", ""))
    mistakes = {} if name else {"name": _("Say what the page is to be called.")}
    if team is None or team.demo:
        mistakes["team"] = _("Choose one of these.")
    return Goal(name=name, team_id=team.id if team else None), mistakes


def _pages(reading: Any) -> list[PageView]:
    return [one for one in queries.pages(reading) if one.state is not PageState.REMOVED and not one.demo]


def _form(reading: Any, mistakes: dict[str, str]) -> str:
    teams = [(one.key, names.shown(one.name)) for one in accounts.teams(reading) if not one.demo]
    return render_template(
        "imports/form.html",
        mistakes=mistakes,
        filled=request.form,
        teams=teams,
        places=[(OWN, _("A page of their own, for history alone")), *((one.id, one.name) for one in _pages(reading))],
        most=imports.LARGEST // 1_000_000,
        earlier=imports.newest(reading),
    )
