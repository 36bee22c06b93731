"""Goals in words."""

from dataclasses import dataclass
from datetime import date

from app.core.i18n import gettext as _
from app.core.i18n import number
from app.goals import queries, rules
from app.goals.types import Goal, GoalView, Measure, Period, Reading, Scope, Standing
from app.web.present import names
from app.web.present import targets as target_words
from app.web.present.reports import percent
from app.web.present.word import Word

ICONS = {Scope.ALL: "layers", Scope.TEAM: "users", Scope.PAGE: "newspaper", Scope.CAMPAIGN: "megaphone"}


def measure(one: Measure) -> str:
    """What is measured."""
    return {
        Measure.FIRST_REPLY: _("First reply within a time"),
        Measure.RESOLUTION: _("Done within a time"),
        Measure.ANSWERED: _("Answered at all"),
        Measure.TOLD: _("Remedies told within a time"),
        Measure.VITALITY: _("Days on which pages are alive"),
        Measure.CONFLICTS: _("Conflicts settled within a time"),
    }[one]


def period(one: Period) -> str:
    """What is measured together."""
    return {Period.WEEK: _("each week"), Period.MONTH: _("each month"), Period.QUARTER: _("each quarter")}[one]


def goal(one: Goal) -> str:
    """A goal in a few words: what, and within what time."""
    time = target_words.length(one.within)
    return {
        Measure.FIRST_REPLY: _("First reply within %(time)s", time=time),
        Measure.RESOLUTION: _("Done within %(time)s", time=time),
        Measure.ANSWERED: _("Answered"),
        Measure.TOLD: _("Told within %(time)s of signing", time=time),
        Measure.VITALITY: _("Pages alive"),
        Measure.CONFLICTS: _("Conflicts settled within %(time)s", time=time),
    }[one.measure]


def about(view: GoalView) -> str:
    """Whose goal it is."""
    return names.shown(view.of_name) if view.goal.scope is not Scope.ALL else _("All")


@dataclass(frozen=True, slots=True)
class Progress:
    """How a goal stands: ``meter`` is 0 to 1, ``mark`` where it should be."""

    word: Word
    value: str
    detail: str
    meter: float
    mark: float


def short(one: Goal) -> str:
    """A goal in as few letters as the rail has room for."""
    what = {
        Measure.FIRST_REPLY: _("First reply"),
        Measure.RESOLUTION: _("Done"),
        Measure.ANSWERED: _("Answered"),
        Measure.TOLD: _("Told"),
        Measure.VITALITY: _("Pages alive"),
        Measure.CONFLICTS: _("Conflicts"),
    }[one.measure]
    return f"{what} ≤ {target_words.length(one.within)}" if one.within else what


def progress(view: GoalView) -> Progress:
    """In the period that runs."""
    return of(view.goal, view.readings[0], view.readings[0].last)


def of(goal: Goal, one: Reading, today: date) -> Progress:
    """In a period. Amber while somebody can still do something about it."""
    share = rules.share(one)
    wanted = percent(goal.percent / 100)
    if share is None:
        return Progress(Word(_("Nothing yet"), "hourglass"), "–", _("wanted: %(wanted)s", wanted=wanted), 0, 0)
    detail = _(
        "%(good)s of %(total)s, wanted: %(wanted)s", good=number(one.good), total=number(one.total), wanted=wanted
    )
    return Progress(_word(goal, one, is_over=one.last < today), percent(share), detail, share, goal.percent / 100)


def _word(goal: Goal, one: Reading, *, is_over: bool) -> Word:
    kept = rules.standing(goal, one) is Standing.KEPT
    if is_over:
        return Word(_("Reached"), "check", "good") if kept else Word(_("Missed"), "x", "bad")
    return Word(_("On track"), "check", "good") if kept else Word(_("Behind"), "circle-alert", "attention")


def over(view: GoalView) -> tuple[Word, str] | None:
    """How the period before ended."""
    if len(view.readings) < 2 or view.readings[1].total <= 0:
        return None
    one = view.readings[1]
    return _word(view.goal, one, is_over=True), percent(rules.share(one))


def lacks(view: GoalView) -> int:
    """How many more have to go well in a row until the goal is kept again; 0 when it is, or nothing was measured."""
    return rules.missing(view.goal, view.readings[0]) if queries.standing(view) is Standing.BEHIND else 0
