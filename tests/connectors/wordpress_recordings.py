"""The recorded answers in wordpress_data, for tests."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.core.http import Response
from tests.servers.loopback import Loopback, Reply

FOLDER = Path(__file__).parent / "wordpress_data"
RECORDED_AT = "http://127.0.0.1:8081"


@dataclass(frozen=True, slots=True)
class Recording:
    status: int
    url: str
    headers: Mapping[str, str]
    body: str

    def json(self) -> Any:
        return json.loads(self.body.lstrip("\ufeff"))

    def response(self) -> Response:
        """As our HTTP client hands it on."""
        return Response(self.status, self.url, self.headers, self.body.encode())

    def reply(self, server: Loopback) -> Reply:
        """The answer as if ``server`` were the recorded site."""
        here = server.url("").rstrip("/")
        escaped = here.replace("/", "\\/")
        body = self.body.replace(RECORDED_AT, here).replace(RECORDED_AT.replace("/", "\\/"), escaped)
        headers = [(name, value.replace(RECORDED_AT, here)) for name, value in self.headers.items()]
        return Reply(body.encode(), self.status, headers)


def recording(name: str) -> Recording:
    data = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return Recording(data["status"], data["url"], data["headers"], data["body"])
