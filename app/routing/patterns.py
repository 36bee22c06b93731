"""Regular expressions of many rules, looked for at once, in time linear in the text."""

from collections.abc import Sequence

import re2

from app.routing import expressions
from app.routing import facts as known_facts

_MEMORY = 64 << 20


class Patterns:
    """Regular expressions of many conditions, looked for at once. Its numbers go on where ``first`` says.

    Of those that count ("eighty of anything") a looser one is looked for, and they themselves only where that fits:
    counts of many expressions in one automaton make a new state of it with nearly every letter.
    """

    def __init__(self, first: int, lists: Sequence[Sequence[str]]) -> None:
        self._owner = [number for number, some in enumerate(lists, first) for _one in some]
        self._all = [one for some in lists for one in some]
        self._exact = [expressions.looser(one) is not None for one in self._all]
        self._set = None
        if self._all:
            self._set = re2.Set.SearchSet(expressions.options(_MEMORY))
            for one in self._all:
                self._set.Add(expressions.looser(one) or one)
            # Fits anything: where it is missing from an answer, the automaton ran out of memory.
            self._set.Add("")
            self._set.Compile()

    def find(self, text: str) -> set[int]:
        """The numbers of the lists of which some expression fits."""
        if self._set is None:
            return set()
        seen = self._set.Match(text)
        if len(self._all) not in seen:
            return {owner for at, owner in enumerate(self._owner) if self._fits(at, text)}
        found = set()
        for at in seen:
            if at < len(self._all) and self._owner[at] not in found and (not self._exact[at] or self._fits(at, text)):
                found.add(self._owner[at])
        return found

    def _fits(self, at: int, text: str) -> bool:
        return known_facts.pattern(self._all[at]).search(text) is not None
