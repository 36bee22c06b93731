"""Tags: the words all share, put on conversations."""

from datetime import datetime

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.core.clock import utc_now
from app.core.i18n import gettext as _
from app.edge.context import actor, session
from app.edge.routes import route
from app.inbox import tags as service
from app.web.inbox import place as places
from app.web.inbox.changing import change
from app.web.inbox.routes import ID, TAG_ID, blueprint

POST = ("POST",)


@route(blueprint, "/tags", needs=Permission.READ_INBOX)
def tags() -> ResponseReturnValue:
    """All of them, those that were put away included."""
    return render_template("inbox/all_tags.html", tags=service.tags(session(), removed=True))


@route(blueprint, "/tags/names", needs=Permission.READ_INBOX)
def tag_names() -> ResponseReturnValue:
    """What a field for tags proposes."""
    return render_template("inbox/tag_names.html", tags=service.tags(session()))


@route(blueprint, f"/tags/{TAG_ID}/rename", needs=Permission.CURATE, methods=POST)
def rename_tag(tag_id: int) -> ResponseReturnValue:
    """Another name, everywhere."""
    service.rename(session(), actor(), tag_id, request.form.get("name", ""), utc_now())
    return _back(_("Renamed."))


@route(blueprint, f"/tags/{TAG_ID}/remove", needs=Permission.CURATE, methods=POST)
def remove_tag(tag_id: int) -> ResponseReturnValue:
    """Put it away."""
    service.remove(session(), actor(), tag_id, utc_now())
    return _back(_("Put away. Bring it back here whenever you like."))


@route(blueprint, f"/tags/{TAG_ID}/return", needs=Permission.CURATE, methods=POST)
def return_tag(tag_id: int) -> ResponseReturnValue:
    """Show it again."""
    service.bring_back(session(), actor(), tag_id, utc_now())
    return _back(_("Brought back."))


@route(blueprint, f"/{ID}/tag", needs=Permission.ANSWER, methods=POST)
def tag(conversation_id: int) -> ResponseReturnValue:
    """Put a tag on it; a name nobody has used yet becomes one."""

    def put(now: datetime) -> None:
        tag_id = service.find_or_make(session(), request.form.get("name", ""), now)
        service.put_on(session(), actor(), conversation_id, [tag_id], None, now)

    return change(conversation_id, put)


@route(blueprint, f"/{ID}/untag", needs=Permission.ANSWER, methods=POST)
def untag(conversation_id: int) -> ResponseReturnValue:
    """Take a tag off it."""
    tag_id = places.number(request.form.get("tag")) or 0

    def take(now: datetime) -> None:
        service.take_off(session(), actor(), conversation_id, [tag_id], None, now)

    return change(conversation_id, take)


def _back(said: str) -> ResponseReturnValue:
    flash(said, "good")
    return redirect(url_for("inbox.tags"), 303)
