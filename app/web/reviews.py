"""Reviews: the list of them, one with all that belongs to it, and what is done in it."""

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.campaigns import queries as campaigns
from app.core import days
from app.core.clock import utc_now
from app.core.errors import Conflict, InvalidInput
from app.core.i18n import gettext as _
from app.core.text import plain
from app.edge.context import actor, session
from app.edge.errors import status_of
from app.edge.routes import rejected, route
from app.reviews import queries, service
from app.reviews.types import DecisionTyped, Rhythm
from app.targets.types import Figure
from app.web.present import goals as goal_words
from app.web.present import reports as report_words
from app.web.present import reviews as words
from app.web.present import vitality as life_words

blueprint = Blueprint("reviews", __name__, url_prefix="/reviews")
POST = ("POST",)
ONE = "<int(max=2147483647):review_id>"
USUAL_DUE = timedelta(days=7)


@route(blueprint, "", needs=Permission.READ_INBOX)
def overview() -> ResponseReturnValue:
    """The latest reviews, and what the reader has to see to."""
    return _overview({})


@route(blueprint, f"/{ONE}", needs=Permission.READ_INBOX)
def show(review_id: int) -> ResponseReturnValue:
    """One review."""
    usual = days.of(utc_now() + USUAL_DUE).isoformat()
    return _show(review_id, DecisionTyped("", "", usual), "", {})


@route(blueprint, f"/{ONE}/decisions", needs=Permission.READ_INBOX, methods=POST)
def decide(review_id: int) -> ResponseReturnValue:
    """Write a decision down."""
    typed = DecisionTyped(**{name: plain(request.form.get(name, ""))[:2_000] for name in DecisionTyped.__slots__})
    try:
        service.decide(session(), actor(), review_id, typed, utc_now())
    except (Conflict, InvalidInput) as error:
        wrong = {getattr(error, "field", None) or "text": error.message}
        return rejected(_show(review_id, typed, "", wrong), status_of(error))
    flash(_("Written down. Whoever sees to it is told."), "good")
    return redirect(url_for("reviews.show", review_id=review_id) + "#decisions", 303)


@route(blueprint, f"/{ONE}/close", needs=Permission.READ_INBOX, methods=POST)
def close(review_id: int) -> ResponseReturnValue:
    """The review is over."""
    said = plain(request.form.get("words", ""))[:10_000]
    try:
        service.close(session(), actor(), review_id, said, utc_now())
    except (Conflict, InvalidInput) as error:
        usual = DecisionTyped("", "", "")
        wrong = {getattr(error, "field", None) or "words": error.message}
        return rejected(_show(review_id, usual, said, wrong), status_of(error))
    flash(_("The review is closed; what is open is carried into the next."), "good")
    return redirect(url_for("reviews.show", review_id=review_id), 303)


@route(blueprint, f"/{ONE}/take-over", needs=Permission.MANAGE_GOALS, methods=POST)
def take_over(review_id: int) -> ResponseReturnValue:
    """Make it one's own."""
    service.take_over(session(), actor(), review_id, utc_now())
    return redirect(url_for("reviews.show", review_id=review_id), 303)


@route(blueprint, "/decisions/<int(max=2147483647):decision_id>/done", needs=Permission.READ_INBOX, methods=POST)
def done(decision_id: int) -> ResponseReturnValue:
    """What was decided is done, or it is not after all."""
    again = request.form.get("again") == "1"
    of = service.done(session(), actor(), decision_id, utc_now(), again=again)
    shown = request.form.get("review", "")
    if shown.isascii() and shown.isdigit() and len(shown) < 10:
        return redirect(url_for("reviews.show", review_id=int(shown)) + "#decisions", 303)
    flash(_("It is open again.") if again else _("Done."), "good")
    if request.form.get("back") == "to-do":
        return redirect(url_for("to_do.overview"), 303)
    return redirect(url_for("reviews.overview", _anchor=f"review-{of}"), 303)


@route(blueprint, "/plan", needs=Permission.MANAGE_GOALS, methods=POST)
def plan() -> ResponseReturnValue:
    """Say how often, and who."""
    try:
        service.plan(session(), actor(), request.form.get("every", ""), request.form.get("owner", ""), utc_now())
    except InvalidInput as error:
        return rejected(_overview({error.field or "every": error.message}), 422)
    flash(_("Saved. It holds from the next review on."), "good")
    return redirect(url_for("reviews.overview"), 303)


def _overview(wrong: dict[str, str]) -> str:
    return render_template(
        "reviews/overview.html",
        found=queries.reviews(session()),
        mine=queries.of_person(session(), actor().id),
        plan=queries.plan(session()),
        people=[("", _("Whoever supervises for longest")), *_people()],
        rhythms=[(one.value, words.rhythm(one)) for one in Rhythm],
        wrong=wrong,
        today=days.of(utc_now()),
        say=words,
    )


def _show(review_id: int, typed: DecisionTyped, said: str, wrong: dict[str, str]) -> str:
    review, report = queries.review(session(), review_id, utc_now())
    return render_template(
        "reviews/show.html",
        review=review,
        charts_of=(
            report_words.conversations(report.days),
            report_words.times(report.days, Figure.FIRST_REPLY),
        ),
        typed=typed,
        said=said,
        wrong=wrong,
        people=[("", _("Choose somebody")), *_people()],
        today=days.of(utc_now()),
        say=words,
        goals=goal_words,
        lives=life_words,
    )


def _people() -> list[tuple[str, str]]:
    return [(str(one.id), one.name) for one in campaigns.staff(session())]
