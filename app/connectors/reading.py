"""Reading left to an object made for each walk, as most connectors do it."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from app.connectors.ports import Access, Batch, Cursor, Item, Verdict


class Reading(Protocol):
    """One look at one page, at one moment."""

    def latest(self, count: int) -> Sequence[Item]:
        """As ``Connector.latest``."""
        ...

    def collect(self, cursor: Cursor | None, since: datetime | None) -> Iterator[Batch]:
        """As ``Connector.collect``."""
        ...

    def verify(self, known: Sequence[str]) -> Iterator[Verdict]:
        """As ``Connector.verify``."""
        ...


class ByReader(ABC):
    """The reading of a connector, done by what ``_reader`` answers. It is made when the first batch is asked for."""

    @abstractmethod
    def _reader(self, access: Access, now: datetime) -> Reading: ...

    def latest(self, access: Access, *, count: int, now: datetime) -> Sequence[Item]:
        return self._reader(access, now).latest(count)

    def collect(
        self, access: Access, cursor: Cursor | None, *, since: datetime | None, now: datetime
    ) -> Iterator[Batch]:
        yield from self._reader(access, now).collect(cursor, since)

    def verify(self, access: Access, known: Sequence[str], *, now: datetime) -> Iterator[Verdict]:
        yield from self._reader(access, now).verify(known)
