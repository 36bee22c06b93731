"""The contract suite on a blog's comment feed, in each format alone and in both."""

from collections.abc import Iterator

import pytest

from tests.connectors.contract import ConnectorContract
from tests.connectors.feed_site import FeedStage
from tests.connectors.wire_contract import WireContract
from tests.servers.loopback import Loopback


@pytest.fixture(params=[("rss", "atom"), ("rss",), ("atom",)], ids="-".join)
def stage(request: pytest.FixtureRequest) -> Iterator[FeedStage]:
    with Loopback() as server:
        yield FeedStage(server, formats=request.param)


class TestFeed(ConnectorContract, WireContract):
    """Everything the port promises."""
