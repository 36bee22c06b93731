"""The front door: everybody starts in the inbox."""

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.edge.routes import route

blueprint = Blueprint("home", __name__)


@route(blueprint, "/", needs=Permission.READ_INBOX)
def start() -> ResponseReturnValue:
    """On to the inbox; whoever is not signed in is asked to."""
    return redirect(url_for("inbox.overview"))
