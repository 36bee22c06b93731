"""Regular expressions of many rules, looked for at once, in time linear in the text."""

from collections.abc import Sequence

import re2

from app.routing import facts as known_facts

_MEMORY = 64 << 20


class Patterns:
    """Regular expressions of many conditions, looked for at once. Its numbers go on where ``first`` says."""

    def __init__(self, first: int, lists: Sequence[Sequence[str]]) -> None:
        self._owner = [number for number, some in enumerate(lists, first) for _one in some]
        self._all = [one for some in lists for one in some]
        self._set = None
        if self._all:
            options = known_facts.options()
            options.max_mem = _MEMORY
            self._set = re2.Set.SearchSet(options)
            for one in self._all:
                self._set.Add(one)
            # Fits anything: where it is missing from an answer, the automaton ran out of memory.
            self._set.Add("")
            self._set.Compile()

    def find(self, text: str) -> set[int]:
        """The numbers of the lists of which some expression fits."""
        if self._set is None:
            return set()
        seen = self._set.Match(text)
        if len(self._all) in seen:
            return {self._owner[one] for one in seen if one < len(self._all)}
        return {
            owner
            for owner, one in zip(self._owner, self._all, strict=True)
            if known_facts.pattern(one).search(text) is not None
        }
