"""The contract suite on a Facebook Page: a stand-in that refuses whatever Meta does not describe."""

from collections.abc import Iterator

import pytest

from tests.connectors.contract import ConnectorContract
from tests.connectors.facebook_double import FacebookStage
from tests.connectors.meta_stage import stand_in
from tests.connectors.publish_contract import PublishContract, PublishWireContract
from tests.connectors.wire_contract import WireContract


class TestFacebook(ConnectorContract, WireContract, PublishContract, PublishWireContract):
    kind = "facebook"

    @pytest.fixture
    def stage(self) -> Iterator[FacebookStage]:
        with stand_in(FacebookStage) as stage:
            yield stage
