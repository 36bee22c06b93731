"""The ledger: what was given in a period, and the same for a spreadsheet."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.core.clock import utc_now
from app.core.spreadsheet import covered
from app.edge.context import session
from app.edge.routes import route
from app.remedies import ledger, money, policies
from app.remedies.ledger import LedgerLine
from app.web.present import remedy_charts
from app.web.remedies.routes import blueprint

SHOWN = 100
USUAL_DAYS = 30


@route(blueprint, "/ledger", needs=Permission.DECIDE_REMEDY)
def book() -> ResponseReturnValue:
    """Sums, and every line."""
    since, until = _period()
    found = []
    for line in ledger.lines(session(), since, until):
        found.append(line)
        if len(found) > SHOWN:
            break
    return render_template(
        "remedies/ledger.html",
        report=ledger.report(session(), since, until, utc_now()),
        lines=found[:SHOWN],
        more=len(found) > SHOWN,
        since=since.date(),
        until=(until - timedelta(days=1)).date(),
        shapes=remedy_charts,
        reasons=policies.in_force(session()).policy.reasons,
    )


@route(blueprint, "/ledger.csv", needs=Permission.DECIDE_REMEDY)
def export() -> ResponseReturnValue:
    """Every line of the period."""
    since, until = _period()
    body = "".join(_csv(ledger.lines(session(), since, until)))
    name = f"remedies-{since.date()}-{(until - timedelta(days=1)).date()}.csv"
    return Response(
        "\ufeff" + body, mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _csv(lines: Iterator[LedgerLine]) -> Iterator[str]:
    head = (
        "id asked_at state kind amount currency reason page campaign person requester approvers order line "
        "approved_at executed_at told_at"
    )
    yield _cells(head.split())
    for one in lines:
        yield _cells(
            [
                one.id,
                one.asked_at.isoformat(timespec="seconds"),
                one.state.value,
                one.kind.value,
                money.plain(one.amount, one.currency),
                one.currency,
                one.reason,
                one.page,
                one.campaign,
                one.person,
                one.requester,
                one.approvers,
                one.order_number,
                one.order_line,
                *(at.isoformat(timespec="seconds") if at else "" for at in (one.approved_at, one.executed_at)),
                one.told_at.isoformat(timespec="seconds") if one.told_at else "",
            ]
        )


def _cells(cells: Sequence[object]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([covered(str(cell)) for cell in cells])
    return out.getvalue()


def _period() -> tuple[datetime, datetime]:
    """From the first day to the end of the last, in UTC; what is no day counts as not said."""
    today = utc_now().date()
    until = _day("until", today)
    since = _day("since", until - timedelta(days=USUAL_DAYS))
    return (
        datetime.combine(min(since, until), time(), UTC),
        datetime.combine(max(since, until), time(), UTC) + timedelta(days=1),
    )


def _day(name: str, usual: date) -> date:
    try:
        found = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return usual
    return found if date(2000, 1, 1) <= found <= date(2200, 1, 1) else usual
