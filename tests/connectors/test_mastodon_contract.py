"""The contract suite on a server that speaks Mastodon's interface."""

from collections.abc import Iterator

import pytest

from tests.connectors.contract import ConnectorContract
from tests.connectors.mastodon_stage import MastodonStage
from tests.connectors.publish_contract import PublishContract, PublishWireContract
from tests.connectors.wire_contract import WireContract
from tests.servers.faulty_proxy import FaultyProxy
from tests.servers.mastodon import Mastodon

pytestmark = pytest.mark.xdist_group("mastodon")


class TestMastodon(ConnectorContract, WireContract, PublishContract, PublishWireContract):
    kind = "mastodon"

    @pytest.fixture
    def stage(self, mastodon: Mastodon) -> Iterator[MastodonStage]:
        with FaultyProxy(mastodon.address) as proxy:
            yield MastodonStage(mastodon, proxy)
