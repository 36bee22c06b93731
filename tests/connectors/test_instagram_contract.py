"""The contract suite on an Instagram account: a stand-in that refuses whatever Meta does not describe."""

from collections.abc import Iterator

import pytest

from tests.connectors.contract import ConnectorContract
from tests.connectors.instagram_double import InstagramStage
from tests.connectors.publish_contract import PublishContract, PublishWireContract
from tests.connectors.wire_contract import WireContract
from tests.servers.faulty_proxy import FaultyProxy
from tests.servers.loopback import Loopback


class TestInstagram(ConnectorContract, WireContract, PublishContract, PublishWireContract):
    @pytest.fixture
    def stage(self) -> Iterator[InstagramStage]:
        with Loopback() as server, FaultyProxy(("127.0.0.1", server.port)) as proxy:
            stage = InstagramStage(server, proxy)
            yield stage
            assert stage.insta.mistakes == []
