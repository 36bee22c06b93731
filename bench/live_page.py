"""An open page of the inbox without a browser: hears of news and asks for them as the scripts do."""

import asyncio
import json
import random
import time
from dataclasses import dataclass, field

EACH, POLL, REST = 0.005, 5.0, 10
"""As in ``static/js/live.js``, in seconds."""


@dataclass
class Page:
    """An open page: keeps a stream as ``static/js/live.js`` does, and notes when it hears what."""

    port: int
    cookie: str
    at: str = ""
    heard: list[float] = field(default_factory=list)
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    failures: list[float] = field(default_factory=list)
    looks: int = 0
    """How often it had to look at everything."""
    among: int = 1
    asks: list[float] = field(default_factory=list)
    """Seconds that each answer to "what is new?" took."""
    planned: "asyncio.Task[None] | None" = None

    async def live(self) -> None:
        wait = 1.5
        while True:
            try:
                if await self._listen():
                    wait = 1.5
            except (OSError, asyncio.IncompleteReadError):
                pass
            if self.connected.is_set():
                wait = 1.5
            self.connected.clear()
            self.failures.append(time.monotonic())
            await asyncio.sleep(wait * (0.5 + random.random()))
            wait = min(wait * 1.25, 60)

    async def _listen(self) -> bool:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            lines = (f"GET /live?after={self.at} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", f"Cookie: {self.cookie}")
            writer.write("\r\n".join([*lines, "", ""]).encode())
            if b" 200 " not in await reader.readline():
                return False
            event = ""
            while line := await reader.readline():
                text = line.decode().rstrip()
                if text.startswith("event: "):
                    event = text.removeprefix("event: ")
                elif text.startswith("id: "):
                    self.at = text.removeprefix("id: ")
                elif text.startswith("data: ") and event == "here":
                    told = json.loads(text.removeprefix("data: "))
                    self.at, self.among = told["at"] or self.at, told["among"]
                    self.connected.set()
                elif text.startswith("data: ") and '"all"' in text:
                    self.looks += 1
                elif text.startswith("data: ") and '"news"' in text:
                    self.heard.append(time.monotonic())
                    if self.planned is None or self.planned.done():
                        self.planned = asyncio.create_task(self._ask_soon())
            return True
        finally:
            writer.close()

    async def _ask_soon(self) -> None:
        """As ``soon`` and ``askForNews`` in the browser do for a list that has said already what is new."""
        await asyncio.sleep(random.random() * min(self.among * EACH, POLL) * REST)
        begun = time.monotonic()
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            address = "/inbox/news?view=all&since=2026-01-01T00:00:00Z"
            lines = (f"GET {address} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", f"Cookie: {self.cookie}")
            writer.write("\r\n".join([*lines, "HX-Request: true", "Connection: close", "", ""]).encode())
            if b" 200 " not in await reader.readline():
                raise SystemExit("what is new was not answered")
            await reader.read()
        finally:
            writer.close()
        self.asks.append(time.monotonic() - begun)
