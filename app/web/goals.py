"""What we mean to reach, how it stands, and setting it."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import queries as accounts
from app.accounts.types import Permission
from app.campaigns import queries as campaigns
from app.core.clock import utc_now
from app.core.errors import InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.text import plain
from app.edge.context import actor, session
from app.edge.routes import rejected, route
from app.goals import queries, rules, service
from app.goals.types import Goal, GoalTyped, Measure, Period, Scope
from app.pages import queries as pages
from app.web import to_do
from app.web.present import goals as words
from app.web.present import names
from app.web.present import targets as target_words

blueprint = Blueprint("goals", __name__, url_prefix="/goals")
POST = ("POST",)
ONE = "<int(max=2147483647):goal_id>"
AT_A_GLANCE = 2


@route(blueprint, "", needs=Permission.READ_INBOX)
def overview() -> ResponseReturnValue:
    """All goals, those that are behind first."""
    return render_template("goals/overview.html", found=queries.goals(session(), utc_now()), say=words)


@route(blueprint, "/mine", needs=Permission.READ_INBOX)
def mine() -> ResponseReturnValue:
    """The goals that concern the reader and how much is to do for them, for the rail of every screen; browsers keep it
    for a minute."""
    found = queries.mine(session(), actor(), utc_now())
    shown = render_template("goals/mine.html", found=found[:AT_A_GLANCE], to_do=to_do.of_reader(), say=words)
    answer = make_response(shown)
    answer.headers["Cache-Control"] = "private, max-age=60"
    answer.headers["Vary"] = "Cookie"  # the next to sign in here sees their own
    return answer


@route(blueprint, "/new", needs=Permission.MANAGE_GOALS)
def new() -> ResponseReturnValue:
    """An empty form."""
    return _form(GoalTyped("first_reply", "all", "90", "4 h", "month", str(actor().id)), None, {})


@route(blueprint, "/new", needs=Permission.MANAGE_GOALS, methods=POST)
def add() -> ResponseReturnValue:
    """Set another goal."""
    return _save(None)


@route(blueprint, f"/{ONE}", needs=Permission.MANAGE_GOALS)
def show(goal_id: int) -> ResponseReturnValue:
    """One goal, to be changed."""
    one = queries.one(session(), goal_id)
    if one is None:
        raise NotFound(_("There is no such goal any more."))
    return _form(_as_typed(one), goal_id, {})


@route(blueprint, f"/{ONE}", needs=Permission.MANAGE_GOALS, methods=POST)
def change(goal_id: int) -> ResponseReturnValue:
    """Change it."""
    return _save(goal_id)


@route(blueprint, f"/{ONE}/remove", needs=Permission.MANAGE_GOALS, methods=POST)
def remove(goal_id: int) -> ResponseReturnValue:
    """Give it up."""
    service.remove(session(), actor(), goal_id, utc_now())
    flash(_("The goal is given up."), "good")
    return redirect(url_for("goals.overview"), 303)


def _save(goal_id: int | None) -> ResponseReturnValue:
    typed = GoalTyped(**{name: plain(request.form.get(name, ""))[:40].strip() for name in GoalTyped.__slots__})
    try:
        service.save(session(), actor(), goal_id, typed, utc_now())
    except InvalidInput as error:
        return rejected(_form(typed, goal_id, {error.field or "measure": error.message}), 422)
    flash(_("Saved. It is measured within a minute."), "good")
    return redirect(url_for("goals.overview"), 303)


def _as_typed(one: Goal) -> GoalTyped:
    return GoalTyped(
        measure=one.measure,
        about="all" if one.scope is Scope.ALL else f"{one.scope}:{one.of}",
        percent=str(one.percent),
        within=target_words.length(one.within),
        period=one.period,
        owner=str(one.owner_id or ""),
    )


def _form(typed: GoalTyped, goal_id: int | None, wrong: dict[str, str]) -> str:
    known = (
        (Scope.TEAM, [(team.id, names.shown(team.name)) for team in accounts.teams(session())]),
        (Scope.PAGE, [(page.id, page.name) for page in pages.pages(session())]),
        (Scope.CAMPAIGN, [(one.id, one.name) for one in campaigns.names(session())]),
    )
    kinds = {Scope.TEAM: _("Team"), Scope.PAGE: _("Page"), Scope.CAMPAIGN: _("Campaign")}
    return render_template(
        "goals/form.html",
        typed=typed,
        goal_id=goal_id,
        wrong=wrong,
        about=[
            ("all", _("All")),
            *((f"{kind}:{number}", f"{kinds[kind]}: {name}") for kind, some in known for number, name in some),
        ],
        people=[("", _("Choose somebody")), *((str(one.id), one.name) for one in campaigns.staff(session()))],
        measures=[(one.value, words.measure(one)) for one in Measure],
        timed=", ".join(words.measure(one) for one in Measure if one in rules.TIMED),
        periods=[(one.value, words.period(one)) for one in Period],
    )
