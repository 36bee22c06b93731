"""What one has been told: the list, its number, opening and reading, and leaving the mails."""

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.core.clock import utc_now
from app.edge.context import actor, services, session
from app.edge.routes import PUBLIC, route
from app.notifications import places, queries, service
from app.web import assets

blueprint = Blueprint("notifications", __name__)
_ID = "<int(max=9223372036854775807):notification_id>"
WORKER = "js/push-worker.js"


@route(blueprint, "/notifications", needs=Permission.OWN_ACCOUNT)
def overview() -> ResponseReturnValue:
    """One's own, newest first, a page at a time."""
    before = request.args.get("before", type=int)
    if before is not None and not 0 < before <= 2**63 - 1:
        before = None
    told = queries.listed(session(), actor().id, before)
    more = told[-1].id if len(told) == queries.PAGE_LENGTH else None
    return render_template("notifications/overview.html", told=told, more=more, first=before is None)


@route(blueprint, f"/notifications/{_ID}", needs=Permission.OWN_ACCOUNT, own_transactions=True)
def open_one(notification_id: int) -> ResponseReturnValue:
    """Go where it leads; it is read from now on. Asked for by a link, so that it works like one."""
    with services().db.write() as writing:
        told = service.read(writing, actor(), notification_id, utc_now())
    return redirect(places.place(told), 303)


@route(blueprint, "/notifications/read", needs=Permission.OWN_ACCOUNT, methods=("POST",))
def read_all() -> ResponseReturnValue:
    """All of them are read."""
    service.read_all(session(), actor(), utc_now())
    return redirect(url_for("notifications.overview"), 303)


@route(blueprint, "/notifications/count", needs=Permission.OWN_ACCOUNT)
def count() -> ResponseReturnValue:
    """How many are unread, for a script."""
    return _count()


@route(blueprint, "/notifications/seen", needs=Permission.OWN_ACCOUNT, methods=("POST",))
def seen() -> ResponseReturnValue:
    """A conversation stands before somebody's eyes; answers how many are unread then."""
    shown = request.form.get("conversation", type=int)
    if shown is not None and 0 < shown <= 2**63 - 1:
        service.seen(session(), actor(), shown, utc_now())
    return _count()


def _count() -> str:
    return render_template("notifications/count.html", unread=queries.unread(session(), actor().id))


@route(blueprint, "/notifications/leave/<token>", needs=PUBLIC)
def ask_leave(token: str) -> ResponseReturnValue:
    """Where the link in a mail leads; programs that look into mails open it too, so nothing happens yet."""
    service.leaver(services().box, token)
    return render_template("notifications/leave.html", token=token, done=False)


@route(blueprint, "/notifications/leave/<token>", needs=PUBLIC, methods=("POST",))
def leave(token: str) -> ResponseReturnValue:
    """No more mails. Mail programs do this by themselves when asked to (RFC 8058), without a form of ours: the token
    is what admits."""
    service.leave(session(), service.leaver(services().box, token))
    return render_template("notifications/leave.html", token=token, done=True)


@route(blueprint, "/push-worker.js", needs=PUBLIC)
def push_worker() -> ResponseReturnValue:
    """The script that shows push messages; at the root, since it may only open pages below its own address."""
    response: Response = assets.plain(WORKER)
    return response
