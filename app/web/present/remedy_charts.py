"""What was given, in shapes."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from app.core.i18n import gettext as _
from app.remedies import money
from app.remedies import words as remedy_words
from app.remedies.ledger import Group, Span
from app.web.present import charts, reports, times
from app.web.present.charts import Chart, Point


def within(time: timedelta) -> str:
    """How long something took, as reports say it."""
    return reports.span(time.total_seconds())


def given(currency: str, spans: Sequence[Span]) -> Chart:
    """What was given when, in one currency."""
    most = max(one.amount for one in spans)
    points = [
        Point(
            times.day(one.begins),
            (float(one.amount) if one.count else None,),
            (money.shown(one.amount, currency), str(one.count)),
        )
        for one in spans
    ]
    spoken = _(
        "Given between %(first)s and %(last)s, at most %(most)s at once; the table below has the numbers.",
        first=points[0].name,
        last=points[-1].name,
        most=money.shown(most, currency),
    )
    title = _("Given, in %(currency)s", currency=currency)
    return charts.bars(title, spoken, money.shown(most, currency), (_("From"), _("Given"), _("Remedies")), points)


def shares(
    groups: Sequence[Group], reasons: Mapping[str, Mapping[str, str]] | None = None
) -> list[tuple[str, float, str]]:
    """Sums beside the largest of them: name, share, words. With ``reasons`` the names are those of reasons."""
    most = max([one.amount for one in groups] + [1])
    return [
        (
            one.name if reasons is None else remedy_words.reason(one.name, reasons),
            one.amount / most,
            f"{money.shown(one.amount, one.currency)} ({one.count})",
        )
        for one in groups
    ]
