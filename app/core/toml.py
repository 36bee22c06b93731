"""TOML that people typed."""

import tomllib
from collections.abc import Callable
from typing import Any

import re2

_PART = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*"""
_MANY_PARTS = re2.compile(f"(?:{_PART}){{50}}")
"""A name in fifty parts. The library takes time with the square of their number: a text of a megabyte takes hours."""


class TomlError(ValueError):
    """It is no TOML, or none that can be read; the message says where, in English."""


def tables(text: str, *, parse_float: Callable[[str], Any] = float) -> dict[str, Any]:
    """What a TOML text says.

    Raises TomlError, also for what the library can't cope with: numbers of thousands of digits, lists in lists,
    names in very many parts.
    """
    if _MANY_PARTS.search(text) is not None:
        raise TomlError("a name has fifty parts with dots between them")
    try:
        return tomllib.loads(text, parse_float=parse_float)
    except ValueError as error:
        raise TomlError(str(error)) from None
    except RecursionError:
        raise TomlError("lists stand in lists, too deep to be read") from None
