"""A shop system that speaks our webhook: checks signatures, keeps keys, fails on demand."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from app.executors.answers import verify
from tests.servers.loopback import Loopback, Misbehave, Reply, Request, Wire

KEY = "a signing key of some length"
FAULTS = ("refused", "reset", "lost_before", "lost_after", "crashed_after", "garbage_after", "busy", "conflict")


@dataclass
class WebhookDouble:
    done: dict[str, dict[str, Any]] = field(default_factory=dict)
    effects: list[dict[str, Any]] = field(default_factory=list)
    status: str = "done"
    calls: int = 0
    fault: Callable[[int], str] = lambda _number: ""

    def serve(self, server: Loopback) -> str:
        server.route("*", self.answer)
        return server.url("/remedies")

    def answer(self, request: Request) -> Reply | Misbehave:
        self.calls += 1
        fault = self.fault(self.calls)
        path = request.path.removeprefix("/remedies").lstrip("/")
        signed = request.body if request.method == "POST" else path.encode()
        verify(KEY, request.headers.get("porchlight-signature", ""), signed, datetime.now(UTC))
        before: dict[str, Reply | Misbehave] = {
            "reset": lambda wire: wire.send(b""),
            "busy": Reply(b"wait", 429),
            "conflict": Reply(b"again", 409),
            "refused": Reply(b"no", 422),
            "lost_before": _silence,
        }
        if fault in before:
            return before[fault]
        reply = self._do(request, unquote(path))
        after: dict[str, Reply | Misbehave] = {
            "lost_after": _silence,
            "crashed_after": Reply(b"", 500),
            "garbage_after": Reply(b"hello"),
        }
        return after.get(fault, reply)

    def _do(self, request: Request, path: str) -> Reply:
        if request.method == "GET":
            found = self.done.get(path)
            return Reply(json.dumps(found).encode()) if found else Reply(b"{}", 404)
        task = json.loads(request.body)
        key = request.headers["idempotency-key"]
        assert key == task["key"]
        if key not in self.done:
            self.effects.append(task)
            self.done[key] = {"key": key, "status": self.status, "reference": f"W-{len(self.effects)}"}
        return Reply(json.dumps(self.done[key]).encode())


def _silence(wire: Wire) -> None:
    while wire.wait(60):
        pass
