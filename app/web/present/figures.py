"""Numbers in words: how long a list is, how much may be written, what something costs."""

from babel.numbers import format_currency

from app.connectors.meter import Budget, Unit
from app.connectors.ports import LengthLimit, LengthUnit
from app.core import i18n
from app.core.i18n import gettext as _
from app.core.i18n import ngettext, number
from app.inbox.types import Length

_THOUSANDS = 10_000
"""From here on a number is told in thousands."""


def waiting(length: Length | None) -> str:
    """How many wait in a list, in words; nothing for none."""
    return _("%(n)s waiting", n=count(length)) if length else ""


def count(length: Length | None) -> str:
    """How long a list is, in few letters; nothing for an empty one."""
    if not length:
        return ""
    if not length.exact:
        return f"{length.n - 1}+"
    if length.n >= _THOUSANDS:
        return _("%(n)sk", n=number(length.n // 1000))
    return number(length.n)


def new_count(number: int, limit: int = 100) -> str:
    """How many have news."""
    if number >= limit:
        return _("More than %(n)s new", n=limit - 1)
    return ngettext("%(num)s new", "%(num)s new", number)


def new_more() -> str:
    """How many have news, when it is more than one; a script fills ``%(n)s`` in."""
    return i18n.plural("%(num)s new", "%(num)s new", 2) % {"num": "%(n)s"}


def length_text(limit: LengthLimit) -> str:
    """The counter's words; ``%(n)s`` is filled in while somebody types."""
    most = number(limit.maximum)
    if limit.unit is LengthUnit.BYTES:
        return _("%(n)s of %(most)s bytes", n="%(n)s", most=most)
    return _("%(n)s of %(most)s characters", n="%(n)s", most=most)


def length_limit(limit: LengthLimit) -> str:
    """The same without a counter."""
    most = number(limit.maximum)
    if limit.unit is LengthUnit.BYTES:
        return _("At most %(most)s bytes", most=most)
    return _("At most %(most)s characters", most=most)


def dollars(millionths: int) -> str:
    """What something costs, to the cent or, where that is not enough, to the tenth of one."""
    locale = i18n.locale()
    pattern = locale.currency_formats["standard"].pattern
    if millionths % 10_000:
        pattern = pattern.replace("0.00", "0.000")
    return str(format_currency(millionths / 1_000_000, "USD", pattern, locale=locale, currency_digits=False))


def amount(budget: Budget, used: int) -> str:
    """A part of a budget, in its unit."""
    if budget.unit is Unit.DOLLARS:
        return dollars(used)
    return ngettext("%(units)s unit", "%(units)s units", used, units=number(used))
