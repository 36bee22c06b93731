"""Amounts: whole numbers of a currency's smallest unit, and what people may type for them."""

import re
from decimal import Decimal

from babel.numbers import format_currency

from app.core.currencies import EXPONENTS, plain
from app.core.errors import InvalidInput
from app.core.i18n import gettext as _
from app.core.i18n import locale, ngettext

__all__ = ["EXPONENTS", "MAXIMUM", "known", "parsed", "plain", "shown", "signs"]
MAXIMUM = 10**12
"""More than this many smallest units is a typing error in every currency."""

_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "₩": "KRW", "zł": "PLN", "Kč": "CZK", "₺": "TRY", "₹": "INR"}
_PLAIN = re.compile(r"([0-9]{1,15})(?:[.,]([0-9]+))?")
_GROUPED = re.compile(r"([0-9]{1,3}(?:([., '\u2019\u00a0\u202f])[0-9]{3})(?:\2[0-9]{3})*)(?:([.,])([0-9]+))?")
_WORD = r"([^\W\d_]+|[€$£¥₩₺₹])?"
_NAMED = re.compile(rf"{_WORD}\s*(.*?)\s*{_WORD}")
_LONGEST = 60


def known(currency: str) -> str:
    """The currency's code in capitals. Raises InvalidInput for one that does not exist."""
    code = currency.strip().upper()
    if code not in EXPONENTS:
        raise InvalidInput(
            _("“%(code)s” is no currency. Write its three letters, such as EUR or USD.", code=currency[:10]),
            field="currency",
        )
    return code


def parsed(text: str, currency: str) -> int:
    """What somebody typed, in the currency's smallest units. Raises InvalidInput that says what would be taken.

    Digits with one decimal mark (point or comma), nothing else: an amount with separators between thousands means one
    thing in one country and another elsewhere, and so is asked for again with the reading that we would give it.
    """
    exponent = EXPONENTS[currency]
    bare = _without_currency(text.strip(), currency)
    if not bare:
        raise _wrong(_("Enter an amount."))
    if bare[0] in "-\u2212\u2013":
        raise _wrong(_("An amount is more than zero."))
    found = _PLAIN.fullmatch(bare)
    if found is None:
        raise _unread(bare, currency)
    whole, decimals = found[1], found[2] or ""
    if len(decimals) > exponent:
        raise _wrong(_too_fine(currency, exponent, whole + decimals if len(decimals) == 3 else ""))
    amount = int(whole + decimals.ljust(exponent, "0"))
    if amount == 0:
        raise _wrong(_("An amount is more than zero."))
    if amount > MAXIMUM:
        raise _wrong(_("This amount is too large. Check how many digits it has."))
    return amount


def shown(amount: int, currency: str) -> str:
    """An amount for people, in the language in force."""
    exponent = EXPONENTS[currency]
    digits = "0" * exponent
    pattern = "#,##0" + (f".{digits}" if exponent else "")
    number = Decimal(amount).scaleb(-exponent)
    where = "\u00a4\u00a0" + pattern if locale().language == "en" else pattern + "\u00a0\u00a4"
    return format_currency(number, currency, format=where, locale=locale(), currency_digits=False)


def signs(currency: str) -> list[str]:
    """How people write a currency, in small letters."""
    more = {"EUR": ["euro", "euros"], "USD": ["dollar", "dollars"], "GBP": ["pound", "pounds", "pfund"], "JPY": ["yen"]}
    own = [sign.casefold() for sign, code in _SIGNS.items() if code == currency]
    return [*sorted(more.get(currency, []), key=len, reverse=True), currency.casefold(), *own]


def _without_currency(text: str, currency: str) -> str:
    """What is left of ``text`` without the order's own currency before or behind it."""
    found = _NAMED.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        return text
    before, bare, behind = found[1], found[2], found[3]
    if not re.search(r"[0-9]", bare):
        return text
    for named in filter(None, (before, behind)):
        code = _SIGNS.get(named, named.upper())
        if code == currency:
            continue
        if code in EXPONENTS:
            raise _wrong(
                _("This is in %(currency)s. Give the amount in that currency, without another.", currency=currency)
            )
        return text
    return bare.strip()


def _unread(text: str, currency: str) -> InvalidInput:
    grouped = _GROUPED.fullmatch(text)
    if grouped is not None:
        whole = re.sub(r"[^0-9]", "", grouped[1])
        decimals = grouped[4] or ""
        if len(decimals) <= EXPONENTS[currency]:
            reading = f"{int(whole)}.{decimals}" if decimals else str(int(whole))
            return _wrong(
                _("Leave out the marks between thousands. If you mean it, write %(reading)s.", reading=reading)
            )
    if any(character.isdigit() and not character.isascii() for character in text):
        return _wrong(_("Write the amount with the digits 0 to 9."))
    example = plain(1250 if EXPONENTS[currency] else 12, currency)
    return _wrong(_("This is not an amount. Write digits only, such as %(example)s.", example=example))


def _too_fine(currency: str, exponent: int, thousands: str) -> str:
    if exponent == 0:
        text = _("%(currency)s has no decimals.", currency=currency)
    else:
        text = ngettext(
            "%(currency)s has %(num)s decimal at most.",
            "%(currency)s has %(num)s decimals at most.",
            exponent,
            currency=currency,
        )
    if thousands.lstrip("0"):
        text += " " + _("If you mean thousands, write %(reading)s.", reading=thousands.lstrip("0"))
    return text


def _wrong(message: str) -> InvalidInput:
    return InvalidInput(message, field="amount")
