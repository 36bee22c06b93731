"""Lines of lists as they were shown before, in whichever list and to whomever."""

from collections.abc import Callable, Iterable

from flask import request
from markupsafe import Markup

from app.core import i18n
from app.edge.context import actor
from app.inbox.types import Row
from app.web.inbox.place import Place
from app.web.inbox.routes import blueprint, talk_address
from app.web.present import times
from app.web.present.kept import Kept

_kept = Kept(5_000)
"""They take about 10 MB."""
_QUOTED = Markup('"{}"')
_Make = Callable[[Row, Place, bool, bool, bool], Markup]


@blueprint.app_template_global()
def kept_lines(rows: Iterable[Row], place: Place, open_id: int | None, make: _Make) -> Markup:
    """The lines as ``make(row, place, open, mine, ours)`` gives them, one after the other: whether it is open beside
    the list, is the reader's, is their teams'. ``make`` uses nothing else of the reader but language and time zone."""
    me, now = actor(), times.present()
    bare = Place(place.view, place.state)
    narrowed = place.args != bare.args
    shared = bare, i18n.language(), i18n.zone(), request.script_root
    lines = []
    for row in rows:
        mine, ours = row.assignee_id == me.id, not me.team_ids or row.team_id in me.team_ids
        is_open = row.id == open_id
        due = (times.ago(row.due_at, now), times.clock_time(row.due_at, now)) if row.due_at else None
        key = row, shared, is_open, mine, ours, times.ago(row.at, now), due
        line = _kept.get(key) or _kept.keep(key, make(row, bare, is_open, mine, ours))
        lines.append(_leading_back_to(place, bare, row.id, line) if narrowed else line)
    return Markup().join(lines)


def _leading_back_to(place: Place, bare: Place, conversation_id: int, line: Markup) -> Markup:
    """A line of the whole list, with the addresses of one that is narrowed down."""
    old, new = (_QUOTED.format(talk_address(conversation_id, one)) for one in (bare, place))
    return line.replace(old, new)  # between quotes, which stand in nobody's words: those are escaped
