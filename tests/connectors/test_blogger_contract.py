"""The contract suite on a blog on Blogger, signed in and by its public feed."""

from collections.abc import Iterator

import pytest

from tests.connectors.blogger_double import BloggerStage, on_stage
from tests.connectors.contract import ConnectorContract
from tests.connectors.wire_contract import WireContract


class TestBlogger(ConnectorContract, WireContract):
    kind = "blogger"

    @pytest.fixture
    def stage(self) -> Iterator[BloggerStage]:
        with on_stage() as stage:
            yield stage


class TestBloggerFeed(ConnectorContract, WireContract):
    kind = "blogger"

    @pytest.fixture
    def stage(self) -> Iterator[BloggerStage]:
        with on_stage(signed_in=False) as stage:
            yield stage
