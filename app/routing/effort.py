"""What looking for the regular expressions of rules costs, measured on words that people write to companies.

How many instructions an expression has says little of what it costs: most wait for a word that is seldom said, and one
that waits for any letter and then counts to twenty costs as much as a hundred rules. So where there are many of them
they are tried, beside one whose cost is known: of a busy processor both get equally little.
"""

import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib import resources
from itertools import accumulate, chain, islice, repeat
from typing import cast

from app.core import toml
from app.core.i18n import gettext as _
from app.routing import facts
from app.routing.patterns import Patterns
from app.routing.reading import places
from app.routing.types import Fact, Fault, Rule

MOST = 2.5
"""Times what ``KNOWN`` costs: twice what a hundred rules do besides (``python -m bench.rules``)."""
KNOWN = "[a-m].{80}[jqxz]"
FEW = 500
"""Instructions of all expressions together that are not worth trying."""
_WARM = 60
"""Comments to get used to what is said, before the time is taken: an automaton is slow where it is new."""
_TURNS, _TURN = 3, 30
"""Turns, and comments of each."""
_ENDS = (" 481205", "!!", "?", " 😀")


@lru_cache(maxsize=64)
def effort(patterns: tuple[str, ...]) -> float:
    """How much a text takes with these, as times what it takes with ``KNOWN``."""
    return _seconds(Patterns(0, [[one] for one in patterns]).find) / _known()


def faults(rules: Sequence[Rule]) -> list[Fault]:
    """The conditions without which the others cost no more than they may, as faults of rules that are right otherwise;
    mostly none."""
    asked = [
        (number, place, cast("tuple[str, ...]", one.value))
        for number, rule in enumerate(rules, 1)
        for place, one in places(rule.when)
        if one.fact is Fact.REGEX
    ]
    why = _(
        "Looking for all regular expressions takes too long in usual comments; this is one of the slowest. %(hint)s",
        hint=facts.hint(),
    )
    slow = _slow([patterns for _number, _place, patterns in asked])
    return [Fault(*asked[at][:2], f"{Fact.REGEX.value}: {why}") for at in sorted(slow)]


def _slow(lists: Sequence[tuple[str, ...]]) -> list[int]:
    """The places of the slowest lists, as few as let the others take no longer than they may."""
    every = tuple(chain.from_iterable(lists))
    if sum(map(facts.size, every)) <= FEW or effort(every) <= MOST:
        return []
    by_effort = sorted(range(len(lists)), key=lambda at: effort(lists[at]))
    kept = bisect_right(
        range(1, len(lists) + 1), MOST, key=lambda count: effort(tuple(chain(*(lists[at] for at in by_effort[:count]))))
    )
    return by_effort[kept:]


def _seconds(find: Callable[[str], object]) -> float:
    """Of the processor, for some comments that were not seen before; the least of a few turns, as something else may
    come between."""
    said = iter(_comments())
    for text in islice(said, _WARM):
        find(text)
    turns = []
    for _turn in range(_TURNS):
        fresh = list(islice(said, _TURN))
        begun = time.thread_time()
        for text in fresh:
            find(text)
        turns.append(time.thread_time() - begun)
    return min(turns)


def _known() -> float:
    return _seconds(facts.pattern(KNOWN).search)


@lru_cache(maxsize=1)
def _comments() -> list[str]:
    """Comments made of the words that the first rules look for, always the same."""
    tables = toml.tables(resources.files("app.routing").joinpath("default_rules.toml").read_text("utf-8"))["rule"]
    words = sorted({word.rstrip("*") for table in tables for word in table.get("words", ())})
    drawn = accumulate(repeat(None), lambda last, _none: last * 1_103_515_245 + 12_345 & 0x7FFF_FFFF, initial=1)
    said = (words[(number >> 16) % len(words)] for number in drawn)
    return [" ".join(islice(said, 12)) + _ENDS[number % 4] for number in range(_WARM + _TURNS * _TURN)]
