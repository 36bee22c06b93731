"""Everything there is to do, by name."""

from dataclasses import dataclass
from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.core.i18n import gettext as _
from app.desk import queries as desk
from app.edge.context import actor, session
from app.edge.routes import route
from app.inbox.filters import FILTERS
from app.inbox.types import View
from app.web.inbox import narrow, screens
from app.web.inbox.routes import blueprint, here
from app.web.present import figures, nav

NARROWED = ("page", "assignee", "team", "tag", "platform")
"""Filters whose every choice can be gone to."""


@dataclass(frozen=True, slots=True)
class Goal:
    """Somewhere to go. ``tells`` is what stands there, as far as that is known."""

    group: str
    text: str
    icon: str
    href: str
    tells: str = ""


@route(blueprint, "/palette", needs=Permission.READ_INBOX)
def palette() -> ResponseReturnValue:
    """What the palette offers besides the keys; asked for when it is first opened."""
    place = here()
    counts = screens.counts(session(), actor(), place)
    saved = desk.saved_views(session(), actor())
    goals = [
        Goal(section.title, way.text, way.icon, way.href, figures.waiting(way.count))
        for section in (*nav.ways(counts.views, saved), *nav.settings())
        for way in section.ways
    ]
    for name in NARROWED:
        one = FILTERS[name]
        for choice in one.choices(session()):
            chosen: dict[str, Any] = {"view": View.ALL.value, name: choice.value}
            href = url_for("inbox.overview", **chosen)
            goals.append(Goal(_(one.title), narrow.word(name, choice), one.icon, href))
    goals += [
        Goal(_("Inbox"), _("Arrange saved views"), "bookmark", url_for("inbox.saved_views")),
        Goal(_("Inbox"), _("All tags"), "tag", url_for("inbox.tags")),
    ]
    return render_template("inbox/palette.html", goals=goals)
