"""Times for people. The page carries the exact moment too; where they chose no zone, a small script shows it
in the browser's."""

from datetime import UTC, date, datetime, time, tzinfo
from functools import lru_cache

from babel.dates import format_date, format_skeleton, format_time, get_datetime_format
from flask import g
from markupsafe import Markup

from app.core import i18n
from app.core.clock import utc_now
from app.core.i18n import gettext as _

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_LONGEST_DAYS = 60
_TAG = Markup('<time datetime="%s" title="%s" data-time="%s">%s</time>')


def present() -> datetime:
    """One present moment for a whole page."""
    if "now" not in g:
        g.now = utc_now()
    now: datetime = g.now
    return now


def tag(at: datetime, style: str, now: datetime) -> Markup:
    """The moment as an element that a script keeps true; ``style`` is ``ago``, ``clock`` or ``moment``."""
    shown = ago(at, now) if style == "ago" else clock_time(at, now) if style == "clock" else moment(at)
    return _tag(at, style, shown, i18n.language(), i18n.zone())


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
    return day(_local(at)[0].date())


def ago_words() -> dict[str, str]:
    """The same words for the script that keeps them true while a page stays open."""
    return {"now": _("now"), "min": _("%(n)s min"), "h": _("%(n)s h"), "d": _("%(n)s d")}


def moment(at: datetime) -> str:
    """Date and time in full: in the zone the reader has chosen, else in UTC and saying so."""
    (at, zone), language = _local(at), i18n.language()
    return _joined(_day(at.date(), language), _time_of_day(at.hour, at.minute, language), language) + zone


def day(on: date) -> str:
    """A day in full."""
    return _day(on, i18n.language())


def clock_time(at: datetime, now: datetime) -> str:
    """The time of day when it was today, else with the date; in the zone the reader has chosen, else in UTC and saying
    so."""
    at, zone = _local(at)
    language = i18n.language()
    spoken = _time_of_day(at.hour, at.minute, language)
    if at.date() != _local(now)[0].date():
        spoken = f"{_day_and_month(at.month, at.day, language)}, {spoken}"
    return spoken + zone


def _local(at: datetime) -> tuple[datetime, str]:
    """The moment on the reader's clock, and what has to be said about that clock."""
    zone = i18n.zone()
    return (at.astimezone(zone), "") if zone else (at.astimezone(UTC), " UTC")


# Formatting by Babel takes a tenth of a millisecond, and a list has fifty times.


@lru_cache(maxsize=10_000)
def _tag(at: datetime, style: str, shown: str, _language: str, _zone: tzinfo | None) -> Markup:
    return _TAG % (iso(at), moment(at), style, shown)


@lru_cache(maxsize=2_000)
def _day(day: date, language: str) -> str:
    return format_date(day, "medium", locale=language)


@lru_cache(maxsize=2_000)
def _day_and_month(month: int, day: int, language: str) -> str:
    return format_skeleton("MMMd", datetime(2024, month, day, tzinfo=UTC), locale=language)


@lru_cache(maxsize=4_000)
def _time_of_day(hour: int, minute: int, language: str) -> str:
    return format_time(time(hour, minute), "short", locale=language)


def _joined(day: str, time_of_day: str, language: str) -> str:
    return _joint(language).replace("{0}", time_of_day).replace("{1}", day)


@lru_cache
def _joint(language: str) -> str:
    return str(get_datetime_format("medium", locale=language)).replace("'", "")


def iso(at: datetime) -> str:
    """For ``datetime`` attributes."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
