"""Figures of a review in words, for screens and mails."""

from collections.abc import Sequence

from babel.numbers import format_decimal, format_percent

from app.core import i18n
from app.core.i18n import gettext as _
from app.reviews.types import Figure, FigureLine

_NOTHING = "–"
_COUNTS = (Figure.CONVERSATIONS, Figure.COMMENTS)


def name(one: Figure) -> str:
    """What a figure is called."""
    return {
        Figure.CONVERSATIONS: _("Conversations"),
        Figure.COMMENTS: _("Comments"),
        Figure.ANSWERED: _("Answered"),
        Figure.FIRST_REPLY: _("First reply, half within"),
        Figure.FIRST_REPLY_MOST: _("First reply, 9 of 10 within"),
        Figure.NEXT_REPLY: _("Next reply, half within"),
        Figure.RESOLUTION: _("Done, half within"),
    }[one]


def value(one: Figure, known: float | None) -> str:
    """A figure as people read it."""
    if known is None:
        return _NOTHING
    if one in _COUNTS:
        return str(format_decimal(known, locale=i18n.locale()))
    if one is Figure.ANSWERED:
        return str(format_percent(known, locale=i18n.locale()))
    return length(known)


def length(seconds: float) -> str:
    """A length of work, as exactly as it is known."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return _("under 1 min")
    if minutes >= 600:
        minutes = round(minutes / 60) * 60
    whole, rest = divmod(minutes, 60)
    return " ".join([*([f"{whole} h"] if whole else []), *([f"{rest} min"] if rest else [])])


def lines(figures: Sequence[FigureLine]) -> list[str]:
    """Each figure as a line of a mail."""
    return [
        _(
            "%(name)s: %(now)s (before: %(before)s)",
            name=name(one.figure),
            now=value(one.figure, one.now),
            before=value(one.figure, one.before),
        )
        for one in figures
    ]
