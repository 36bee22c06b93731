"""The contract suite on a real WordPress: as a moderator, as an author, as a mere member, and without a login."""

import pytest

from tests.connectors.contract import ConnectorContract
from tests.connectors.wire_contract import WireContract
from tests.connectors.wordpress_stage import Wire, WordPressStage
from tests.servers.wordpress import Site

pytestmark = pytest.mark.xdist_group("wordpress")


class TestWordPress(ConnectorContract, WireContract):
    @pytest.fixture(params=["rita", "tom", "kim", None], ids=["moderator", "author", "member", "anonymous"])
    def stage(self, request: pytest.FixtureRequest, wordpress_wire: Wire, wordpress_site: Site) -> WordPressStage:
        return WordPressStage(wordpress_wire, request.param)
