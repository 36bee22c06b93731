"""Amounts: what may be typed, and what is refused with which words."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import InvalidInput
from app.core.i18n import speaking
from app.remedies import money

amounts = st.integers(1, money.MAXIMUM)
currencies = st.sampled_from(sorted(money.EXPONENTS))


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("12.50", "EUR", 1250),
        ("12,5", "EUR", 1250),
        ("  25 ", "EUR", 2500),
        ("25 €", "EUR", 2500),
        ("EUR 25", "EUR", 2500),
        ("0.01", "EUR", 1),
        ("500", "JPY", 500),
        ("¥500", "JPY", 500),
        ("1.234", "KWD", 1234),
        ("0,5", "BHD", 500),
        ("5000.00", "USD", 500000),
    ],
)
def test_what_is_taken(text: str, currency: str, amount: int) -> None:
    assert money.parsed(text, currency) == amount


@pytest.mark.parametrize(
    ("text", "currency", "says"),
    [
        ("5.000,00", "EUR", "write 5000.00"),
        ("5,000.00", "EUR", "write 5000.00"),
        ("5 000", "EUR", "write 5000"),
        ("5’000.50", "CHF", "write 5000.50"),
        ("1.234.567", "EUR", "write 1234567"),
        ("5.000", "EUR", "write 5000"),
        ("5,000", "JPY", "write 5000"),
        ("1e9", "EUR", "not an amount"),
        ("NaN", "EUR", "not an amount"),
        ("inf", "EUR", "not an amount"),
        ("0x10", "EUR", "not an amount"),
        ("1_000", "EUR", "not an amount"),
        ("12..5", "EUR", "not an amount"),
        ("12.", "EUR", "not an amount"),
        (".5", "EUR", "not an amount"),
        ("-1", "EUR", "more than zero"),
        ("−1", "EUR", "more than zero"),
        ("0", "EUR", "more than zero"),
        ("0.00", "EUR", "more than zero"),
        ("0.005", "EUR", "2 decimals"),
        ("1.5", "JPY", "no decimals"),
        ("1.2345", "KWD", "3 decimals"),
        ("１２", "EUR", "digits 0 to 9"),
        ("١٢", "EUR", "digits 0 to 9"),
        ("$5", "EUR", "in EUR"),
        ("5 USD", "EUR", "in EUR"),
        ("", "EUR", "Enter an amount"),
        ("   ", "EUR", "Enter an amount"),
        ("99999999999999", "EUR", "too large"),
        ("9" * 400, "EUR", "not an amount"),
    ],
)
def test_what_is_refused_says_what_would_be_taken(text: str, currency: str, says: str) -> None:
    with speaking("en"), pytest.raises(InvalidInput, match=says) as refused:
        money.parsed(text, currency)
    assert refused.value.field == "amount"


@pytest.mark.parametrize("code", ["", "EU", "XXX", "DEM", "€", "EURO"])
def test_a_currency_that_does_not_exist_is_refused(code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        money.known(code)
    assert refused.value.field == "currency"


@given(amount=amounts, currency=currencies)
def test_what_we_write_we_read_back(amount: int, currency: str) -> None:
    text = money.plain(amount, currency)
    assert money.parsed(text, currency) == amount
    assert money.parsed(text.replace(".", ","), currency) == amount
    assert Decimal(text).scaleb(money.EXPONENTS[currency]) == amount


@given(text=st.text(max_size=40), currency=currencies)
def test_anything_typed_is_an_amount_or_a_clear_message(text: str, currency: str) -> None:
    amount = None
    with suppress(InvalidInput):
        amount = money.parsed(text, currency)
    assert amount is None or 0 < amount <= money.MAXIMUM


def test_decimals_are_those_of_the_standard() -> None:
    three = {code for code, digits in money.EXPONENTS.items() if digits == 3}
    assert three == {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}
    assert (money.EXPONENTS["ISK"], money.EXPONENTS["MGA"], money.EXPONENTS["HUF"]) == (0, 2, 2)


@pytest.mark.parametrize(
    ("language", "amount", "currency", "text"),
    [
        ("en", 123450, "EUR", "€\u00a01,234.50"),
        ("de", 123450, "EUR", "1.234,50\u00a0€"),
        ("de", 5000, "JPY", "5.000\u00a0¥"),
        ("en", 1250, "KWD", "KWD\u00a01.250"),
    ],
)
def test_amounts_are_shown_in_the_readers_way(language: str, amount: int, currency: str, text: str) -> None:
    with speaking(language):
        assert money.shown(amount, currency) == text
