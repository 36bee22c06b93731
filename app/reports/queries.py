"""Reading reports: each by the same few statements, however much was said and however long the period is."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from heapq import nlargest
from typing import Any

from sqlalchemy import Column, Select, Table, func, select
from sqlalchemy.orm import Session

from app.accounts.models import Team, User
from app.campaigns.models import Campaign
from app.core.db import table_of
from app.inbox.models import Tag
from app.pages.models import Page
from app.reports import rules
from app.reports.models import ReportChange, ReportDay, ReportTimes
from app.reports.types import By, Counts, Day, Line, Report, Times
from app.targets.types import Figure

_DAY = timedelta(days=1)
_DAYS, _TIMES = table_of(ReportDay), table_of(ReportTimes)
_MANY = frozenset({By.PAGE, By.CAMPAIGN, By.TAG})
"""What there may be hundreds of, and what conversations belong to: where none began, little else happened."""
_KEYS = {"by", "day", "of", "figure"}
_NAMES: Mapping[By, Any] = {By.AGENT: User, By.TEAM: Team, By.PAGE: Page, By.CAMPAIGN: Campaign, By.TAG: Tag}


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose report: of all, or of one person, team, page, platform, campaign or tag. ``key`` is an id, or a connector's
    kind for a platform."""

    by: By = By.ALL
    key: str = "0"


EVERYBODY = Whose()


def report(session: Session, whose: Whose, first: date, last: date) -> Report:
    """A period's days (both included), and its sum beside that of as many days before. Three statements."""
    length = (last - first).days + 1
    begin = first - length * _DAY
    days = _days(session, whose, begin, last)
    name = name_of(session, whose)
    return Report(
        days=days[length:],
        now=_together(whose.key, name, days[length:]),
        before=_together(whose.key, name, days[:length]),
    )


def total(session: Session, whose: Whose, first: date, last: date) -> Line:
    """A period in one sum, without a name. Two statements."""
    counts, times = Counts(), {}
    for sums in session.execute(_of(_DAYS, whose, first, last)):
        counts = Counts(*(int(one or 0) for one in sums))
    for figure, *measured in session.execute(_of(_TIMES, whose, first, last, _TIMES.c.figure)):
        times[figure] = _times(measured)
    return Line(whose.key, "", counts, times)


def lines(session: Session, by: By, first: date, last: date, most: int | None = None) -> list[Line]:
    """A period of everybody or everything of a kind, those with most to do first; of pages, campaigns and tags no more
    than ``most``. Three statements at most."""
    counts, times = _sums(session, by, first, last, most if by in _MANY else None)
    names = _names(session, by, counts.keys() | times.keys())
    found = [Line(key, names[key], counts[key], times[key]) for key in counts.keys() | times.keys() if key in names]
    return sorted(found, key=lambda one: (-one.counts.opened, -_answers(one), one.name.casefold(), one.key))


def name_of(session: Session, whose: Whose) -> str | None:
    """What somebody or something is called; None for all, and for what is not there. One statement at most."""
    if whose.by is By.ALL:
        return None
    return _names(session, whose.by, {whose.key}).get(whose.key)


def waiting(session: Session) -> bool:
    """Whether something changed that was not counted yet."""
    return session.scalar(select(ReportChange.id).limit(1)) is not None


def _answers(line: Line) -> int:
    return sum(one.n for one in line.times.values())


def _days(session: Session, whose: Whose, first: date, last: date) -> list[Day]:
    counts: dict[date, Counts] = defaultdict(Counts)
    times: dict[date, dict[Figure, Times]] = defaultdict(dict)
    for day, *sums in session.execute(_of(_DAYS, whose, first, last, _DAYS.c.day)):
        counts[day] = Counts(*map(int, sums))
    for day, figure, *sums in session.execute(_of(_TIMES, whose, first, last, _TIMES.c.day, _TIMES.c.figure)):
        times[day][figure] = _times(sums)
    steps = (first + step * _DAY for step in range((last - first).days + 1))
    return [Day(day, counts[day], times[day]) for day in steps]


def _of(table: Table, whose: Whose, first: date, last: date, *apart: Column[Any]) -> "Select[*tuple[Any, ...]]":
    """What is added up of one."""
    if whose.by is By.PLATFORM:
        pages = select(Page.id).where(Page.connector == whose.key)
        return _added(table, By.PAGE, first, last, *apart).where(table.c.of.in_(pages))
    return _added(table, whose.by, first, last, *apart).where(table.c.of == _number(whose.key))


def _sums(
    session: Session, by: By, first: date, last: date, most: int | None
) -> tuple[dict[str, Counts], dict[str, dict[Figure, Times]]]:
    counts: dict[str, Counts] = defaultdict(Counts)
    times: dict[str, dict[Figure, Times]] = defaultdict(dict)
    for key, *sums in session.execute(_each(_DAYS, by, first, last)):
        counts[str(key)] = Counts(*map(int, sums))
    timed = _each(_TIMES, by, first, last, _TIMES.c.figure)
    if most is not None and len(counts) > most:  # adding up times costs the most
        busiest = nlargest(most, counts, key=lambda key: counts[key].opened)
        counts = {key: counts[key] for key in busiest}
        timed = timed.where(_TIMES.c.of.in_([int(key) for key in busiest]))
    for key, figure, *sums in session.execute(timed):
        times[str(key)][figure] = _times(sums)
    return counts, times


def _each(table: Table, by: By, first: date, last: date, *apart: Column[Any]) -> "Select[*tuple[Any, ...]]":
    """What is added up of each."""
    if by is not By.PLATFORM:
        return _added(table, by, first, last, table.c.of, *apart)
    query = _added(table, By.PAGE, first, last, Page.connector, *apart)
    return query.join_from(table, Page, Page.id == table.c.of)


def _added(table: Table, by: By, first: date, last: date, *apart: Any) -> "Select[*tuple[Any, ...]]":
    sums = [func.sum(one) for one in table.c if one.name not in _KEYS]
    query = select(*apart, *sums).where(table.c.by == by, table.c.day >= first, table.c.day <= last)
    return query.group_by(*apart)


def _number(key: str) -> int:
    """An id as it stands in an address; one that nobody has for anything else."""
    return int(key) if key.isascii() and key.isdigit() and len(key) < 10 else -1


def _times(sums: Sequence[Any]) -> Times:
    n, seconds, *buckets = map(int, sums)
    return Times(n, seconds, tuple(buckets))


def _names(session: Session, by: By, keys: Iterable[str]) -> dict[str, str]:
    """Names of those that are there; a platform is called by its kind."""
    if by is By.PLATFORM:
        return {key: key for key in keys}
    model = _NAMES[by]
    query = select(model.id, model.name).where(model.id.in_([_number(key) for key in keys]))
    if model is Tag:
        query = query.where(Tag.removed_at.is_(None))
    return {str(number): name for number, name in session.execute(query)}


def _together(key: str, name: str | None, days: Sequence[Day]) -> Line:
    counts = Counts()
    for one in days:
        counts.add(one.counts)
    times = {figure: rules.merged(one.times[figure] for one in days if figure in one.times) for figure in Figure}
    return Line(key, name or "", counts, times)
