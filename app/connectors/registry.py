"""The connectors that are installed. Only ``app.bootstrap`` fills one."""

from collections.abc import Iterator, Sequence

from app.connectors.ports import Connector


class Registry:
    """Connectors by kind, in the order in which an unknown address is offered to them."""

    def __init__(self, connectors: Sequence[Connector]) -> None:
        self._by_kind = {connector.kind: connector for connector in connectors}

    def get(self, kind: str) -> Connector:
        """Raises KeyError for a kind that is not installed."""
        return self._by_kind[kind]

    def kinds(self) -> list[str]:
        return list(self._by_kind)

    def __iter__(self) -> Iterator[Connector]:
        return iter(self._by_kind.values())
