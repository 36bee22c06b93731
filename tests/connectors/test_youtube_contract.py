"""The contract suite on a YouTube channel: a stand-in that refuses whatever Google does not describe."""

from collections.abc import Iterator

import pytest

from tests.connectors.contract import ConnectorContract
from tests.connectors.wire_contract import WireContract
from tests.connectors.youtube_double import YouTubeStage, on_stage


class TestYouTube(ConnectorContract, WireContract):
    kind = "youtube"

    @pytest.fixture
    def stage(self) -> Iterator[YouTubeStage]:
        with on_stage() as stage:
            yield stage
