"""The live style page: every part of the visual language, in the theme in force."""

from datetime import datetime, timedelta

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.connectors import errors
from app.core.clock import utc_now
from app.core.i18n import gettext as _
from app.edge.routes import PUBLIC, route
from app.inbox.types import ConversationState, View
from app.notifications.types import Event, Told
from app.pages.types import ConnectionState
from app.web.present import charts, words
from app.web.present.charts import Point

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
        swatches=_swatches(),
        chart=charts.curves(
            _("First reply"),
            _("A chart"),
            "4 h",
            (_("Day"), _("half within"), _("9 of 10 within")),
            [
                Point(str(day), (day % 5 + 1.0, day % 7 + 4.0), (f"{day % 5 + 1} h", f"{day % 7 + 4} h"))
                for day in range(28)
            ],
        ),
        told=[_told(Event.MENTIONED, now, read=False), _told(Event.ASSIGNED, now - timedelta(hours=3), read=True)],
    )


def _swatches() -> list[tuple[str, str]]:
    """Each colour that means something, by the end of its class, with its meaning."""
    return [
        ("ground", _("The room")),
        ("paper", _("Paper on it")),
        ("inset", _("Pressed into the paper")),
        ("chosen", _("Chosen")),
        ("amber", _("This needs you")),
        ("amber-soft", _("This needs you, among others")),
        ("good", _("It worked")),
        ("bad", _("It did not")),
        ("public", _("The public reads this")),
        ("inside", _("This stays among us")),
    ]


def _told(event: Event, at: datetime, *, read: bool) -> Told:
    return Told(0, event, at, read, True, "Kim", "Maria", "Blog", None, 1, None, {})
