"""What each condition takes, and what is wrong with what somebody wrote."""

import re
from collections.abc import Callable, Collection, Sequence
from typing import Any, cast

import re2

from app.core import hours
from app.core.i18n import gettext as _
from app.learning.types import Kind
from app.outreach.types import ENTERED
from app.routing import expressions
from app.routing.types import CommentKind, Fact, Only, Value

NAMES = frozenset(one.value for one in Fact)
MOST_STARS = 5
MOST_VALUES = 500
LONGEST_VALUE = 300
LARGEST_PATTERNS = 20_000
"""Instructions of all regular expressions of a text of rules together. A usual one has some dozens, ``.{0,50}`` four
hundred. A text made to fit them takes up to 2 ns for each of them and each of its characters; ``effort`` has what usual
texts take."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


class WrongValueError(ValueError):
    """What is wrong with a value: ``found`` has sentences for the person who wrote it, each with the number of the
    value in its list, counted from 1 (0: all of it)."""

    def __init__(self, *found: tuple[int, str]) -> None:
        super().__init__(" ".join(why for _number, why in found))
        self.found = found


def checked(fact: Fact, value: Any) -> Value:
    """The value as a condition holds it. Raises WrongValueError."""
    return CHECKS[fact](value)


def pattern(text: str) -> "re2._Regexp[str]":
    """A regular expression that takes time linear in the text. Raises WrongValueError."""
    found = expressions.quick(text)
    if isinstance(found, str):
        raise WrongValueError((0, _unusable(text, found)))
    return found


def _unusable(text: str, why: str) -> str:
    return _("“%(text)s” is not a regular expression we can use: %(why)s.", text=text, why=why)


def size(text: str) -> int:
    """How many instructions a regular expression has; 0 for what is none, too many for what is too large to be made."""
    return expressions.size(text, LARGEST_PATTERNS + 1)


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise WrongValueError((0, _("Write true or false.")))
    return value


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1000:
        raise WrongValueError((0, _("Write a whole number from 1 to 1000.")))
    return value


def _share(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise WrongValueError(
            (0, _("Write a share above 0 and up to 1, such as 0.8; in percent, above 0 and up to 100."))
        )
    return float(value)


def _texts(value: Any, why: Callable[[str], str | None] = lambda _one: None) -> tuple[str, ...]:
    """The texts of a list; ``why`` says what is wrong with one that is a text at all."""
    if not isinstance(value, list | tuple):
        raise WrongValueError((0, _("Write a list of texts.")))
    if not value:
        raise WrongValueError((0, _("Name at least one.")))
    if len(value) > MOST_VALUES:
        raise WrongValueError((0, _("At most %(n)s values fit; spread them over several conditions.", n=MOST_VALUES)))
    _refuse(value, lambda one: _no_text(one) or why(one.strip()))
    return tuple(one.strip() for one in value)


def _refuse(values: Sequence[Any], why: Callable[[Any], str | None]) -> None:
    found = [(number, said) for number, one in enumerate(values, 1) if (said := why(one))]
    if found:
        raise WrongValueError(*found)


def _no_text(one: Any) -> str | None:
    if not isinstance(one, str):
        return _("Write a text.")
    if len(one) > LONGEST_VALUE:
        return _("“%(text)s…” is longer than %(n)s characters.", text=one[:40], n=LONGEST_VALUE)
    if not one.strip() or any(ord(sign) < 32 for sign in one):
        return _("It is blank or holds a line break.")
    return None


def _words(value: Any) -> tuple[str, ...]:
    def why(one: str) -> str | None:
        if one.rstrip("*").strip():
            return None
        return _("A star alone stands for every word, so the condition says nothing. Put letters before it.")

    return _texts(value, why)


def _patterns(value: Any) -> tuple[str, ...]:
    made = 0

    def why(text: str) -> str | None:
        nonlocal made
        if made > LARGEST_PATTERNS:
            return None  # told already, where they became too large
        made += size(text)
        found = expressions.made(text)
        if isinstance(found, str):
            return _unusable(text, found)
        if made > LARGEST_PATTERNS:
            return _("The regular expressions up to here are too large together. %(hint)s", hint=hint())
        takes_all = found.search("") is not None
        return _("“%(text)s” also fits an empty text, so it takes everything.", text=text) if takes_all else None

    return _texts(value, why)


def hint() -> str:
    """How regular expressions become smaller."""
    return _("Repeat less: {300} writes a thing 300 times, and .* is smaller than .{0,50}.")


def _one_of(allowed: Collection[str]) -> Callable[[Any], Value]:
    def why(one: str) -> str | None:
        if one in allowed:
            return None
        return _("“%(text)s” is none of these: %(allowed)s.", text=one, allowed=", ".join(sorted(allowed)))

    return lambda value: tuple(dict.fromkeys(_texts(value, why)))


def _names(value: Any) -> tuple[str, ...]:
    def why(one: str) -> str | None:
        if _NAME.fullmatch(one):
            return None
        return _("“%(text)s” is not such a name: small letters, digits, - and _.", text=one)

    return tuple(dict.fromkeys(_texts(value, why)))


def _languages(value: Any) -> tuple[str, ...]:
    def why(one: str) -> str | None:
        if re.fullmatch(r"[a-z]{2,3}", one):
            return None
        return _("“%(text)s” is not a language's short name, such as en or de.", text=one)

    return tuple(dict.fromkeys(_texts(value, why)))


def _numbers(value: Any, why: Callable[[int], str | None] = lambda _one: None) -> tuple[int, ...]:
    if not isinstance(value, list | tuple):
        raise WrongValueError((0, _("Write a list of numbers.")))
    if not value:
        raise WrongValueError((0, _("Name at least one.")))
    _refuse(value, lambda one: why(one) if type(one) is int and 0 < one < 2**31 else _("Write a number above 0."))
    return tuple(dict.fromkeys(cast("list[int]", value)))


def _stars(value: Any) -> tuple[int, ...]:
    return tuple(
        sorted(_numbers(value, lambda one: _("Stars are 1 to %(n)s.", n=MOST_STARS) if one > MOST_STARS else None))
    )


def _hours(value: Any) -> tuple[str, ...]:
    def why(one: str) -> str | None:
        if hours.read(one) is not None:
            return None
        return _(
            "“%(text)s” is no such time. Write days, from and to, and a time zone if wanted: "
            "mo-fr 09:00-17:30 Europe/Berlin.",
            text=one,
        )

    return _texts(value, why)


CHECKS: dict[Fact, Callable[[Any], Value]] = {
    Fact.WORDS: _words,
    Fact.REGEX: _patterns,
    Fact.QUESTION: _yes_or_no,
    Fact.ONLY: _one_of([one.value for one in Only]),
    Fact.LINKS: _count,
    Fact.ATTACHED: _yes_or_no,
    Fact.LANGUAGES: _languages,
    Fact.PAGES: _numbers,
    Fact.CONNECTORS: _names,
    Fact.CAMPAIGNS: _numbers,
    Fact.POSTS: _texts,
    Fact.COMMENT_KINDS: _one_of([one.value for one in CommentKind]),
    Fact.STARS: _stars,
    Fact.KNOWN: _yes_or_no,
    Fact.VIP: _yes_or_no,
    Fact.STANCES: _one_of([one.value for one in ENTERED]),
    Fact.OWED: _yes_or_no,
    Fact.EARLIER: _count,
    Fact.HOURS: _hours,
    Fact.HELD: _yes_or_no,
    Fact.KINDS: _one_of([one.value for one in Kind]),
    Fact.CONFIDENCE: _share,
}
