"""Campaigns in words and pictures, for screens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from babel.dates import format_date

from app.campaigns.types import CampaignRow, Descent, Discipline, EntryView, Gap, Named, PageGap, Stage
from app.core import i18n
from app.core.i18n import gettext as _
from app.web.present.word import Word


def stage(one: Stage) -> Word:
    """Where a campaign stands. Amber: somebody has to sign who inherits what."""
    return {
        Stage.COMING: Word(_("Coming"), "calendar"),
        Stage.RUNNING: Word(_("Running"), "play", "good"),
        Stage.ENDED: Word(_("Over, not handed over"), "circle-alert", "attention"),
        Stage.CLOSED: Word(_("Handed over"), "check"),
    }[one]


def discipline(one: Discipline) -> str:
    """Who takes part."""
    return {
        Discipline.SOCIAL: _("Social media"),
        Discipline.SEO: _("Search engines"),
        Discipline.PAID_SEARCH: _("Paid search"),
        Discipline.EMAIL: _("E-mail"),
        Discipline.PR: _("Press"),
        Discipline.AFFILIATE: _("Affiliates"),
    }[one]


def came_from(one: Descent) -> str:
    """How it came out of a campaign before it."""
    return {
        Descent.EVOLVES: _("grown out of"),
        Descent.MERGES: _("merged from"),
        Descent.SPLITS: _("split off from"),
    }[one]


def went_into(one: Descent) -> str:
    """What became of it."""
    return {
        Descent.EVOLVES: _("became"),
        Descent.MERGES: _("merged into"),
        Descent.SPLITS: _("split into"),
    }[one]


def day(one: date) -> str:
    """A day, as the reader writes it."""
    return str(format_date(one, "medium", locale=i18n.locale()))


def together(found: Sequence[PageGap]) -> list[tuple[Gap, list[PageGap]]]:
    """Gaps of the same days, each with its pages: where nothing is planned at all, that is said once."""
    groups: dict[Gap, list[PageGap]] = {}
    for one in found:
        groups.setdefault(one.gap, []).append(one)
    return list(groups.items())


def weekday(one: date) -> str:
    """A day with its name."""
    return str(format_date(one, "full", locale=i18n.locale()))


def month(one: date) -> str:
    """A month by name."""
    return str(format_date(one, "LLLL y", locale=i18n.locale()))


@dataclass(frozen=True, slots=True)
class Bar:
    """A campaign on a page within a month: the first day counted from 0, and how many days."""

    campaign: CampaignRow
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Strip:
    """A page's month; bars in one lane never overlap."""

    page: Named
    lanes: tuple[tuple[Bar, ...], ...]


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the calendar."""

    first: date
    last: date
    strips: Sequence[Strip]
    days: Sequence[tuple[date, Sequence[EntryView]]]

    @property
    def length(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> date:
        return (self.first - timedelta(days=1)).replace(day=1)

    @property
    def after(self) -> date:
        return self.last + timedelta(days=1)


def bounds(day: date) -> tuple[date, date]:
    """The first and the last day of a day's month."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def month_of(first: date, last: date, rows: Sequence[CampaignRow], entries: Sequence[EntryView]) -> Month:
    """A month, page by page and day by day."""
    pages = {page.id: page for row in rows for page in row.pages}
    strips = []
    for page in sorted(pages.values(), key=lambda one: (one.name.casefold(), one.id)):
        there = [row for row in rows if any(one.id == page.id for one in row.pages)]
        strips.append(Strip(page, _lanes([_bar(row, first, last) for row in there])))
    days: dict[date, list[EntryView]] = {}
    for entry in entries:
        days.setdefault(entry.day, []).append(entry)
    return Month(first, last, strips, sorted(days.items()))


def _bar(row: CampaignRow, first: date, last: date) -> Bar:
    start, end = max(row.period.first, first), min(row.period.last, last)
    return Bar(row, (start - first).days, (end - start).days + 1)


def _lanes(bars: Sequence[Bar]) -> tuple[tuple[Bar, ...], ...]:
    """Bars in as few lanes as they need not to lie on each other."""
    lanes: list[list[Bar]] = []
    for bar in sorted(bars, key=lambda one: (one.start, one.campaign.id)):
        free = next((lane for lane in lanes if lane[-1].start + lane[-1].length <= bar.start), None)
        if free is None:
            lanes.append([bar])
        else:
            free.append(bar)
    return tuple(map(tuple, lanes))
