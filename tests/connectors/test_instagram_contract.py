"""The contract suite on an Instagram account: a stand-in that refuses whatever Meta does not describe."""

from collections.abc import Iterator

import pytest

from tests.connectors.contract import ConnectorContract
from tests.connectors.instagram_double import InstagramStage
from tests.connectors.meta_stage import stand_in
from tests.connectors.publish_contract import PublishContract, PublishWireContract
from tests.connectors.wire_contract import WireContract


class TestInstagram(ConnectorContract, WireContract, PublishContract, PublishWireContract):
    kind = "instagram"

    @pytest.fixture
    def stage(self) -> Iterator[InstagramStage]:
        with stand_in(InstagramStage) as stage:
            yield stage
