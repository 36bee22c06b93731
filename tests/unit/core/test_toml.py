"""TOML that people typed."""

from decimal import Decimal

import pytest

from app.core import toml


def test_what_is_toml_is_read() -> None:
    assert toml.tables("a.b.c = '1.2.3'") == {"a": {"b": {"c": "1.2.3"}}}
    assert toml.tables("a = 1.10", parse_float=Decimal) == {"a": Decimal("1.10")}


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "a = " + "9" * 5000,
        "a = " + "[" * 50_000,
        "a = 2026-13-01",
        "a." * 500_000 + "b = 1",
        """ "a". 'b' .""" * 500_000 + "b = 1",
    ],
)
def test_what_can_not_be_read_is_one_kind_of_error(text: str) -> None:
    with pytest.raises(toml.TomlError):
        toml.tables(text)
