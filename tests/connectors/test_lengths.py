"""Lengths, each platform's way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connectors.lengths import length
from app.connectors.ports import LengthUnit


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("", 0),
        ("Grüße 🙂", 7),
        ("e\u0301", 1),
        ("see https://example.org/a/very/long/address?with=query", 27),
        ("https://a.b", 23),
        ("@ann@example.org hello", 10),
        ("mail ann@example.org", 20),
    ],
)
def test_mastodon_counts_addresses_as_23_and_of_names_the_local_part(text: str, counted: int) -> None:
    assert length(text, LengthUnit.MASTODON) == counted


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("", 0),
        ("Hello, world! 👋", 16),
        ("漢字", 4),
        ("👨‍👩‍👧‍👦", 2),
        ("👋🏽🇩🇪1️⃣", 6),
        ("Grüße – «ça»…", 14),
        ("see https://example.org/a/very/long/address?with=query.", 28),
        ("or example.com", 26),
        ("e.g. this, z.B. das", 19),
        ("مرحبا", 5),
    ],
)
def test_x_weighs_scripts_emoji_and_addresses(text: str, counted: int) -> None:
    assert length(text, LengthUnit.WEIGHTED) == counted


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_bytes_and_characters_are_counted_plainly(text: str) -> None:
    assert length(text, LengthUnit.BYTES) == len(text.encode())
    assert length(text, LengthUnit.CHARACTERS) == len(text)
