"""Routes: each names the permission it needs or says that it is public, and runs in one transaction."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from flask import Blueprint, Response, flash, g, make_response, redirect, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue

from app.accounts import queries, rules
from app.accounts.types import Permission, Role
from app.audit import service as audit
from app.audit.types import Origin
from app.core import i18n
from app.core.clock import utc_now
from app.core.errors import Forbidden
from app.core.i18n import gettext as _
from app.core.security import new_token
from app.edge.context import services

PUBLIC: Final = "public"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
View = Callable[..., ResponseReturnValue]
_needs: dict[str, Permission | str] = {}
"""What each page needs, by its endpoint."""


def route(
    blueprint: Blueprint,
    rule: str,
    *,
    needs: Permission | str,
    methods: tuple[str, ...] = ("GET",),
    own_transactions: bool = False,
) -> Callable[[View], View]:
    """Register a view. ``needs`` is a permission, or ``PUBLIC``.

    GET and HEAD read; every other method writes and is committed after the view, unless it raised or called
    ``rejected``. A view with ``own_transactions`` asks the outside world or must commit even when it refuses: it is
    admitted in a transaction of its own and opens others through ``services().db`` as it needs them.
    """

    def register(view: View) -> View:
        @wraps(view)
        def run(**arguments: Any) -> ResponseReturnValue:
            database = services().db
            try:
                if own_transactions:
                    with database.read() as g.session:
                        turned_away = _admit(needs)
                    g.session = None
                    return turned_away or view(**arguments)
                with database.read() if request.method in _SAFE else database.write() as g.session:
                    turned_away = _admit(needs)
                    if turned_away is not None:
                        return turned_away
                    response = make_response(view(**arguments))
                    if g.get("rejected"):
                        raise _RejectedError(response)
                    return response
            except _RejectedError as refusal:
                return refusal.response

        run.needs = needs  # type: ignore[attr-defined] # read by the test that holds every route to it
        _needs[f"{blueprint.name}.{view.__name__}"] = needs
        blueprint.add_url_rule(rule, endpoint=view.__name__, view_func=run, methods=list(methods))
        return view

    return register


def may_open(endpoint: str, role: Role) -> bool:
    """Whether somebody in that role may open the page ``endpoint``, as its route says."""
    needs = _needs[endpoint]
    return needs == PUBLIC or rules.may(role, Permission(needs))


def rejected(body: str, status: int) -> Response:
    """A response that refuses what was asked: nothing the view did is committed."""
    g.rejected = True
    return make_response(body, status)


class _RejectedError(Exception):
    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def _admit(needs: Permission | str) -> ResponseReturnValue | None:
    """Find out who is asking; None when they may go on, else where they are sent. Raises Forbidden."""
    audit.comes_from(Origin(request.remote_addr, new_token()[:20]))
    g.actor = queries.actor_of_session(g.session, cookie.get("sid", ""), utc_now())
    if g.actor is not None and g.actor.language:
        i18n.use(g.actor.language)
    if g.actor is not None:
        i18n.use_zone(g.actor.time_zone)
    if needs == PUBLIC:
        return None
    if g.actor is None:
        return _to_sign_in()
    if not rules.may(g.actor.role, Permission(needs)):
        raise Forbidden(_("You may not do this. Ask a supervisor or an admin."))
    return None


def _to_sign_in() -> ResponseReturnValue:
    if request.headers.get("HX-Request"):  # for a part of a page: whoever has signed in comes back to the whole of it
        return Response("", 401, {"HX-Redirect": url_for("sessions.sign_in", next=_whole_page())})
    target = url_for("sessions.sign_in", next=request.full_path if request.method == "GET" else None)
    if request.method != "GET":
        flash(_("Your session has ended. Sign in, then do it again."), "warning")
    return redirect(target)


def _whole_page() -> str | None:
    try:
        page = urlsplit(request.headers.get("HX-Current-URL", ""))
    except ValueError:
        return None
    return urlunsplit(("", "", page.path, page.query, "")) or None
