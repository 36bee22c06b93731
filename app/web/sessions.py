"""Signing in and out."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue

from app.accounts import queries
from app.accounts import service as accounts
from app.accounts.rules import FAILURES_ALLOWED_FROM_ADDRESS
from app.core.clock import utc_now
from app.core.errors import Forbidden
from app.core.i18n import gettext as _
from app.edge.context import maybe_actor, services, session
from app.edge.routes import PUBLIC, route

blueprint = Blueprint("sessions", __name__)
LONGEST_NEXT = 2_000


@route(blueprint, "/sign-in", needs=PUBLIC)
def sign_in() -> ResponseReturnValue:
    """The form; somebody who is signed in already goes on."""
    onward = local_path(request.args.get("next"))
    if maybe_actor() is not None:
        return redirect(onward or url_for("inbox.overview"))
    return _form(nobody_yet=not queries.admin_exists(session()))


@route(blueprint, "/sign-in", needs=PUBLIC, methods=("POST",), own_transactions=True)
def open_session() -> ResponseReturnValue:
    """Judge login and password, after the try was counted."""
    login, password = request.form.get("login", ""), request.form.get("password", "")
    try:
        count_try(login)
    except Forbidden as error:
        return _form(login=login, error=error.message), 429
    with services().db.read() as reading:
        user_id = accounts.identify(reading, login, password)
    if user_id is None:
        return _form(login=login, error=_("Login and password do not fit together.")), 422
    with services().db.write() as writing:
        forget_try(writing, login)
        signed_in = accounts.open_session(writing, user_id, now=utc_now(), days=services().settings.web.session_days)
    begin(signed_in.token)
    return redirect(local_path(request.form.get("next")) or url_for("inbox.overview"), 303)


@route(blueprint, "/sign-out", needs=PUBLIC, methods=("POST",))
def sign_out() -> ResponseReturnValue:
    """End the session, here and in the database."""
    accounts.sign_out(session(), cookie.get("sid", ""))
    cookie.clear()
    flash(_("You are signed out."))
    return redirect(url_for("sessions.sign_in"), 303)


def begin(token: str) -> None:
    """Give this browser a new session; whatever it had before, the token of its forms too, is gone."""
    cookie.clear()
    cookie["sid"] = token
    cookie.permanent = True


def count_try(login: str) -> None:
    """Count a try from this address and at this login, for good whatever comes of it. Raises Forbidden for too many."""
    now = utc_now()
    with services().db.write() as writing:
        accounts.count_attempt(writing, _address_key(), now, FAILURES_ALLOWED_FROM_ADDRESS)
    with services().db.write() as writing:
        accounts.count_attempt(writing, _login_key(login), now)


def forget_try(writing: Any, login: str) -> None:
    """The try was right: the login starts afresh, and it does not count against the address. ``writing`` is the
    transaction."""
    accounts.clear_attempts(writing, _login_key(login))
    accounts.uncount_attempt(writing, _address_key())


def local_path(text: str | None) -> str | None:
    """The text when it can only be a path of ours, else None: browsers read ``//`` and ``/\\`` as another host, and
    drop tabs and line breaks."""
    if not text or len(text) > LONGEST_NEXT or not text.startswith("/") or text[1:2] in ("/", "\\"):
        return None
    if any(ord(character) <= 0x20 or ord(character) == 0x7F for character in text) or "\\" in text:
        return None
    parts = urlsplit(text)
    return None if parts.scheme or parts.netloc else text


def _form(*, login: str = "", error: str = "", nobody_yet: bool = False) -> str:
    onward = local_path(request.values.get("next"))
    return render_template("sessions/sign_in.html", login=login[:80], error=error, onward=onward, nobody_yet=nobody_yet)


def _login_key(login: str) -> str:
    return f"login:{login.strip().lower()[:120]}"


def _address_key() -> str:
    return f"address:{request.remote_addr}"
