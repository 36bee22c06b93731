"""Programs that ask where comments would go: who may, and their questions."""

import json
from io import BytesIO

import structlog
from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.core import json_lines
from app.core.clock import utc_now
from app.core.errors import InvalidInput
from app.core.i18n import gettext as _
from app.core.text import plain
from app.edge.context import actor, bearer, services, session
from app.edge.routes import PUBLIC, rejected, route
from app.learning import asking, queries
from app.routing import answering

log = structlog.get_logger()
blueprint = Blueprint("asking", __name__)
PLACE = "/routing/model/programs"
POST = ("POST",)
AT_ONCE = 1_000
"""Comments in one question: a third of a second's work."""


@route(blueprint, "/api/v1/route", needs=PUBLIC, methods=POST, own_transactions=True)
def ask() -> ResponseReturnValue:
    """Say where comments would go, with ``Authorization: Bearer TOKEN``: JSON lines in, as many out in their order."""
    with services().db.write() as own:
        admitted = asking.admitted(own, bearer(), utc_now())
    if not admitted:
        log.warning("question_refused", address=request.remote_addr)
        return jsonify({"error": "unknown", "message": _("The token is not right.")}), 401
    given = [said for _number, said in json_lines.each(BytesIO(request.get_data(cache=False)))]
    if len(given) > AT_ONCE:
        message = _("Ask about at most %(n)s comments at a time.", n=AT_ONCE)
        return jsonify({"error": "too_many", "message": message}), 413
    with services().db.read() as own:
        known = queries.in_use(own)
    answers = answering.answers(known, [said for said in given if not isinstance(said, InvalidInput)])
    lines = [{"error": said.message} if isinstance(said, InvalidInput) else next(answers) for said in given]
    return Response("".join(f"{json.dumps(line)}\n" for line in lines), mimetype="application/x-ndjson")


@route(blueprint, PLACE, needs=Permission.MANAGE_SOURCES)
def programs() -> ResponseReturnValue:
    """All of them, and a form for another."""
    return _page("", "")


@route(blueprint, PLACE, needs=Permission.MANAGE_SOURCES, methods=POST)
def add_program() -> ResponseReturnValue:
    """Let another one ask; its token is shown this once."""
    try:
        token = asking.add(session(), actor(), plain(request.form.get("name", "")), utc_now())
    except InvalidInput as error:
        return rejected(_page(error.message, ""), 422)
    return _page("", token)


@route(blueprint, f"{PLACE}/<int(max=2147483647):program_id>/switch", needs=Permission.MANAGE_SOURCES, methods=POST)
def switch_program(program_id: int) -> ResponseReturnValue:
    """Answer it no more, or again."""
    asking.switch(session(), actor(), program_id, on=request.form.get("on") == "yes", now=utc_now())
    flash(_("Saved."), "good")
    return redirect(url_for("asking.programs"), 303)


def _page(error: str, token: str) -> str:
    return render_template(
        "learning/programs.html",
        programs=asking.programs(session()),
        name="" if token else request.form.get("name", ""),
        error=error,
        token=token,
        address=services().settings.public_url + url_for("asking.ask"),
    )
