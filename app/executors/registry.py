"""The executors that are installed. Only ``app.bootstrap`` fills one."""

from collections.abc import Iterator, Sequence

from app.executors.ports import Executor


class Executors:
    """Executors by kind."""

    def __init__(self, installed: Sequence[Executor]) -> None:
        self._by_kind = {executor.kind: executor for executor in installed}

    def get(self, kind: str) -> Executor:
        """Raises KeyError for a kind that is not installed."""
        return self._by_kind[kind]

    def __iter__(self) -> Iterator[Executor]:
        return iter(self._by_kind.values())
