"""What each condition takes, and what is wrong with what somebody wrote."""

import re
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from typing import Any, cast

import re2

from app.core import hours
from app.core.i18n import gettext as _
from app.learning.types import Kind
from app.outreach.types import ENTERED
from app.routing.types import CommentKind, Fact, Only, Value

MOST_STARS = 5
MOST_VALUES = 500
LONGEST_VALUE = 300
LARGEST_PATTERNS = 250_000
"""Instructions of all regular expressions of a text of rules together. A usual one has some dozens; ``\\pL{300}`` has a
hundred thousand. Making them takes below a second, and what looks for all of them at once holds four times as many."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


class WrongValueError(ValueError):
    """The text is a sentence for the person who wrote the value."""


def checked(fact: Fact, value: Any) -> Value:
    """The value as a condition holds it. Raises WrongValueError."""
    return CHECKS[fact](value)


def pattern(text: str) -> "re2._Regexp[str]":
    """A regular expression that takes time linear in the text. Raises WrongValueError."""
    try:
        return _compiled(text)
    except re2.error as error:
        said = error.args[0]
        why = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        raise WrongValueError(
            _("“%(text)s” is not a regular expression we can use: %(why)s.", text=text, why=why)
        ) from None


def options() -> "re2.Options":
    """How expressions are read: any case, bounded memory, complaints to us and not to the terminal."""
    found = re2.Options()
    found.case_sensitive = False
    found.log_errors = False
    found.max_mem = 4 << 20
    return found


@lru_cache(maxsize=2000)
def _compiled(text: str) -> "re2._Regexp[str]":
    return re2.compile(text, options())


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise WrongValueError(_("Write true or false."))
    return value


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1000:
        raise WrongValueError(_("Write a whole number from 1 to 1000."))
    return value


def _share(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise WrongValueError(_("Write a number above 0 and up to 1; 0.8 means four times out of five."))
    return float(value)


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise WrongValueError(_("Write a list of texts."))
    if not value:
        raise WrongValueError(_("Name at least one."))
    if len(value) > MOST_VALUES:
        raise WrongValueError(_("At most %(n)s values fit; spread them over several conditions.", n=MOST_VALUES))
    long = next((one for one in value if len(one) > LONGEST_VALUE), None)
    if long is not None:
        raise WrongValueError(_("“%(text)s…” is longer than %(n)s characters.", text=long[:40], n=LONGEST_VALUE))
    if any(not one.strip() or any(ord(sign) < 32 for sign in one) for one in value):
        raise WrongValueError(_("One of them is blank or holds a line break."))
    return tuple(one.strip() for one in value)


def _words(value: Any) -> tuple[str, ...]:
    found = _texts(value)
    if any(not one.rstrip("*").strip() for one in found):
        raise WrongValueError(
            _("A star alone stands for every word, so the condition says nothing. Put letters before it.")
        )
    return found


def _patterns(value: Any) -> tuple[str, ...]:
    found = _texts(value)
    size = 0
    for text in found:
        one = pattern(text)
        size += one.programsize
        if size > LARGEST_PATTERNS:
            raise WrongValueError(too_large())
        if one.search("") is not None:
            raise WrongValueError(_("“%(text)s” also fits an empty text, so it takes everything.", text=text))
    return found


def too_large() -> str:
    """What is said of more than LARGEST_PATTERNS."""
    return _("The regular expressions up to here are too large together. Repeat less: {300} writes a thing 300 times.")


class PatternRoom:
    """The regular expressions of a text, as far as they were made: making many large ones takes minutes."""

    def __init__(self) -> None:
        self._size = 0

    @property
    def full(self) -> bool:
        """Whether no more of them are worth making: the rules can't be used."""
        return self._size > LARGEST_PATTERNS

    def add(self, patterns: Sequence[str]) -> bool:
        """Whether they still fit."""
        self._size += sum(pattern(one).programsize for one in patterns)
        return not self.full


def _one_of(allowed: Collection[str]) -> Callable[[Any], Value]:
    def check(value: Any) -> Value:
        found = _texts(value)
        wrong = next((one for one in found if one not in allowed), None)
        if wrong is not None:
            raise WrongValueError(
                _("“%(text)s” is none of these: %(allowed)s.", text=wrong, allowed=", ".join(sorted(allowed)))
            )
        return tuple(dict.fromkeys(found))

    return check


def _names(value: Any) -> tuple[str, ...]:
    found = _texts(value)
    wrong = next((one for one in found if not _NAME.fullmatch(one)), None)
    if wrong is not None:
        raise WrongValueError(_("“%(text)s” is not such a name: small letters, digits, - and _.", text=wrong))
    return tuple(dict.fromkeys(found))


def _languages(value: Any) -> tuple[str, ...]:
    found = _texts(value)
    wrong = next((one for one in found if not re.fullmatch(r"[a-z]{2,3}", one)), None)
    if wrong is not None:
        raise WrongValueError(_("“%(text)s” is not a language's short name, such as en or de.", text=wrong))
    return tuple(dict.fromkeys(found))


def _numbers(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list | tuple) or not all(type(one) is int and 0 < one < 2**31 for one in value):
        raise WrongValueError(_("Write a list of numbers."))
    if not value:
        raise WrongValueError(_("Name at least one."))
    return tuple(dict.fromkeys(cast("list[int]", value)))


def _stars(value: Any) -> tuple[int, ...]:
    found = _numbers(value)
    if any(one > MOST_STARS for one in found):
        raise WrongValueError(_("Stars are 1 to %(n)s.", n=MOST_STARS))
    return tuple(sorted(found))


def _hours(value: Any) -> tuple[str, ...]:
    found = _texts(value)
    for one in found:
        if hours.read(one) is None:
            raise WrongValueError(
                _(
                    "“%(text)s” is no such time. Write days, from and to, and a time zone if wanted: "
                    "mo-fr 09:00-17:30 Europe/Berlin.",
                    text=one,
                )
            )
    return found


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
