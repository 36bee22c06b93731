"""Hours of the week, as people write them: ``mo-fr 09:00-17:30 Europe/Berlin``, several parted by ``;`` or lines."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

LOOKED_AT = timedelta(days=366)
"""Nothing is counted further than that."""
_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)
DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
_FORM = re.compile(
    r"(?P<days>[a-z]{2}(?:-[a-z]{2})?(?:,[a-z]{2}(?:-[a-z]{2})?)*)\s+"
    r"(?P<from>\d{1,2}:\d{2})\s*-\s*(?P<to>\d{1,2}:\d{2})(?:\s+(?P<zone>[\w+/-]+))?",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Hours:
    """From a time up to (not including) another, on days that are counted from Monday 0. ``until`` at or before
    ``since`` is on the next day."""

    days: frozenset[int]
    since: time
    until: time
    zone: tzinfo

    def hold(self, at: datetime) -> bool:
        """Whether that moment is within."""
        here = at.astimezone(self.zone)
        if here.utcoffset() != here.replace(fold=1 - here.fold).utcoffset():  # in an hour that the clock shows twice
            days = (here.date() - _DAY, here.date())
            return any(begin <= at < end for day in days for begin, end in self.on(day, frozenset()))
        clock = here.time()
        if self.since < self.until:
            return here.weekday() in self.days and self.since <= clock < self.until
        if clock >= self.since:
            return here.weekday() in self.days
        return clock < self.until and (here - timedelta(days=1)).weekday() in self.days

    def on(self, day: date, off: frozenset[date]) -> Iterator[tuple[datetime, datetime]]:
        """The stretches, in UTC, of the work that begins on a day there; what of it falls on a day off is left out."""
        if day.weekday() not in self.days:
            return
        following = day + _DAY
        if self.since < self.until:
            pieces = [(day, self.since, day, self.until, 1)]
        else:  # a day ends where the next begins, also where the clock shows midnight twice
            pieces = [(day, self.since, following, time(), 0), (following, time(), following, self.until, 1)]
        for first, since, last, until, fold in pieces:
            if first not in off:
                yield _utc(first, since, self.zone), _utc(last, until, self.zone, fold=fold)


def _utc(day: date, clock: time, zone: tzinfo, *, fold: int = 0) -> datetime:
    """When a clock there shows that; of a time that it skips, when it does."""
    there = datetime.combine(day, clock, zone)
    found = there.replace(fold=fold).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None, fold=0) == there.replace(tzinfo=None):
        return found
    before, skipped = (there.replace(fold=one).astimezone(UTC) for one in (1, 0))
    early = before.astimezone(zone).utcoffset()
    while skipped - before > _SECOND:
        middle = before + (skipped - before) / 2
        if middle.astimezone(zone).utcoffset() == early:
            before = middle
        else:
            skipped = middle
    return skipped.replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Week:
    """When somebody is at work. ``off`` are days without work, as they fall in each of the hours' own zones."""

    hours: tuple[Hours, ...]
    off: frozenset[date] = frozenset()

    def hold(self, at: datetime) -> bool:
        """Whether that moment is within; always, where no hours are named and the day is not off."""
        if not self.hours:
            return at.astimezone(UTC).date() not in self.off
        return any(one.hold(at) and at.astimezone(one.zone).date() not in self.off for one in self.hours)


def worked(week: Week, since: datetime, until: datetime) -> timedelta:
    """How much of the time between two moments lies within the hours."""
    found = timedelta()
    for begin, end in _stretches(week, since, until):
        found += end - begin
    return found


def after(week: Week, since: datetime, span: timedelta) -> datetime | None:
    """The moment by which so much work has been done since another; None where that takes longer than a year."""
    left = span
    for begin, end in _stretches(week, since, since + LOOKED_AT):
        if end - begin >= left:
            return begin + left
        left -= end - begin
    return None


def before(week: Week, until: datetime, span: timedelta) -> datetime:
    """The latest moment from which on so much work was done until another; a year before it where it took longer."""
    left = span
    day = until.astimezone(UTC).date()
    while day > (until - LOOKED_AT).date():
        for begin, end in reversed(_open_on(week, day)):
            last = min(end, until)
            if last - begin >= left:
                return last - left
            left -= max(last - begin, timedelta())
        day -= _DAY
    return until - LOOKED_AT


def _stretches(week: Week, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    day, last = since.astimezone(UTC).date(), until.astimezone(UTC).date()
    while day <= last:
        for begin, end in _open_on(week, day):
            if max(begin, since) < min(end, until):
                yield max(begin, since), min(end, until)
        day += _DAY


@lru_cache(maxsize=4000)
def _open_on(week: Week, day: date) -> tuple[tuple[datetime, datetime], ...]:
    """The stretches of work within a day of UTC, in order, none touching another."""
    begin = datetime.combine(day, time(), UTC)
    end = begin + _DAY
    if not week.hours:
        return () if day in week.off else ((begin, end),)
    found: list[tuple[datetime, datetime]] = []
    # A day somewhere begins up to 14 hours before it does here, and a night's work the day before that.
    shifts = (piece for one in week.hours for step in (-2, -1, 0, 1) for piece in one.on(day + step * _DAY, week.off))
    for since, until in sorted(shifts):
        first, last = max(since, begin), min(until, end)
        if first >= last:
            continue
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return tuple(found)


class HoursError(ValueError):
    """A text names no hours; ``str`` is the part at fault."""


@lru_cache(maxsize=500)
def read_week(text: str, off: str = "") -> Week:
    """The week that the texts name; ``off`` has one day a line, ``2026-12-25 Christmas``. Raises HoursError."""
    found = []
    for part in _parts(text):
        one = read(part)
        if one is None:
            raise HoursError(part)
        found.append(one)
    return Week(tuple(found), frozenset(map(_day, _parts(off))))


def _parts(text: str) -> list[str]:
    return [part for line in text.replace(";", "\n").split("\n") if (part := line.strip())]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.split(maxsplit=1)[0])
    except ValueError:
        raise HoursError(text) from None


@lru_cache(maxsize=500)
def read(text: str) -> Hours | None:
    """The hours that a text names, in UTC unless it names a zone; None when it names none."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        return None
    days = _days(found["days"].lower())
    since, until = _clock(found["from"]), _clock(found["to"])
    zone = _zone(found["zone"])
    if not days or since is None or until is None or zone is None:
        return None
    return Hours(days, since, until, zone)


def _days(text: str) -> frozenset[int]:
    """No days at all when one of them is none."""
    days: set[int] = set()
    for part in text.split(","):
        first, _dash, last = part.partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            return frozenset()
        begin, end = DAYS.index(first), DAYS.index(last or first)
        days.update((begin + step) % 7 for step in range((end - begin) % 7 + 1))
    return frozenset(days)


def _clock(text: str) -> time | None:
    hour, minute = map(int, text.split(":"))
    if (hour, minute) == (24, 0):
        return time(0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _zone(name: str | None) -> tzinfo | None:
    if name is None or name.upper() in ("UTC", "Z"):
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None
