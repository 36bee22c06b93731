"""The contract suite on a system that speaks the webhook protocol: one that can do all, and one that is only read."""

from collections.abc import Iterator

import pytest

from tests.connectors.contract import ConnectorContract
from tests.connectors.webhook_system import ABLE, WebhookStage
from tests.connectors.wire_contract import WireContract
from tests.servers.faulty_proxy import FaultyProxy
from tests.servers.loopback import Loopback


class TestWebhook(ConnectorContract, WireContract):
    kind = "webhook"

    @pytest.fixture
    def stage(self) -> Iterator[WebhookStage]:
        with Loopback() as server, FaultyProxy(("127.0.0.1", server.port)) as proxy:
            yield WebhookStage(server, proxy, ABLE)


class TestReadOnly(ConnectorContract):
    kind = "webhook"

    @pytest.fixture
    def stage(self) -> Iterator[WebhookStage]:
        with Loopback() as server, FaultyProxy(("127.0.0.1", server.port)) as proxy:
            yield WebhookStage(server, proxy, ["read"])
