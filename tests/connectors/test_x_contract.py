"""The contract suite on a stand-in for X."""

from collections.abc import Iterator

import pytest

from tests.connectors.contract import ConnectorContract
from tests.connectors.publish_contract import PublishContract, PublishWireContract
from tests.connectors.wire_contract import WireContract
from tests.connectors.x_stage import XStage
from tests.servers.faulty_proxy import FaultyProxy
from tests.servers.x import X


class TestX(ConnectorContract, WireContract, PublishContract, PublishWireContract):
    kind = "x_com"

    @pytest.fixture
    def stage(self) -> Iterator[XStage]:
        with X() as server, FaultyProxy(server.address) as proxy:
            yield XStage(server, proxy)
            assert server.mistakes == [], "X would have refused these"
