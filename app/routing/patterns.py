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

    def find(self, text: str) -> dict[int, str]:
        """The numbers of the lists of which some expression fits, each with one that does."""
        if self._set is None:
            return {}
        seen = self._set.Match(text)
        exhausted = len(self._all) not in seen
        found: dict[int, str] = {}
        for at in range(len(self._all)) if exhausted else sorted(seen)[:-1]:
            sure = not (exhausted or self._exact[at])
            if self._owner[at] not in found and (sure or self._fits(at, text)):
                found[self._owner[at]] = self._all[at]
        return found

    def _fits(self, at: int, text: str) -> bool:
        return known_facts.pattern(self._all[at]).search(text) is not None
