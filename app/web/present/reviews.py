"""Reviews in words."""

from datetime import date

from app.core.i18n import gettext as _
from app.reviews import words
from app.reviews.types import Decision, FigureLine, ReviewState, Rhythm
from app.web.present import times
from app.web.present.word import Word


def state(one: ReviewState) -> Word:
    """Where a review stands. Amber: somebody has to close it."""
    return {
        ReviewState.OPEN: Word(_("To be closed"), "circle-alert", "attention"),
        ReviewState.CLOSED: Word(_("Closed"), "check", "good"),
        ReviewState.SKIPPED: Word(_("Skipped"), "skip-forward", "bad"),
    }[one]


def rhythm(one: Rhythm) -> str:
    """How often."""
    return {
        Rhythm.WEEK: _("every week"),
        Rhythm.FORTNIGHT: _("every fortnight"),
        Rhythm.MONTH: _("every month"),
    }[one]


def figure(one: FigureLine) -> tuple[str, str, str]:
    """Its name, what it is, and what it was."""
    before = _("before: %(value)s", value=words.value(one.figure, one.before))
    return words.name(one.figure), words.value(one.figure, one.now), before


def days(first: date, last: date) -> str:
    """The days of a review."""
    return _("%(first)s to %(last)s", first=times.day(first), last=times.day(last))


def decision(one: Decision, today: date) -> Word:
    """How a decision stands. Amber: its day has come."""
    if one.done_at is not None:
        return Word(_("Done"), "check", "good")
    if one.due_on <= today:
        return Word(_("Due"), "circle-alert", "attention")
    return Word(_("To do"), "hourglass")
