"""The library in words, for screens."""

from datetime import date

from babel.dates import format_skeleton
from babel.numbers import format_decimal

from app.core import i18n
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.library.types import Approval, Preview, PublicationView, Season
from app.pages.words import Advice, advice
from app.sending.types import SendState
from app.web.present.word import Word

_LEAP = 2024  # a year that has every day


def state(one: PublicationView) -> Word:
    """Where a publication stands. Amber: somebody has to say how to go on."""
    if one.state is SendState.SENT and one.at_platform:
        return Word(_("There, but held back by the platform"), "hourglass")
    return {
        SendState.QUEUED: Word(_("Goes out"), "clock"),
        SendState.HELD: Word(_("Held"), "hand", "attention"),
        SendState.SENDING: Word(_("Being published"), "loader-circle"),
        SendState.UNKNOWN: Word(_("Looking up whether it stands there"), "search"),
        SendState.SENT: Word(_("Published"), "circle-check", "good"),
        SendState.FAILED: Word(_("Not published"), "triangle-alert", "bad"),
        SendState.UNCLEAR: Word(_("Nobody can tell whether it stands there"), "circle-question-mark", "attention"),
        SendState.CANCELLED: Word(_("Taken back"), "undo-2"),
    }[one.state]


def approval(one: Approval) -> Word | None:
    """What somebody else thinks of it. Amber: somebody has to look."""
    return {
        Approval.NONE: None,
        Approval.WANTED: Word(_("Waits for approval"), "hourglass", "attention"),
        Approval.REFUSED: Word(_("Not approved"), "x", "bad"),
        Approval.GIVEN: Word(_("Approved"), "shield-check", "good"),
    }[one]


def why(one: PublicationView) -> Advice | None:
    """Why it was not published, or not yet."""
    return advice(one.error_code, one.error_detail or "") if one.error_code else None


def season(one: Season | None) -> str:
    """The part of the year in which it may be used."""
    if one is None:
        return _("all year")
    return _("%(first)s to %(last)s", first=_day(one.first), last=_day(one.last))


def pause(days: int) -> str:
    """How long it rests between uses."""
    return ngettext("at most every %(num)s day", "at most every %(num)s days", days)


def language(tag: str) -> str:
    """A language by its name."""
    return str(i18n.locale().languages.get(tag, tag))


def count(one: Preview) -> str:
    """How long it is, the platform's way."""
    if one.place.form is None:
        return ""
    length, most = (format_decimal(n, locale=i18n.locale()) for n in (one.length, one.place.form.length.maximum))
    return _("%(length)s of %(most)s", length=length, most=most)


def _day(at: tuple[int, int]) -> str:
    return str(format_skeleton("MMMd", date(_LEAP, *at), locale=i18n.locale()))
