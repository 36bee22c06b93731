"""The contract suite on a blog's comment feed: with threads (Atom), and where only RSS is offered."""

from collections.abc import Iterator

import pytest

from tests.connectors.contract import ConnectorContract
from tests.connectors.feed_site import FeedStage
from tests.connectors.wire_contract import WireContract
from tests.servers.loopback import Loopback


class TestAtom(ConnectorContract, WireContract):
    """A blog that offers both formats; the connector takes Atom."""

    kind = "feed"

    @pytest.fixture
    def stage(self) -> Iterator[FeedStage]:
        with Loopback() as server:
            yield FeedStage(server)


class TestRss(ConnectorContract):
    """A blog that offers RSS alone."""

    kind = "feed"

    @pytest.fixture
    def stage(self) -> Iterator[FeedStage]:
        with Loopback() as server:
            yield FeedStage(server, formats=("rss",))
