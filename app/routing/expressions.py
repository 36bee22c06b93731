"""Regular expressions that take time linear in the text, and the looser ones that are looked for first."""

import re
from functools import lru_cache

import re2

_MEMORY = 4 << 20
_SHORT = 50
"""Instructions of an expression that is looked for as it is, whatever it repeats."""
_PER_INSTRUCTION = 64
"""Bytes that the library asks for where it is to make an expression, and to have none left for an automaton."""
_TOO_LARGE = "too large"
"""What the library says of an expression that it has no room for."""
_ONE = r"\\[pPx]\{[^}]*\}|\\[pP]\w|\\x\w\w|\\[0-7]{1,3}|\\[^Q]|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^]\\])*\]"
"""A class of letters, or an escaped letter, whatever it is long."""
_COUNT = r"\{(?P<least>\d+)(?:,\d*)?\}"
_MANY = rf"(?P<many>(?:(?:\.|{_ONE})[?*+]?){{6,}})"
_PARTS = re.compile(rf"\\Q.*?(?:\\E|\Z)|{_MANY}|{_ONE}|{_COUNT}", re.DOTALL)
"""What may hold a brace that counts nothing; and, with a group, a count, or a count written out."""
_BEGINS_COUNTING = re.compile(rf"(?:{_ONE}|[^\\\[(]){_COUNT}", re.DOTALL)


@lru_cache(maxsize=2000)
def made(text: str) -> "re2._Regexp[str] | str":
    """The expression, or why it is none."""
    return _made(text, _MEMORY)


@lru_cache(maxsize=2000)
def quick(text: str) -> "re2._Regexp[str] | str":
    """The same, made to be looked for often."""
    found = made(text)
    if isinstance(found, str) or not _counts(text, found.programsize) or _begins_counting(text):
        return found
    return _without_automaton(text, found)


def size(text: str, too_large: int) -> int:
    """How many instructions a regular expression has; 0 for what is none, ``too_large`` for what can't be made."""
    found = made(text)
    if isinstance(found, str):
        return too_large if _TOO_LARGE in found else 0
    count: int = found.programsize
    return count


@lru_cache(maxsize=2000)
def looser(text: str) -> str | None:
    """An expression that fits whatever this one fits, and counts nothing; None where that would be no smaller.

    ``a.{80}b`` holds in mind where each of the last eighty letters was an a; ``a.+b`` that there was one.
    """
    found = made(text)
    if isinstance(found, str) or not _counts(text, found.programsize):
        return None
    other = _uncounted(text)
    return None if isinstance(_made(other, _MEMORY), str) else other


def options(memory: int = _MEMORY) -> "re2.Options":
    """How expressions are read: any case, bounded memory, complaints to us and not to the terminal."""
    found = re2.Options()
    found.case_sensitive = False
    found.log_errors = False
    found.max_mem = memory
    return found


def _made(text: str, memory: int) -> "re2._Regexp[str] | str":
    try:
        return re2.compile(text, options(memory))
    except re2.error as error:
        said = error.args[0]
        return said.decode(errors="replace") if isinstance(said, bytes) else str(said)


def _without_automaton(text: str, found: "re2._Regexp[str]") -> "re2._Regexp[str]":
    """The same expression with room for itself alone. The automaton of one that counts is new with nearly every letter
    and thrown away again; following the expression itself takes a quarter of that and less."""
    memory = _PER_INSTRUCTION * found.programsize
    while memory < _MEMORY:
        lean = _made(text, memory)
        if not isinstance(lean, str):
            return lean
        memory = memory * 3 // 2
    return found


def _counts(text: str, size: int) -> bool:
    return size >= _SHORT and _uncounted(text) != text


def _begins_counting(text: str) -> bool:
    """Whether its only count is of how many of a kind it begins with: there is one such number at a time, and an
    automaton soon knows them all."""
    return (
        _BEGINS_COUNTING.match(text) is not None
        and len([1 for part in _PARTS.finditer(text) if any(part.groups())]) == 1
    )


def _uncounted(text: str) -> str:
    """Without counts: any number instead, but one at least where one is asked for."""
    return _PARTS.sub(_any_number, text)


def _any_number(part: re.Match[str]) -> str:
    if part["many"]:
        return "(?s:.*)"
    return part[0] if part["least"] is None else "+" if int(part["least"]) else "*"
