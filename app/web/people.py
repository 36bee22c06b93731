"""Who works here."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.accounts import queries
from app.accounts.types import Permission
from app.edge.context import session
from app.edge.routes import route

blueprint = Blueprint("people", __name__, url_prefix="/people")


@route(blueprint, "", needs=Permission.OWN_ACCOUNT)
def overview() -> ResponseReturnValue:
    """Everybody, with role and teams."""
    return render_template("people/overview.html", people=queries.users(session()), teams=queries.teams(session()))
