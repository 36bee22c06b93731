"""The last news, numbered: what somebody missed who heard them up to some number."""

import re
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable

Place = tuple[int, int]
"""Redis numbers entries of a stream by milliseconds and a count."""
NOWHERE: Place = (0, 0)
_FORM = re.compile(r"(\d{1,16})-(\d{1,16})")


def place_of(text: str) -> Place | None:
    """Read a number; None when it is none."""
    found = _FORM.fullmatch(text)
    return (int(found[1]), int(found[2])) if found else None


class Backlog:
    """Keeps the newest messages in order."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._kept: deque[tuple[Place, str]] = deque()
        self._known_from = NOWHERE
        """Everything after this is kept."""
        self.at: Place = NOWHERE
        """The newest message's number; what was read before any came counts too."""

    def start(self, at: Place, known: Iterable[tuple[Place, str]]) -> None:
        """Begin with what Redis still has; everything up to ``at`` is known or gone."""
        self._kept = deque(known)
        self._known_from = self._kept[0][0] if self._kept else at
        self.at = at

    def add(self, place: Place, message: str) -> None:
        """One more, newer than all before."""
        self._kept.append((place, message))
        self.at = place
        if len(self._kept) > self._length:
            self._known_from = self._kept.popleft()[0]

    def after(self, place: Place) -> list[tuple[Place, str]] | None:
        """What came after ``place``; None when that can't be said, because it was too long ago or is not of ours."""
        if not self._known_from <= place <= self.at:
            return None
        start = bisect_right(self._kept, place, key=lambda one: one[0])
        return [self._kept[index] for index in range(start, len(self._kept))]

    @property
    def text(self) -> str:
        """The newest number as it is written."""
        return f"{self.at[0]}-{self.at[1]}"
