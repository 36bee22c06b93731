"""TOML that people typed."""

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import re2

_PART = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*"""
_MANY_PARTS = re2.compile(f"(?:{_PART}){{50}}")
"""A name in fifty parts. The library takes time with the square of their number: a text of a megabyte takes hours."""
_SIGNS = re.compile(
    r"""(?P<text>\"\"\"(?:[^"\\]|\\.|"(?!""))*"{3,5}|'''(?:[^']|'(?!''))*'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
    r"""|(?P<skip>[ \t\r]+|\#[^\n]*)|(?P<end>\n)|(?P<sign>[\[\]{},=])|(?P<bare>[^\s\[\]{},="'\#]+)""",
    re.DOTALL,
)


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


@dataclass(slots=True)
class Place:
    """Where something stands in a text: its line, counted from 1; and where its parts do, by key or number from 0."""

    line: int
    parts: dict[str | int, "Place"] = field(default_factory=dict)

    def inner(self, key: str | int, line: int) -> "Place":
        """A part, made if it is new."""
        return self.parts.setdefault(key, Place(line))


class _Sign(NamedTuple):
    kind: str
    text: str
    line: int


def places(text: str) -> Place | None:
    """Where everything of a TOML text stands; None for what ``tables`` does not read."""
    try:
        tables(text)
        return _Places(text).read()
    except (TomlError, RecursionError):
        return None


class _Places:
    """Walks over a text that is known to be TOML, so that nothing has to be checked."""

    def __init__(self, text: str) -> None:
        self._signs = list(_signs(text))
        self._at = 0

    def read(self) -> Place:
        whole = table = Place(1)
        while self._kind() != "over":
            if self._kind() == "end":
                self._at += 1
            elif self._kind() == "[":
                table = self._head(whole)
            else:
                self._pair(table)
        return whole

    def _kind(self) -> str:
        one = self._signs[self._at]
        return one.text if one.kind == "sign" else one.kind

    def _next(self) -> _Sign:
        self._at += 1
        return self._signs[self._at - 1]

    def _head(self, whole: Place) -> Place:
        line = self._next().line
        several = self._kind() == "["
        self._at += several
        *before, last = self._name("]")
        self._at += 1 + several
        at = whole
        for key in before:
            at = _newest(at.inner(key, line))
        at = at.inner(last, line)
        return at.inner(len(at.parts), line) if several else at

    def _name(self, until: str) -> list[str]:
        said = ""
        while self._kind() != until:
            said += self._next().text
        return _keys(said)

    def _pair(self, table: Place) -> None:
        line = self._signs[self._at].line
        at = table
        for key in self._name("="):
            at = at.inner(key, line)
        self._at += 1
        self._value(at)

    def _value(self, at: Place) -> None:
        opened = self._kind()
        if opened not in ("[", "{"):
            while self._kind() in ("text", "bare"):  # a date and a time are two words
                self._at += 1
            return
        self._at += 1
        closed = {"[": "]", "{": "}"}[opened]
        while self._kind() != closed:
            if self._kind() in ("end", ","):
                self._at += 1
            elif opened == "[":
                self._value(at.inner(len(at.parts), self._signs[self._at].line))
            else:
                self._pair(at)
        self._at += 1


def _signs(text: str) -> Iterator[_Sign]:
    line = 1
    for hit in _SIGNS.finditer(text):
        kind = hit.lastgroup or ""
        if kind != "skip":
            yield _Sign(kind, hit[0], line)
        line += hit[0].count("\n")
    yield _Sign("over", "", line)


def _keys(name: str) -> list[str]:
    """The parts of a name with dots. The library knows how they are quoted."""
    found: list[str] = []
    inner: Any = tomllib.loads(f"{name} = 0")
    while isinstance(inner, dict):
        ((key, inner),) = inner.items()
        found.append(key)
    return found


def _newest(at: Place) -> Place:
    """The last table of a list of them; a table itself."""
    numbers = [key for key in at.parts if isinstance(key, int)]
    return at.parts[numbers[-1]] if numbers else at
