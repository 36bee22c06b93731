"""Currencies and their decimals: those of ISO 4217 (list one, 2024-06), without funds, metals and test codes."""

import re
from decimal import Decimal

_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_TWO_DECIMALS = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP "
    "CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR "
    "JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN "
    "NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP "
    "SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG"
)
EXPONENTS: dict[str, int] = {
    **dict.fromkeys(_NO_DECIMALS.split(), 0),
    **dict.fromkeys(_TWO_DECIMALS.split(), 2),
    **dict.fromkeys(_THREE_DECIMALS.split(), 3),
}
"""Decimals by currency."""

_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,12})?")


def plain(amount: int, currency: str) -> str:
    """An amount of smallest units as it can be typed, and as other programs take it: ``12.50``."""
    exponent = EXPONENTS[currency]
    return str(Decimal(amount).scaleb(-exponent)) if exponent else str(amount)


def units(text: str, currency: str) -> int:
    """A number as other programs write it (``12.50``, ``12.5000``, ``-3``), in smallest units.

    Raises ValueError for what is no number, for an unknown currency, and for more than the currency's smallest unit
    can say: nothing is rounded.
    """
    if currency not in EXPONENTS or not _NUMBER.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no amount in {currency[:10]!r}")
    amount = Decimal(text).scaleb(EXPONENTS[currency])
    if amount != amount.to_integral_value():
        raise ValueError(f"{text[:40]!r} is finer than {currency} is counted")
    return int(amount)
