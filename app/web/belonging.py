"""Moving a post, with everything said under it, to another campaign."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.campaigns import queries as campaigns
from app.campaigns.types import Stage
from app.core.clock import utc_now
from app.core.errors import Conflict
from app.core.i18n import gettext as _
from app.edge.context import actor, session
from app.edge.errors import status_of
from app.edge.routes import rejected, route
from app.inbox import access, threads
from app.upkeep import belonging
from app.web.inbox.place import number

blueprint = Blueprint("belonging", __name__, url_prefix="/campaigns/of")
TALK = "<int(max=9223372036854775807):conversation_id>"


@route(blueprint, f"/{TALK}", needs=Permission.MANAGE_CAMPAIGNS)
def form(conversation_id: int) -> ResponseReturnValue:
    """The form that says where the post under a conversation belongs."""
    return _form(conversation_id, "")


@route(blueprint, f"/{TALK}", needs=Permission.MANAGE_CAMPAIGNS, methods=("POST",))
def move(conversation_id: int) -> ResponseReturnValue:
    """Move it."""
    talk = access.conversation(session(), actor(), conversation_id)
    try:
        belonging.move(session(), actor(), talk, number(request.form.get("campaign")), utc_now())
    except Conflict as error:
        return rejected(_form(conversation_id, error.message), status_of(error))
    flash(_("The post is moved, with everything said under it."), "good")
    return redirect(url_for("inbox.talk", conversation_id=conversation_id), 303)


def _form(conversation_id: int, error: str) -> str:
    post_id = access.conversation(session(), actor(), conversation_id).post_id
    open_ones = [one for one in campaigns.campaigns(session(), utc_now()) if one.stage is not Stage.CLOSED]
    return render_template(
        "campaigns/belonging.html",
        talk=threads.conversation(session(), actor(), conversation_id),
        choices=[("", _("As its time says")), *((one.id, one.name) for one in open_ones)],
        moved=belonging.moved_by(session(), post_id),
        error=error,
    )
