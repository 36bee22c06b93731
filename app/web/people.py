"""Who works here: seen by all, looked after by admins."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import queries, staff
from app.accounts.types import Permission, PersonTyped, PersonView, Role
from app.campaigns import queries as campaigns
from app.core.clock import utc_now
from app.core.errors import Conflict, InvalidInput, NotFound, PorchlightError
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.core.text import plain
from app.edge.context import actor, services, session
from app.edge.errors import status_of
from app.edge.routes import rejected, route
from app.upkeep import stewards
from app.web.account import NAMES
from app.web.inbox.place import number
from app.web.present import words

blueprint = Blueprint("people", __name__, url_prefix="/people")
POST = ("POST",)
ID = "<int(max=2147483647):user_id>"
TEAM_ID = "<int(max=2147483647):team_id>"


@route(blueprint, "", needs=Permission.OWN_ACCOUNT)
def overview() -> ResponseReturnValue:
    """Everybody, with role and teams."""
    return _overview()


@route(blueprint, "/add", needs=Permission.MANAGE_PEOPLE)
def add_form() -> ResponseReturnValue:
    """The form for somebody new."""
    usual = queries.team_by_key(session(), "customer_service")
    return _add_form(PersonTyped("", Role.AGENT, frozenset({usual.id} if usual else ())), {})


@route(blueprint, "/add", needs=Permission.MANAGE_PEOPLE, methods=POST)
def add() -> ResponseReturnValue:
    """Somebody new; answers with the link to give to them."""
    typed = _typed()
    try:
        user_id, token = staff.add(session(), actor(), plain(request.form.get("login", "")), typed, utc_now())
    except (Conflict, InvalidInput) as error:
        field = getattr(error, "field", None) or "login"
        return rejected(_add_form(typed, {field: error.message}), status_of(error))
    return _page(_person(user_id), link=_address(token))


@route(blueprint, f"/{ID}", needs=Permission.SEE_PEOPLE)
def show(user_id: int) -> ResponseReturnValue:
    """How an account is set up."""
    return _page(_person(user_id))


@route(blueprint, f"/{ID}", needs=Permission.MANAGE_PEOPLE, methods=POST)
def change(user_id: int) -> ResponseReturnValue:
    """Another name, role, teams, language or time zone."""
    typed = _typed()
    try:
        staff.change(session(), actor(), user_id, typed, utc_now())
    except (Conflict, InvalidInput) as error:
        return _refused(user_id, error, typed)
    flash(_("Saved."), "good")
    return redirect(url_for("people.show", user_id=user_id), 303)


@route(blueprint, f"/{ID}/link", needs=Permission.MANAGE_PEOPLE, methods=POST)
def new_link(user_id: int) -> ResponseReturnValue:
    """A link to choose a new password with, shown this once."""
    try:
        token = staff.new_link(session(), actor(), user_id, utc_now())
    except Conflict as error:
        return _refused(user_id, error)
    return _page(_person(user_id), link=_address(token))


@route(blueprint, f"/{ID}/off", needs=Permission.MANAGE_PEOPLE, methods=POST)
def switch_off(user_id: int) -> ResponseReturnValue:
    """End an account; what was given to it waits for anyone again."""

    def work(now: datetime) -> str:
        freed = stewards.switch_off(session(), actor(), user_id, number(request.form.get("heir")), now)
        return ngettext(
            "Switched off. %(num)s conversation waits for anyone again.",
            "Switched off. %(num)s conversations wait for anyone again.",
            freed,
        )

    return _act(user_id, work)


@route(blueprint, f"/{ID}/on", needs=Permission.MANAGE_PEOPLE, methods=POST)
def switch_on(user_id: int) -> ResponseReturnValue:
    """Let somebody sign in again."""

    def work(now: datetime) -> str:
        staff.switch_on(session(), actor(), user_id, now)
        return _("Switched on. Their password is the one they had.")

    return _act(user_id, work)


@route(blueprint, "/teams", needs=Permission.MANAGE_PEOPLE, methods=POST)
def add_team() -> ResponseReturnValue:
    """Another team."""
    name = plain(request.form.get("name", ""))
    return _team(lambda now: staff.add_team(session(), actor(), name, now), _("The team is added."))


@route(blueprint, f"/teams/{TEAM_ID}", needs=Permission.MANAGE_PEOPLE, methods=POST)
def rename_team(team_id: int) -> ResponseReturnValue:
    """Another name for a team; its key stays."""
    name = plain(request.form.get("name", ""))
    return _team(lambda now: staff.rename_team(session(), actor(), team_id, name, now), _("Renamed."))


def _act(user_id: int, work: Callable[[datetime], str]) -> ResponseReturnValue:
    try:
        said = work(utc_now())
    except (Conflict, InvalidInput) as error:
        return _refused(user_id, error)
    flash(said, "good")
    return redirect(url_for("people.show", user_id=user_id), 303)


def _team(work: Callable[[datetime], object], said: str) -> ResponseReturnValue:
    try:
        work(utc_now())
    except (Conflict, InvalidInput) as error:
        return rejected(_overview(error.message), status_of(error))
    flash(said, "good")
    return redirect(url_for("people.overview"), 303)


def _refused(user_id: int, error: PorchlightError, typed: PersonTyped | None = None) -> ResponseReturnValue:
    errors = {getattr(error, "field", None) or "": error.message}
    return rejected(_page(_person(user_id), typed=typed, errors=errors), status_of(error))


def _person(user_id: int) -> PersonView:
    found = queries.person_view(session(), user_id)
    if found is None:
        raise NotFound(_("There is no such person."))
    return found


def _typed() -> PersonTyped:
    given = request.form
    return PersonTyped(
        name=plain(given.get("name", "")),
        role=given.get("role", ""),
        team_ids=frozenset(int(one) for one in given.getlist("team") if one.isascii() and one.isdigit()),
        language=given.get("language", ""),
        time_zone=given.get("time_zone", ""),
    )


def _overview(error: str = "") -> str:
    people, teams = queries.users(session()), queries.teams(session())
    return render_template("people/overview.html", people=people, teams=teams, error=error)


def _add_form(typed: PersonTyped, errors: dict[str, str]) -> str:
    return render_template(
        "people/add.html", typed=typed, login=request.form.get("login", ""), errors=errors, **_choices()
    )


def _page(
    person: PersonView, *, typed: PersonTyped | None = None, errors: dict[str, str] | None = None, link: str = ""
) -> str:
    return render_template(
        "people/show.html",
        person=person,
        typed=typed or person,
        errors=errors or {},
        link=link,
        duties=stewards.duties(session(), person.id),
        heirs=[(one.id, one.name) for one in campaigns.staff(session()) if one.id != person.id],
        **_choices(),
    )


def _choices() -> dict[str, object]:
    return {
        "teams": queries.teams(session()),
        "roles": [(role.value, words.role(role)) for role in Role],
        "languages": [("", _("As the browser asks for")), *NAMES.items()],
    }


def _address(token: str) -> str:
    return f"{services().settings.public_url}{url_for('welcome.show', token=token)}"
