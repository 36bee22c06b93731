"""The screens of the inbox."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.edge.routes import route

blueprint = Blueprint("inbox", __name__, url_prefix="/inbox")


@route(blueprint, "", needs=Permission.READ_INBOX)
def overview() -> ResponseReturnValue:
    """A list, and beside it nothing yet."""
    return render_template("inbox/overview.html")
