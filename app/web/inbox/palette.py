"""Everything there is to do, by name."""

from dataclasses import dataclass
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.contacts import queries as contacts
from app.contacts.types import ContactFilter
from app.core.i18n import gettext as _
from app.desk import queries as desk
from app.edge.context import actor, session
from app.edge.routes import route
from app.inbox import queries as inbox
from app.inbox.filters import FILTERS
from app.inbox.types import View
from app.web.inbox import narrow, screens
from app.web.inbox.routes import blueprint, here
from app.web.present import figures, nav
from app.web.present.keys import KEYS, NAMED

NARROWED = ("page", "assignee", "team", "tag", "platform")
"""Filters whose every choice can be gone to."""
AT_MOST = 5
SHORTEST = 2
LONGEST = 100
"""Letters that people are looked for by."""


@dataclass(frozen=True, slots=True)
class Goal:
    """Somewhere to go. ``tells`` is what stands there, as far as that is known; lists can be looked into."""

    group: str
    text: str
    icon: str
    href: str
    tells: str = ""

    @property
    def look(self) -> str:
        """Where a script finds the first rows of the list that it leads to; empty for other screens."""
        path, _mark, query = self.href.partition("?")
        return f"{url_for('inbox.look')}?{query}" if path == url_for("inbox.overview") else ""


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


@route(blueprint, "/keys", needs=Permission.READ_INBOX)
def keys() -> ResponseReturnValue:
    """The map of keys, as a dialog; asked for when it is first opened."""
    return render_template("inbox/keys.html", keys=KEYS, named=NAMED)


@route(blueprint, "/palette/people", needs=Permission.READ_INBOX)
def people() -> ResponseReturnValue:
    """Who is called what was typed, the newest few; asked for while somebody types."""
    words = request.args.get("q", "")[:LONGEST].strip()
    found = contacts.rows(session(), ContactFilter(words), limit=AT_MOST)[0] if len(words) >= SHORTEST else []
    return render_template("inbox/palette_people.html", people=found)


@route(blueprint, "/palette/look", needs=Permission.READ_INBOX)
def look() -> ResponseReturnValue:
    """The first rows of a list, before one goes there."""
    rows = inbox.rows(session(), here().filter(actor()), limit=AT_MOST)
    return render_template("inbox/palette_look.html", rows=rows)
