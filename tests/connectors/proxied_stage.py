"""A stage on a stand-in of ours: a stateful server on loopback, with a proxy in front that breaks on demand."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.connectors.stage import Fault, WireStage
from tests.connectors.wordpress_stage import BREAKS, SILENCES, CountingHttp
from tests.servers.faulty_proxy import FaultyProxy


class ProxiedStage(WireStage):
    """``http`` is the product's own client; ``proxy`` stands between it and the stand-in."""

    http: CountingHttp
    proxy: FaultyProxy
    acts: str | None = "POST"
    """The method of requests that change something."""

    @contextmanager
    def fault(self, fault: Fault, *, acts_only: bool = False) -> Iterator[None]:
        self.http.hasty = fault in SILENCES
        try:
            with self.proxy.fault(BREAKS[fault], method=self.acts if acts_only else None):
                yield
        finally:
            self.http.hasty = False
