"""A set of rules in the form that decides: about the same cost for one rule and for a hundred.

All words are found in one walk through the text, all regular expressions by one automaton.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

from app.inbox.arrivals import Facts
from app.routing.patterns import Patterns
from app.routing.scene import Scene, Test, member_test
from app.routing.types import Condition, Fact, Group, Rule
from app.routing.words import WordIndex


@dataclass(frozen=True, slots=True)
class RuleBook:
    """A set of rules, ready to decide."""

    rules: tuple[Rule, ...]
    needs: frozenset[Fact]
    """What any of the rules asks about."""
    tests: tuple[tuple[Rule, tuple[Test, ...]], ...] = field(repr=False)
    words: WordIndex = field(repr=False)
    patterns: Patterns = field(repr=False)

    def scene(self, facts: Facts, language: str | None) -> Scene:
        """A conversation in ``language`` (ISO 639-1; None when nobody can tell) as these rules see it."""
        return Scene(facts, language, self.words, self.patterns)


def compiled(rules: Sequence[Rule]) -> RuleBook:
    """Rules in the form that decides; worth keeping."""
    conditions = [one for rule in rules for one in flat(rule.when)]
    word_lists = _lists(conditions, Fact.WORDS)
    pattern_lists = _lists(conditions, Fact.REGEX)
    places = {
        (fact, some): number
        for number, (fact, some) in enumerate(
            [*((Fact.WORDS, some) for some in word_lists), *((Fact.REGEX, some) for some in pattern_lists)]
        )
    }
    return RuleBook(
        rules=tuple(rules),
        needs=frozenset(one.fact for one in conditions),
        tests=tuple((rule, tuple(member_test(one, places) for one in rule.when)) for rule in rules),
        words=WordIndex(word_lists),
        patterns=Patterns(len(word_lists), pattern_lists),
    )


def flat(members: Sequence[Condition | Group]) -> Iterator[Condition]:
    """The single conditions, those in groups too."""
    for one in members:
        if isinstance(one, Group):
            yield from one.members
        else:
            yield one


def _lists(conditions: Sequence[Condition], fact: Fact) -> list[tuple[str, ...]]:
    return list(dict.fromkeys(cast("tuple[str, ...]", one.value) for one in conditions if one.fact is fact))
