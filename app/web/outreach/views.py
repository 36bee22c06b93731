"""What departments do towards people and sites: the list, entering one, entering a file."""

import secrets
from dataclasses import replace

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import queries as accounts
from app.accounts.types import Permission
from app.contacts import access as contacts
from app.core.clock import utc_now
from app.core.errors import Conflict, InvalidInput
from app.core.i18n import gettext as _
from app.core.text import plain
from app.edge.context import actor, session
from app.edge.errors import status_of
from app.edge.routes import rejected, route
from app.outreach import files, queries, rules, service
from app.outreach.types import ENTERED, By, Kind, Line, Source, Typed
from app.web.inbox.place import number
from app.web.inbox.routes import by_script
from app.web.outreach.routes import CONTACT_ID, ID, PLACE, POST, blueprint
from app.web.present import names
from app.web.present import outreach as words


@route(blueprint, PLACE, needs=Permission.READ_INBOX)
def overview() -> ResponseReturnValue:
    """Everything, the newest first; and what is held."""
    text = plain(request.args.get("q", ""))[:320]
    found, more = queries.outreaches(session(), text, number(request.args.get("after"), 2**63 - 1))
    waiting, _more = queries.held(session(), waiting=True)
    return render_template(
        "outreach/overview.html", rows=found, more=more, text=text, held=waiting, say=words, now=utc_now()
    )


@route(blueprint, f"{PLACE}/of/{CONTACT_ID}", needs=Permission.READ_INBOX)
def of_contact(contact_id: int) -> ResponseReturnValue:
    """What departments do towards a contact; on the contact's page, or by itself."""
    one = contacts.head(session(), actor(), contact_id)
    template = "outreach/of_contact.html" if request.headers.get("HX-Request") else "outreach/of_contact_alone.html"
    found = queries.of_contact(session(), contact_id)
    return render_template(template, name=one.name, contact_id=one.id, rows=found, say=words)


@route(blueprint, f"{PLACE}/beside/{CONTACT_ID}", needs=Permission.READ_INBOX)
def beside(contact_id: int) -> ResponseReturnValue:
    """Which departments are in touch with somebody just now, for beside their conversation; nothing when none is."""
    one = contacts.head(session(), actor(), contact_id)
    now = utc_now()
    found = [row for row in queries.of_contact(session(), contact_id) if rules.stands(row, now)]
    if not by_script():
        return redirect(url_for("outreach.of_contact", contact_id=one.id))
    return render_template("outreach/beside.html", contact_id=one.id, rows=found, say=words)


@route(blueprint, f"{PLACE}/add", needs=Permission.ANSWER)
def add_form() -> ResponseReturnValue:
    """The form for one; the address may fill in whom it is about."""
    given = request.args
    typed = Typed(
        kind=Kind.INVITATION.value,
        stance=ENTERED[0].value,
        name=plain(given.get("name", ""))[:200],
        site=plain(given.get("site", ""))[:300],
        email=plain(given.get("email", ""))[:320],
        key=secrets.token_hex(12),
    )
    return _form(typed, next(iter(sorted(actor().team_ids)), None), {})


@route(blueprint, f"{PLACE}/add", needs=Permission.ANSWER, methods=POST)
def add() -> ResponseReturnValue:
    """Enter one; it may be held."""
    given = request.form
    names_of = ("kind", "stance", "name", "site", "account", "email", "message", "since", "until", "key")
    typed = Typed(**{name: plain(given.get(name, "")) for name in names_of})
    team_id = number(given.get("team"))
    try:
        done = service.record(session(), _by(team_id, Source.PAGE), typed, utc_now())
    except (Conflict, InvalidInput) as error:
        field = getattr(error, "field", None) or ""
        return rejected(_form(typed, team_id, {field: error.message}), status_of(error))
    if done.held_id is not None:
        return redirect(url_for("outreach.held", held_id=done.held_id), 303)
    flash(_("Entered."), "good")
    return redirect(url_for("outreach.overview"), 303)


@route(blueprint, f"{PLACE}/{ID}/end", needs=Permission.ANSWER, methods=POST)
def end(outreach_id: int) -> ResponseReturnValue:
    """It holds no longer."""
    service.end(session(), actor(), outreach_id, utc_now())
    flash(_("It holds no longer."))
    return redirect(url_for("outreach.overview"), 303)


@route(blueprint, f"{PLACE}/file", needs=Permission.ANSWER)
def file_form() -> ResponseReturnValue:
    """The form for a whole file."""
    return _file_form(next(iter(sorted(actor().team_ids)), None), "", None)


@route(blueprint, f"{PLACE}/file", needs=Permission.ANSWER, methods=POST)
def take_file() -> ResponseReturnValue:
    """Enter it line by line, and say what came of each."""
    sent = request.files.get("file")
    body = sent.stream.read(files.LONGEST + 1) if sent and sent.filename else b""
    team_id = number(request.form.get("team"))
    try:
        text = files.text_of(body) if body else request.form.get("text", "")
        lines = files.take(session(), _by(team_id, Source.CSV), text, utc_now())
    except InvalidInput as error:
        return rejected(_file_form(team_id, error.message, None), 422)
    return _file_form(team_id, "", lines)


def _by(team_id: int | None, source: Source) -> By:
    """On whose behalf somebody enters something: one of their own teams."""
    if team_id is None or team_id not in actor().team_ids:
        raise InvalidInput(_("Choose a team of yours."), field="team")
    return By(team_id, actor().id, source, actor())


def _teams() -> list[tuple[int, str]]:
    return [(one.id, names.shown(one.name)) for one in accounts.teams(session()) if one.id in actor().team_ids]


def _form(typed: Typed, team_id: int | None, errors: dict[str, str]) -> str:
    return render_template(
        "outreach/form.html",
        typed=replace(typed, key=typed.key or secrets.token_hex(12)),
        team_id=team_id,
        teams=_teams(),
        kinds=[(one.value, words.kind(one)) for one in Kind],
        stances=[(one.value, words.stance(one).text) for one in ENTERED],
        errors=errors,
    )


def _file_form(team_id: int | None, error: str, lines: list[Line] | None) -> str:
    return render_template("outreach/file.html", team_id=team_id, teams=_teams(), error=error, lines=lines, say=words)
