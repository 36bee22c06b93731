"""Where a day begins for all of us together: in reports, goals, reviews and vitality, wherever readers are.

Set once a process by ``app.bootstrap``, from the setting ``time_zone``. A day lasts 23 or 25 hours where a clock
changes.
"""

from datetime import UTC, date, datetime, time, tzinfo
from zoneinfo import ZoneInfo


class _House:
    zone = ZoneInfo("UTC")


def use(name: str) -> None:
    """Count days in that zone (IANA name) from now on."""
    _House.zone = ZoneInfo(name)


def zone() -> ZoneInfo:
    """The zone that days are counted in."""
    return _House.zone


def of(at: datetime, where: tzinfo | None = None) -> date:
    """The day of a moment, in the house's zone or in another."""
    return at.astimezone(where or _House.zone).date()


def begins(day: date, where: tzinfo | None = None) -> datetime:
    """Its first moment, in UTC: midnight, or what follows where a clock skips midnight."""
    return datetime.combine(day, time(0), where or _House.zone).astimezone(UTC)
