"""A stage behind a proxy that breaks on demand, and the client that the stages in it share."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from app.core.http import Http, Method, Response
from app.core.sections import Outgoing
from tests.connectors.stage import Fault, WireStage
from tests.servers.faulty_proxy import Cut, FaultyProxy, Instead, Silence
from tests.servers.faulty_proxy import Fault as Break

LOOPBACK = ["127.0.0.0/8"]
PAGE = b"<!doctype html><title>Just a moment</title><p>Checking your browser"
SILENCES = (Fault.SILENT, Fault.SILENT_AFTER)
EVERYTHING = "*"
HASTE = {
    EVERYTHING: {"allow_networks": LOOPBACK, "read_seconds": 0.1},
    "POST": {"allow_networks": LOOPBACK, "read_seconds": 0.5},  # the platform has to have heard of it meanwhile
}
"""The patience of a client whose requests stay without an answer, by their method."""
BREAKS: Mapping[Fault, Break] = {
    Fault.UNAUTHORIZED: Instead(401, PAGE),
    Fault.FORBIDDEN: Instead(403, PAGE),
    Fault.NOT_FOUND: Instead(404, PAGE),
    Fault.GONE: Instead(410, PAGE),
    Fault.THROTTLED: Instead(429, PAGE, (("Retry-After", "120"),)),
    Fault.THROTTLED_SILENTLY: Instead(429),
    Fault.MAINTENANCE: Instead(503, PAGE, (("Retry-After", "120"),)),
    Fault.BROKEN: Instead(500, PAGE),
    Fault.HTML: Instead(200, PAGE, (("Content-Type", "text/html"),)),
    Fault.NOTHING: Instead(200, b"", (("Content-Type", "application/json"),)),
    Fault.SILENT: Silence(),
    Fault.CUT_BEFORE: Cut(after=False),
    Fault.CUT_AFTER: Cut(after=True),
    Fault.SILENT_AFTER: Silence(after=True),
    Fault.BROKEN_AFTER: Instead(500, PAGE, after=True),
}


class CountingHttp(Http):
    """The product's own client. It counts, and loses patience quickly while a test is about that."""

    def __init__(self) -> None:
        super().__init__(Outgoing.model_validate({"allow_networks": LOOPBACK}))
        self._hasty = {method: Http(Outgoing.model_validate(limits)) for method, limits in HASTE.items()}
        self.hasty: str | None = None
        """A key of ``HASTE`` while a test is about silence."""
        self.requests: list[str] = []

    def request(self, method: Method, url: str, **arguments: Any) -> Response:
        self.requests.append(url)
        return self.sent(method, url, **arguments)

    def sent(self, method: Method, url: str, **arguments: Any) -> Response:
        """Uncounted."""
        if self.hasty in (EVERYTHING, method):
            return self._hasty[self.hasty].request(method, url, **arguments)
        return super().request(method, url, **arguments)


class ProxiedStage(WireStage):
    """``http`` is the product's own client; ``proxy`` stands between it and the platform."""

    http: CountingHttp
    proxy: FaultyProxy

    @contextmanager
    def fault(self, fault: Fault, *, acts_only: bool = False) -> Iterator[None]:
        if fault in SILENCES:
            self.http.hasty = "POST" if acts_only else EVERYTHING
        try:
            with self.answering(BREAKS[fault], acts_only=acts_only):
                yield
        finally:
            self.http.hasty = None

    @contextmanager
    def answering(self, answer: Break, *, acts_only: bool = False) -> Iterator[None]:
        try:
            with self.proxy.fault(answer, method="POST" if acts_only else None):
                yield
        finally:
            self.pace.run_out()

    def asked(self) -> int:
        return len(self.http.requests)
