"""Where programs enter outreach: with a token, or by signed calls. What contradicts a department is held all the same,
and they are told so."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog
from flask import jsonify, request, url_for
from flask.typing import ResponseReturnValue

from app.core.clock import utc_now
from app.core.errors import PorchlightError
from app.core.i18n import gettext as _
from app.edge.context import bearer, services
from app.edge.errors import status_of
from app.edge.routes import PUBLIC, route
from app.outreach import service, sources
from app.outreach.types import By, OutreachState, Recorded
from app.web.outreach.routes import PLACE, POST, blueprint

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

log = structlog.get_logger()


@route(blueprint, "/api/v1/outreach", needs=PUBLIC, methods=POST, own_transactions=True)
def enter() -> ResponseReturnValue:
    """Enter one, with ``Authorization: Bearer TOKEN``."""
    given = bearer()
    return _take(lambda session, _body: sources.by_token(session, given, utc_now()))


@route(blueprint, f"{PLACE}/called/<string(maxlength=64):place>", needs=PUBLIC, methods=POST, own_transactions=True)
def called(place: str) -> ResponseReturnValue:
    """Enter one, signed with ``Porchlight-Signature: sha256=…`` over the body. 401 for everything else."""
    signature, box = request.headers.get("Porchlight-Signature", ""), services().box
    return _take(lambda session, body: sources.by_signature(session, place, signature, body, box, utc_now()))


def _take(whose: "Callable[[Session, bytes], By | None]") -> ResponseReturnValue:
    if (request.content_length or 0) > sources.LONGEST_BODY:
        return _said("too_long", _("That is too much at once. Send less."), 413)
    body = request.get_data(cache=False)
    try:
        with services().db.write() as session:
            by = whose(session, body)
            if by is None:
                log.warning("outreach_refused", address=request.remote_addr)
                return _said("unknown", _("The token or the signature is not right."), 401)
            done = service.record(session, by, sources.parse(body), utc_now())
    except PorchlightError as error:
        return _said(error.code, error.message, status_of(error), field=getattr(error, "field", None))
    return _recorded(done)


def _recorded(done: Recorded) -> ResponseReturnValue:
    """201 for what counts now, 202 for what is held, 200 for what was known already."""
    said = {"outreach": str(done.outreach_id), "state": done.state.value}
    if done.held_id is not None:
        said["message"] = _(
            "It contradicts what another department does. Agree, go on with a reason, or drop it, at “held”."
        )
        said["held"] = services().settings.public_url + url_for("outreach.held", held_id=done.held_id)
    status = 200 if done.again else 202 if done.state is OutreachState.HELD else 201
    return jsonify(said), status


def _said(code: str, message: str, status: int, field: str | None = None) -> ResponseReturnValue:
    return jsonify({"error": code, "message": message, **({"field": field} if field else {})}), status
