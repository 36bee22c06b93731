"""The settings: one page that leads to all that is set up once."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.edge.routes import route
from app.web.present import nav

blueprint = Blueprint("settings", __name__)


@route(blueprint, "/settings", needs=Permission.OWN_ACCOUNT)
def overview() -> ResponseReturnValue:
    """All of them that the reader may open."""
    return render_template("settings/overview.html", sections=nav.settings())
