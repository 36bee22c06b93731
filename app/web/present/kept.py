"""Pieces of pages as they were put together before.

Half of what a list costs is putting its fifty lines and the rail beside it together, and when they are shown again, to
whomever, nearly all of them are the same. A piece is kept under everything that it is made of.
"""

from collections.abc import Hashable
from threading import Lock

from markupsafe import Markup


class Kept:
    """At most so many pieces; when there is no more room, the older half goes."""

    def __init__(self, at_most: int) -> None:
        self._at_most = at_most
        self._pieces: dict[Hashable, Markup] = {}
        self._lock = Lock()

    def get(self, key: Hashable) -> Markup | None:
        """The piece; None when it has to be put together."""
        return self._pieces.get(key)

    def keep(self, key: Hashable, piece: Markup) -> Markup:
        """Keep a piece, and answer it."""
        with self._lock:
            if len(self._pieces) >= self._at_most:
                self._pieces = dict(list(self._pieces.items())[self._at_most // 2 :])
            self._pieces[key] = piece
        return piece
