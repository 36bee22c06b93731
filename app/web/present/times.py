"""Times for people. The page carries the exact moment too; a small script shows it in the reader's own zone."""

from datetime import UTC, datetime

from babel.dates import format_date, format_datetime, format_skeleton, format_time

from app.core import i18n
from app.core.i18n import gettext as _

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_LONGEST_DAYS = 60


def ago(at: datetime, now: datetime) -> str:
    """How long since, in the shortest words: ``now``, ``4 min``, ``3 h``, ``12 d``, then the date."""
    seconds = (now - at).total_seconds()
    if seconds < _MINUTE:
        return _("now")
    if seconds < _HOUR:
        return _("%(n)s min", n=int(seconds // _MINUTE))
    if seconds < _DAY:
        return _("%(n)s h", n=int(seconds // _HOUR))
    if seconds < _LONGEST_DAYS * _DAY:
        return _("%(n)s d", n=int(seconds // _DAY))
    return format_date(at.astimezone(UTC), "medium", locale=i18n.locale())


def ago_words() -> dict[str, str]:
    """The same words for the script that keeps them true while a page stays open."""
    return {"now": _("now"), "min": _("%(n)s min"), "h": _("%(n)s h"), "d": _("%(n)s d")}


def moment(at: datetime) -> str:
    """Date and time in full, in UTC and saying so."""
    return format_datetime(at.astimezone(UTC), "medium", locale=i18n.locale()) + " UTC"


def clock_time(at: datetime, now: datetime) -> str:
    """The time of day when it was today, else with the date; in UTC and saying so."""
    at = at.astimezone(UTC)
    spoken = format_time(at, "short", locale=i18n.locale())
    if at.date() != now.astimezone(UTC).date():
        spoken = f"{format_skeleton('MMMd', at, locale=i18n.locale())}, {spoken}"
    return f"{spoken} UTC"


def iso(at: datetime) -> str:
    """For ``datetime`` attributes."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
