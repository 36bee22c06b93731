"""How we did: for all, or for one person, team, page, platform, campaign or tag; and how teams stand now."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import rules as account_rules
from app.accounts.types import Permission
from app.core import days
from app.core.clock import utc_now
from app.core.errors import NotFound
from app.core.i18n import gettext as _
from app.core.spreadsheet import covered
from app.edge.context import actor, session
from app.edge.routes import route
from app.reports import queries, rules, standing
from app.reports.queries import EVERYBODY, Whose
from app.reports.types import By, Line
from app.targets.types import Figure
from app.web.present import reports as words
from app.web.present import targets as target_words

Kind = TypeVar("Kind", By, Figure)
blueprint = Blueprint("reports", __name__, url_prefix="/reports")
USUAL_DAYS = 28
PERIODS = (7, 28, 91, 364)
LONGEST = 366
SHOWN = 100
_EARLIEST = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to see."""

    first: date
    last: date
    by: By
    whose: Whose
    figure: Figure

    def args(self, **other: Any) -> dict[str, Any]:
        """The same as an address has it, with something else."""
        known: dict[str, Any] = {"since": self.first, "until": self.last, "by": self.by, "figure": self.figure}
        if self.whose != EVERYBODY:
            known["of"] = self.whose.key
        return known | other

    def to(self, **other: Any) -> str:
        """The address of the same report, with something else."""
        return url_for("reports.overview", **self.args(**other))


@route(blueprint, "", needs=Permission.READ_INBOX)
def overview() -> ResponseReturnValue:
    """A period, day by day and one by one; for those who may not see all: their own."""
    asked = _asked()
    sees_all = _sees_all()
    report = queries.report(session(), asked.whose, asked.first, asked.last)
    if asked.whose != EVERYBODY and not report.now.name:
        raise NotFound(_("There is nothing of that name to report on."))
    lines = queries.lines(session(), asked.by, asked.first, asked.last, SHOWN + 1) if sees_all else []
    return render_template(
        "reports/overview.html",
        asked=asked,
        report=report,
        lines=lines[:SHOWN],
        more=len(lines) > SHOWN,
        sees_all=sees_all,
        kinds=[one for one in By if one is not By.ALL],
        measures=list(Figure),
        periods=[(length, _today() - timedelta(days=length - 1), _today()) for length in PERIODS],
        zone=days.zone().key,
        teams=standing.now(session(), utc_now()) if sees_all and asked.whose == EVERYBODY else [],
        say=words,
        targets=target_words,
    )


@route(blueprint, "/now", needs=Permission.SEE_REPORTS)
def now() -> ResponseReturnValue:
    """How teams stand at this moment; the report asks for it again and again."""
    return render_template("reports/now.html", teams=standing.now(session(), utc_now()), say=words)


@route(blueprint, "/lines.csv", needs=Permission.SEE_REPORTS)
def lines_csv() -> ResponseReturnValue:
    """A period, one by one, for a spreadsheet."""
    asked = _asked()
    found = queries.lines(session(), asked.by, asked.first, asked.last)
    rows = ([one.key, one.name, *_cells(one)] for one in found)
    return _csv(f"{asked.by}s", asked, ["id", asked.by.value, *_HEAD], rows)


@route(blueprint, "/days.csv", needs=Permission.READ_INBOX)
def days_csv() -> ResponseReturnValue:
    """A period, day by day, for a spreadsheet."""
    asked = _asked()
    report = queries.report(session(), asked.whose, asked.first, asked.last)
    rows = ([one.day.isoformat(), *_cells(Line("", "", one.counts, one.times))] for one in report.days)
    return _csv("days", asked, ["day", *_HEAD], rows)


_HEAD = [
    *("conversations", "comments", "answered", "needed_no_answer"),
    *(f"{figure.value}_{what}" for figure in Figure for what in ("count", "median_minutes", "p90_minutes")),
]


def _cells(one: Line) -> Iterator[object]:
    yield from (one.counts.opened, one.counts.comments, one.counts.answered, one.counts.settled)
    for figure in Figure:
        times = one.times.get(figure)
        yield times.n if times else 0
        for share in (words.HALF, words.MOST):
            seconds = rules.percentile(times, share) if times else None
            yield "" if seconds is None else round(seconds / 60, 1)


def _csv(name: str, asked: Asked, head: Sequence[str], rows: Iterator[list[object]]) -> Response:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([covered(str(cell)) for cell in row] for row in rows)
    file = f"report-{name}-{asked.first}-{asked.last}.csv"
    return Response(
        "\ufeff" + out.getvalue(),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{file}"'},
    )


def _sees_all() -> bool:
    return account_rules.may(actor().role, Permission.SEE_REPORTS)


def _today() -> date:
    return days.of(utc_now())


def _asked() -> Asked:
    """What the address asks for; what makes no sense counts as not said. Who may not see all asks for their own."""
    last = _day("until", _today())
    first = max(_day("since", last - timedelta(days=USUAL_DAYS - 1)), last - timedelta(days=LONGEST - 1))
    by = _one_of(By, "by", By.PAGE)
    key = request.args.get("of", "")[:40]
    whose = Whose(by, key) if key and by is not By.ALL else EVERYBODY
    if not _sees_all():
        by, whose = By.AGENT, Whose(By.AGENT, str(actor().id))
    return Asked(
        min(first, last), last, By.PAGE if by is By.ALL else by, whose, _one_of(Figure, "figure", Figure.FIRST_REPLY)
    )


def _one_of(kinds: "type[Kind]", name: str, usual: "Kind") -> "Kind":
    said = request.args.get(name, "")
    return kinds(said) if said in set(kinds) else usual


def _day(name: str, usual: date) -> date:
    try:
        found = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return usual
    return min(max(found, _EARLIEST), _today())
