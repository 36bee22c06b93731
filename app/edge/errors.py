"""Errors as people and programs see them over HTTP. Bodies are constant or made for the reader; never a traceback."""

import structlog
from flask import Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException

from app.core.errors import Conflict, Forbidden, InvalidInput, NotFound, PorchlightError
from app.core.i18n import gettext as _

log = structlog.get_logger()
STATUS: dict[type[PorchlightError], int] = {InvalidInput: 422, NotFound: 404, Forbidden: 403, Conflict: 409}


def status_of(error: PorchlightError) -> int:
    """The HTTP status of an error that may be shown."""
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 400)


def install(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(PorchlightError, _shown)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _busy)
    app.register_error_handler(DataError, _unfit)
    app.register_error_handler(Exception, _crash)


def page(message: str, status: int) -> ResponseReturnValue:
    """An error page, or for htmx the message alone."""
    template = "errors/fragment.html" if request.headers.get("HX-Request") else "errors/page.html"
    return render_template(template, message=message, status=status), status


def _shown(error: PorchlightError) -> ResponseReturnValue:
    return page(error.message, status_of(error))


def _csrf(_error: CSRFError) -> ResponseReturnValue:
    if request.endpoint == "sessions.open_session":
        # Two windows were sent there at once, and the cookie of the other came last.
        flash(_("This page was older than your session. Please sign in once more."), "warning")
        return redirect(url_for("sessions.sign_in", next=request.form.get("next") or None), 303)
    return page(_("This form is too old or came from elsewhere. Go back, reload the page and send it again."), 400)


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or (error.code < 400 and error.response is not None):
        return error
    words = {
        404: _("There is nothing at this address."),
        405: _("This address can't be used that way."),
        413: _("That is too much at once. Send less."),
    }
    return page(words.get(error.code, _("This request can't be understood.")), error.code)


def _busy(error: OperationalError) -> ResponseReturnValue:
    log.error("database_unavailable", error=type(error.orig).__name__)
    return page(_("The database does not answer. Try again in a moment; the health page says more."), 503)


def _unfit(error: DataError) -> ResponseReturnValue:
    """Something no form of ours sends, such as a NUL character, which PostgreSQL keeps in no text."""
    log.warning("request_unfit", path=request.path, error=type(error.orig).__name__)
    return page(_("This request can't be understood."), 400)


def _crash(error: Exception) -> ResponseReturnValue:
    log.error("request_crashed", path=request.path, exc_info=error)
    return page(_("Something went wrong on our side. It has been noted; try again."), 500)
