"""TOML that people typed."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

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


_HARD = (
    r"""# a = [
name = 'a#"' # b
"dotted . key".inner = [
  1, [2, 3], { x = "}\"", y.z = 2026-11-22 10:00:00 },
  -1e3,   ]
[[list]]
long = QQQ
[[list]]
"a" \QQQ QQQ
[list.table]
"a\u00e4" = true
[[list]]
late = '''
x = ]'''''
[[list.inner]]
[[list.inner]]
a = {}
"""
).replace("QQQ", '"' * 3)


def _shape(one: object) -> object:
    if isinstance(one, dict):
        return {key: _shape(inner) for key, inner in one.items()}
    return {key: _shape(inner) for key, inner in enumerate(one)} if isinstance(one, list) else {}


def _parts(one: toml.Place) -> object:
    return {key: _parts(inner) for key, inner in one.parts.items()}


def _written(one: Any) -> str:
    if isinstance(one, dict):
        return "{" + ", ".join(f"k{key} = {_written(inner)}" for key, inner in one.items()) + "}"
    if isinstance(one, list):
        return "[ # [\n" + ",\n".join(map(_written, one)) + "\n]"
    return str(one)


_WORDS = st.sampled_from(["'a'", '"}]"', "'a]#'", r'"\"]"', "1.5", "false", "1979-05-27 07:32:00"])
_VALUES = st.recursive(
    _WORDS, lambda one: st.lists(one, max_size=4) | st.dictionaries(st.integers(0, 9), one, max_size=3), max_leaves=12
)


@settings(max_examples=60, deadline=None)
@example(_HARD)
@given(
    st.lists(_VALUES, max_size=3).map(lambda some: "\n".join(f"k{n} = {_written(one)}" for n, one in enumerate(some)))
)
def test_everything_has_a_place(text: str) -> None:
    found = toml.places(text)
    assert found is not None
    assert _parts(found) == _shape(toml.tables(text))


def test_a_place_is_a_line() -> None:
    found = toml.places(_HARD)
    assert found is not None
    assert found.parts["dotted . key"].parts["inner"].parts[2].parts["x"].line == 4
    assert [one.line for one in found.parts["list"].parts.values()] == [6, 12]
    assert found.parts["list"].parts[1].parts["inner"].parts[1].parts["a"].line == 17
    assert toml.places("a = [") is None
