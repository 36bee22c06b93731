"""The contract suite on a real WordPress: as a moderator, as an author, as a mere member, and without a login."""

from collections.abc import Iterator

import pytest

from tests.connectors.contract import ConnectorContract
from tests.connectors.wire_contract import WireContract
from tests.connectors.wordpress_stage import WordPressStage
from tests.servers.faulty_proxy import FaultyProxy
from tests.servers.wordpress import Site

pytestmark = pytest.mark.xdist_group("wordpress")


class TestWordPress(ConnectorContract, WireContract):
    @pytest.fixture(params=["rita", "tom", "kim", None], ids=["moderator", "author", "member", "anonymous"])
    def stage(self, request: pytest.FixtureRequest, wordpress_site: Site) -> Iterator[WordPressStage]:
        with FaultyProxy(wordpress_site.address) as proxy:
            yield WordPressStage(wordpress_site, proxy, login=request.param)
