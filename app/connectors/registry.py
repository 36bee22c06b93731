"""The connectors that are installed. Only ``app.bootstrap`` fills one."""

from collections.abc import Iterator, Sequence

from app.connectors.connector import Connector
from app.connectors.hooks import Receiver, Subscriber
from app.connectors.listening import Streaming
from app.connectors.publishing import Publisher


class Registry:
    """Connectors by kind.

    Iterating gives those that an unknown address is offered to, in that order; ``unasked`` ones are only reached by
    their kind.
    """

    def __init__(self, offered: Sequence[Connector], unasked: Sequence[Connector] = ()) -> None:
        self._offered = tuple(offered)
        self._by_kind = {connector.kind: connector for connector in (*offered, *unasked)}

    def get(self, kind: str) -> Connector:
        """Raises KeyError for a kind that is not installed."""
        return self._by_kind[kind]

    def receiver(self, kind: str) -> Receiver | None:
        """The connector of this kind, if its platform calls us."""
        connector = self._by_kind.get(kind)
        return connector if isinstance(connector, Receiver) else None

    def subscriber(self, kind: str) -> Subscriber | None:
        """The connector of this kind, if its platform calls us only when asked to."""
        connector = self._by_kind.get(kind)
        return connector if isinstance(connector, Subscriber) else None

    def publisher(self, kind: str) -> Publisher | None:
        """The connector of this kind, if its platform takes posts of our own."""
        connector = self._by_kind.get(kind)
        return connector if isinstance(connector, Publisher) else None

    def streaming(self, kind: str) -> Streaming | None:
        """The connector of this kind, if its platform tells of news to whoever stays on the line."""
        connector = self._by_kind.get(kind)
        return connector if isinstance(connector, Streaming) else None

    def kinds(self) -> list[str]:
        return list(self._by_kind)

    def __iter__(self) -> Iterator[Connector]:
        return iter(self._offered)
