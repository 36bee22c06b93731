"""Lines of lists as they were shown before.

Half of what a list costs is putting its fifty lines together, and when it is shown again nearly all of them are the
same. A line is kept under everything that it is made of.
"""

from collections.abc import Callable
from dataclasses import replace
from threading import Lock

from flask import g, request
from markupsafe import Markup

from app.core import i18n
from app.edge.context import actor
from app.inbox.types import Row
from app.web.inbox.place import Place
from app.web.inbox.routes import blueprint
from app.web.present import times

AT_MOST = 5_000
"""Lines kept in a process; they take about 10 MB."""
_kept: dict[object, Markup] = {}
_lock = Lock()


@blueprint.app_template_global()
def kept_line(row: Row, place: Place, open_id: int | None, make: Callable[[Row, Place, bool], Markup]) -> Markup:
    """The line as ``make(row, place, open)`` gives it."""
    if "line_reader" not in g:
        me = actor()
        asked = replace(place, after=None), request.script_root
        g.line_reader = me.id, me.team_ids, i18n.language(), i18n.zone(), *asked
    is_open, now = row.id == open_id, times.present()
    due = (times.ago(row.due_at, now), times.clock_time(row.due_at, now)) if row.due_at else None
    back = times.clock_time(row.put_off_until, now) if row.put_off_until else None
    key = row, g.line_reader, is_open, times.ago(row.at, now), due, back
    line = _kept.get(key)
    if line is None:
        line = make(row, place, is_open)
        with _lock:
            if len(_kept) >= AT_MOST:
                _kept.clear()
            _kept[key] = line
    return line
