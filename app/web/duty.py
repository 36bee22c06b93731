"""Who is at work, and how conversations find their person."""

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import queries as accounts
from app.accounts import rules as account_rules
from app.accounts.types import Permission
from app.core.clock import utc_now
from app.core.errors import InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.text import plain
from app.duty import queries, service
from app.duty.types import Availability, Mode, OnDuty, Way
from app.edge.context import actor, session
from app.edge.routes import rejected, route
from app.web.present import duty as words

blueprint = Blueprint("duty", __name__, url_prefix="/duty")
POST = ("POST",)


@route(blueprint, "", needs=Permission.READ_INBOX)
def overview() -> ResponseReturnValue:
    """Everybody and how they stand, team by team."""
    people = queries.overview(session(), utc_now())

    def members_of(team_id: int) -> list[OnDuty]:
        return [one for one in people if team_id in one.team_ids]

    return render_template(
        "duty/overview.html",
        mine=next((one for one in people if one.id == actor().id), None),
        members_of=members_of,
        teams=accounts.teams(session()),
        way_of=queries.ways(session()),
        availabilities=list(Availability),
        standing=words,
        manages=account_rules.may(actor().role, Permission.MANAGE_DUTY),
    )


@route(blueprint, "/availability", needs=Permission.ANSWER, methods=POST)
def say() -> ResponseReturnValue:
    """Say how one stands oneself."""
    try:
        availability = Availability(request.form.get("availability", ""))
    except ValueError:
        raise InvalidInput(_("Choose one of the four.")) from None
    service.say(session(), actor(), availability, utc_now())
    flash(words.availability(availability).said, "good")
    return redirect(url_for("duty.overview"), code=303)


@route(blueprint, "/seen", needs=Permission.ANSWER, methods=POST)
def seen() -> ResponseReturnValue:
    """The browser of somebody at work is still open; answers how they stand, for the mark in the rail."""
    service.seen(session(), actor(), utc_now())
    stands, _since = queries.availability(session(), actor().id, utc_now())
    response: Response = jsonify(availability=stands.value, text=words.availability(stands).text)
    return response


@route(blueprint, "/teams/<int(max=2147483647):team_id>", needs=Permission.MANAGE_DUTY)
def team(team_id: int) -> ResponseReturnValue:
    """How a team's conversations are given out."""
    way = queries.ways(session()).get(team_id, Way(team_id))
    typed = {
        "mode": way.mode.value,
        "back_after": str(way.back_after_minutes or ""),
        "hours": way.hours,
        "days_off": way.days_off,
    }
    return _team_page(team_id, typed, {})


@route(blueprint, "/teams/<int(max=2147483647):team_id>", needs=Permission.MANAGE_DUTY, methods=POST)
def set_way(team_id: int) -> ResponseReturnValue:
    """Change it."""
    typed = _typed("mode", "back_after", "hours", "days_off")
    try:
        service.set_way(session(), actor(), team_id, service.WayTyped(**typed), utc_now())
    except InvalidInput as error:
        return rejected(_team_page(team_id, typed, {error.field or "mode": str(error)}), 422)
    flash(_("Saved."), "good")
    return redirect(url_for("duty.overview"), code=303)


@route(blueprint, "/people/<int(max=2147483647):user_id>", needs=Permission.MANAGE_DUTY)
def person(user_id: int) -> ResponseReturnValue:
    """What somebody can take on."""
    one = _somebody(user_id)
    typed = {
        "capacity": str(one.capacity),
        "per_hour": str(one.per_hour or ""),
        "languages": ", ".join(one.languages),
        "skills": ", ".join(one.skills),
        "hours": one.hours,
    }
    return render_template("duty/person.html", person=one, typed=typed, wrong={})


@route(blueprint, "/people/<int(max=2147483647):user_id>", needs=Permission.MANAGE_DUTY, methods=POST)
def set_terms(user_id: int) -> ResponseReturnValue:
    """Change it."""
    typed = _typed("capacity", "per_hour", "languages", "skills", "hours")
    try:
        service.set_terms(session(), actor(), user_id, service.TermsTyped(**typed), utc_now())
    except InvalidInput as error:
        wrong = {error.field or "capacity": str(error)}
        page = render_template("duty/person.html", person=_somebody(user_id), typed=typed, wrong=wrong)
        return rejected(page, 422)
    flash(_("Saved."), "good")
    return redirect(url_for("duty.overview"), code=303)


def _team_page(team_id: int, typed: dict[str, str], wrong: dict[str, str]) -> str:
    one = next((team for team in accounts.teams(session()) if team.id == team_id), None)
    if one is None:
        raise NotFound(_("There is no such team."))
    modes = [(mode.value, words.mode(mode)) for mode in Mode]
    return render_template("duty/team.html", team=one, modes=modes, typed=typed, wrong=wrong)


def _somebody(user_id: int) -> OnDuty:
    one = next((one for one in queries.overview(session(), utc_now()) if one.id == user_id), None)
    if one is None:
        raise NotFound(_("There is no such person."))
    return one


def _typed(*names: str) -> dict[str, str]:
    return {name: plain(request.form.get(name, ""))[:2000] for name in names}
