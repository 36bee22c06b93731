"""Style sheets are sent without the room between their words: nothing else may go."""

import re
from pathlib import Path

import pytest

from app.web import assets

SHEETS = sorted((assets.FOLDER / "css").glob("*.css"))
TEXTS = re.compile(rb'"[^"]*"')
ROOM_BETWEEN_WORDS = re.compile(rb"[^\s{};:,]\s+(?=[^\s{};])")
"""The room that means something: ``a b`` is not ``ab``, and ``a :hover`` is not ``a:hover``."""


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_a_lean_sheet_says_the_same(sheet: Path) -> None:
    whole = re.sub(rb"/\*.*?\*/", b"", sheet.read_bytes(), flags=re.DOTALL)
    lean = assets._lean(sheet.read_bytes(), ".css")
    assert TEXTS.findall(lean) == TEXTS.findall(whole)
    assert len(ROOM_BETWEEN_WORDS.findall(lean)) == len(ROOM_BETWEEN_WORDS.findall(whole))
    assert re.sub(rb"[\s;]+", b"", lean) == re.sub(rb"[\s;]+", b"", whole)
