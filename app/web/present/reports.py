"""Reports in words and shapes."""

from collections.abc import Sequence
from dataclasses import dataclass

from babel.dates import format_skeleton
from babel.numbers import format_percent

from app.core import i18n
from app.core.i18n import gettext as _
from app.core.i18n import number
from app.reports import rules
from app.reports.types import By, Counts, Day, Report, Times
from app.reviews import words as review_words
from app.targets.types import Figure
from app.web.present import charts
from app.web.present import targets as target_words
from app.web.present.charts import Chart, Point

HALF, MOST = 0.5, 0.9
_GROUPS = (900, 3600, 4 * 3600, 8 * 3600, 24 * 3600)
"""Seconds that a distribution is shown by; all of them are edges of buckets."""
_NOTHING = "–"


def by(one: By) -> str:
    """What a report tells apart."""
    return {
        By.ALL: _("Everything"),
        By.AGENT: _("Person"),
        By.TEAM: _("Team"),
        By.PAGE: _("Page"),
        By.PLATFORM: _("Platform"),
        By.CAMPAIGN: _("Campaign"),
        By.TAG: _("Tag"),
    }[one]


def span(seconds: float | None) -> str:
    """A length of work, as exactly as it is known."""
    return _NOTHING if seconds is None else review_words.length(seconds)


def percent(share: float | None) -> str:
    """A share in whole percents."""
    return _NOTHING if share is None else str(format_percent(share, locale=i18n.locale()))


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure of a period, and how it was in the period before."""

    name: str
    value: str
    beside: str


def facts(report: Report) -> list[Fact]:
    """A period at a glance."""
    now, before = report.now, report.before
    found = [
        Fact(_("Conversations"), number(now.counts.opened), _before(number(before.counts.opened))),
        Fact(_("Comments"), number(now.counts.comments), _before(number(before.counts.comments))),
        Fact(_("Answered"), percent(now.counts.share), _before(percent(before.counts.share))),
    ]
    for figure in Figure:
        half, most = half_and_most(now.times.get(figure))
        earlier, _earlier_most = half_and_most(before.times.get(figure))
        found.append(
            Fact(
                target_words.figure(figure),
                half,
                _("9 of 10 within %(most)s; before: half within %(half)s", most=most, half=earlier),
            )
        )
    return found


def _before(value: str) -> str:
    return _("before: %(value)s", value=value)


def half_and_most(times: Times | None) -> tuple[str, str]:
    """Within what time half were, and nine of ten."""
    if times is None:
        return _NOTHING, _NOTHING
    return span(rules.percentile(times, HALF)), span(rules.percentile(times, MOST))


def conversations(days: Sequence[Day]) -> Chart:
    """How many conversations began on each day."""
    points = [
        Point(
            day_of(one),
            (float(one.counts.opened) if one.counts.opened or one.counts.comments else None,),
            (number(one.counts.opened), number(one.counts.comments), _answered(one.counts)),
        )
        for one in days
    ]
    most = max([one.counts.opened for one in days] + [0])
    total = sum(one.counts.opened for one in days)
    spoken = _("%(total)s conversations, at most %(most)s on a day.", total=number(total), most=number(most))
    head = (_("Day"), _("Conversations"), _("Comments"), _("Answered"))
    return charts.bars(_("Conversations, day by day"), spoken, number(most), head, points)


def _answered(counts: Counts) -> str:
    return f"{number(counts.answered)} ({percent(counts.share)})" if counts.opened else _NOTHING


def times(days: Sequence[Day], figure: Figure) -> Chart:
    """Within what time half were, and nine of ten, on each day."""
    points = []
    for one in days:
        there = one.times.get(figure)
        values = tuple(rules.percentile(there, share) if there else None for share in (HALF, MOST))
        points.append(Point(day_of(one), values, (*map(span, values), number(there.n if there else 0))))
    most = max([value for one in points for value in one.values if value is not None], default=None)
    spoken = _("%(figure)s, day by day: at most %(most)s.", figure=target_words.figure(figure), most=span(most))
    head = (_("Day"), _("half within"), _("9 of 10 within"))
    chart = charts.curves(target_words.figure(figure), spoken, span(most), head, points)
    return charts.with_column(chart, _("How many"))


def distribution(there: Times | None) -> list[tuple[str, float, str]]:
    """How many took how long: name, share, words."""
    if there is None or there.n <= 0:
        return []
    found, reached, before = [], 0, ""
    for edge in _GROUPS:
        upto, time = rules.within(there, edge), target_words.length(edge // 60)
        found.append((f"{before} – {time}" if before else _("up to %(time)s", time=time), upto - reached))
        reached, before = upto, time
    found.append((_("over %(time)s", time=before), there.n - reached))
    return [(name, n / there.n, f"{percent(n / there.n)} · {number(n)}") for name, n in found]


def day_of(one: Day) -> str:
    """A day without its year."""
    return str(format_skeleton("MMMd", one.day, locale=i18n.locale()))
