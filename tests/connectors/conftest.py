"""Fixtures for the tests of connectors."""

from collections.abc import Iterator

import pytest

from tests.connectors.wordpress_stage import Wire
from tests.servers.faulty_proxy import FaultyProxy
from tests.servers.wordpress import Site

pytest.register_assert_rewrite("tests.connectors.contract", "tests.connectors.wire_contract")


@pytest.fixture(scope="module")
def wordpress_wire(wordpress_server: Site) -> Iterator[Wire]:
    """The test WordPress behind a proxy that breaks on demand."""
    with FaultyProxy(wordpress_server.address) as proxy:
        yield Wire(wordpress_server, proxy)
