"""Only what decodes as a picture of three kinds is one, whatever it is called."""

import zlib
from contextlib import suppress
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from app.core import pictures
from app.core.errors import InvalidInput


def drawn(kind: str, size: tuple[int, int] = (24, 16), **more: Any) -> bytes:
    """A picture of that kind."""
    out = BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(out, kind, **more)
    return out.getvalue()


PNG = drawn("PNG")


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", "png"), ("JPEG", "jpeg"), ("WEBP", "webp")])
def test_three_kinds_are_taken_by_what_they_are(kind: str, media_type: str) -> None:
    found = pictures.checked(drawn(kind))
    assert (found.media_type, found.width, found.height) == (f"image/{media_type}", 24, 16)
    assert len(found.digest) == 64


def test_photographs_of_telephones_with_a_second_one_behind_are_jpegs() -> None:
    more = Image.new("RGB", (24, 16))
    assert pictures.checked(drawn("MPO", save_all=True, append_images=[more])).media_type == "image/jpeg"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        drawn("GIF"),
        drawn("BMP"),
        PNG[:-30],
        PNG[:8] + b"<html>" + PNG[8:],
        drawn("JPEG", (300, 300))[:500],
        drawn("WEBP", (300, 300))[:100],
    ],
)
def test_nothing_else_passes_for_one(body: bytes) -> None:
    with pytest.raises(InvalidInput, match="no picture"):
        pictures.checked(body)


@pytest.mark.parametrize(("side", "says"), [(7_000, "40 million pixels"), (60_000, "no picture")])
def test_size_is_limited_before_anything_is_decoded(side: int, says: str) -> None:
    with pytest.raises(InvalidInput, match="8 megabytes"):
        pictures.checked(PNG + b"\0" * pictures.LARGEST)
    claims, at = bytearray(PNG), PNG.index(b"IHDR")
    claims[at + 4 : at + 12] = side.to_bytes(4, "big") * 2
    claims[at + 17 : at + 21] = zlib.crc32(claims[at : at + 17]).to_bytes(4, "big")
    with pytest.raises(InvalidInput, match=says):
        pictures.checked(bytes(claims))


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(["PNG", "JPEG", "WEBP"]),
    changes=st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 255)), min_size=1, max_size=8),
    end=st.integers(1, 3_000),
)
def test_damaged_ones_are_taken_or_refused_and_never_crash(kind: str, changes: list[tuple[int, int]], end: int) -> None:
    body = bytearray(drawn(kind))
    for place, value in changes:
        body[place % len(body)] = value
    with suppress(InvalidInput):
        assert pictures.checked(bytes(body[:end])).media_type.startswith("image/")
