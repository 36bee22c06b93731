"""The live style page: every part of the visual language, in the theme in force."""

from datetime import timedelta

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.connectors import errors
from app.core.clock import utc_now
from app.edge.routes import PUBLIC, route
from app.inbox.types import ConversationState, View
from app.pages.types import ConnectionState
from app.web.present import words

blueprint = Blueprint("style", __name__)


@route(blueprint, "/style", needs=PUBLIC)
def show() -> ResponseReturnValue:
    """Nothing here comes from the database."""
    now = utc_now()
    return render_template(
        "style/show.html",
        views=[words.view(one) for one in View],
        states=[words.state(one) for one in ConversationState],
        connections=[words.connection(one) for one in ConnectionState],
        times=[now - timedelta(seconds=seconds) for seconds in (5, 400, 9_000, 200_000, 9_000_000)],
        code=errors.WRONG_CREDENTIALS,
    )
