"""How alive pages are, and what keeps them so."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.core.clock import utc_now
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.text import plain
from app.edge.context import actor, session
from app.edge.errors import status_of
from app.edge.routes import rejected, route
from app.upkeep import boards, plans
from app.upkeep.types import PlanTyped, PlanView
from app.web.present import vitality as words

blueprint = Blueprint("vitality", __name__)
ID = "<int(max=2147483647):page_id>"
POST = ("POST",)


@route(blueprint, "/vitality", needs=Permission.READ_PAGES)
def board() -> ResponseReturnValue:
    """All pages, the worst first, each with what helps most; and what is to be done for one's own. ``life`` in the
    address leaves those that are like that."""
    rows = boards.board(session(), utc_now())
    life = request.args.get("life", "")
    return render_template(
        "vitality/board.html",
        rows=[row for row in rows if not life or (row.verdict and row.verdict.life == life)],
        counts=words.counts(rows),
        life=life,
        every=len(rows),
        tasks=boards.tasks(session(), user_id=actor().id),
        say=words,
    )


@route(blueprint, f"/pages/{ID}/vitality", needs=Permission.READ_PAGES)
def page(page_id: int) -> ResponseReturnValue:
    """One page: what its life is judged by, its half year, its plan."""
    return _page(page_id, None, {})


@route(blueprint, f"/pages/{ID}/plan", needs=Permission.MANAGE_CAMPAIGNS, methods=POST)
def keep(page_id: int) -> ResponseReturnValue:
    """Say what it is held to."""
    names = ("post_every_days", "answer_within_hours", "quiet", "quieting_days", "at_risk_days", "ghost_days")
    typed = PlanTyped(**{name: plain(request.form.get(name, ""))[:500] for name in names})
    try:
        plans.keep(session(), actor(), page_id, typed, utc_now())
    except (Conflict, InvalidInput) as error:
        return rejected(_page(page_id, typed, {getattr(error, "field", None) or "": error.message}), status_of(error))
    flash(_("Saved. The plan counts from now on."), "good")
    return redirect(url_for("vitality.page", page_id=page_id), 303)


@route(blueprint, f"/pages/{ID}/posted", needs=Permission.ANSWER, methods=POST)
def posted(page_id: int) -> ResponseReturnValue:
    """Somebody says that they posted there."""
    plans.note_post(session(), actor(), page_id, utc_now())
    flash(_("Noted: there is a new post."), "good")
    if request.form.get("back") == "to-do":
        return redirect(url_for("to_do.overview"), 303)
    return redirect(url_for("vitality.page", page_id=page_id), 303)


def _page(page_id: int, typed: PlanTyped | None, errors: dict[str, str]) -> str:
    now = utc_now()
    row = next(iter(boards.board(session(), now, page_id)), None)
    if row is None:
        raise NotFound(_("There is no such page, or it is not looked after just now."))
    plan = plans.of_pages(session(), [page_id])[page_id]
    return render_template(
        "vitality/page.html",
        row=row,
        plan=plan,
        typed=typed or _as_typed(plan),
        errors=errors,
        tasks=boards.tasks(session(), page_id=page_id),
        year=words.heat(boards.days(session(), page_id, now)),
        parts=words.parts(row.facts, plan.terms, row.verdict) if row.facts and row.verdict else [],
        say=words,
    )


def _as_typed(plan: PlanView) -> PlanTyped:
    terms = plan.terms
    return PlanTyped(
        str(terms.post_every_days or ""),
        str(terms.answer_within_hours),
        plan.quiet,
        str(terms.quieting_days),
        str(terms.at_risk_days),
        str(terms.ghost_days),
    )
