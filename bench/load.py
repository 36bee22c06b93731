"""A browser that only asks: signs in, then reads addresses over kept connections and takes the time of each."""

import asyncio
import http.client
import re
import time
from collections.abc import Sequence
from html import unescape
from http.cookies import SimpleCookie
from urllib.parse import urlencode


class Reader:
    """One signed-in person at one server."""

    def __init__(self, port: int, login: str, password: str) -> None:
        self.port = port
        self._cookies: dict[str, str] = {}
        token = re.search(r'name="csrf_token" value="([^"]+)"', self._ask("GET", "/sign-in"))
        assert token
        form = {"csrf_token": unescape(token[1]), "login": login, "password": password}
        self._ask("POST", "/sign-in", urlencode(form))
        assert "sign-out" in self._ask("GET", "/account"), "signing in failed"

    def head(self, path: str, *more: str) -> bytes:
        """A request, as it goes over the wire."""
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", f"Cookie: {cookies}", "Accept-Encoding: gzip", *more]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def times(self, requests: Sequence[bytes]) -> list[float]:
        """Milliseconds of each, one after the other."""
        return asyncio.run(_connection(self.port, requests))

    def page(self, path: str) -> str:
        """What a page says."""
        return self._ask("GET", path)

    def together(self, requests: Sequence[bytes], connections: int, seconds: float) -> tuple[int, float]:
        """How many were answered over so many connections, and in how many seconds."""

        async def run() -> int:
            end = time.perf_counter() + seconds
            parts = [[*requests[at:], *requests[:at]] for at in range(connections)]
            return sum(await asyncio.gather(*(_until(self.port, part, end) for part in parts)))

        begun = time.perf_counter()
        return asyncio.run(run()), time.perf_counter() - begun

    def _ask(self, method: str, path: str, body: str = "") -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body:
            headers |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Referer": f"http://127.0.0.1:{self.port}/",
            }
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        said = answer.read().decode()
        for line in answer.headers.get_all("Set-Cookie") or []:
            self._cookies.update({name: morsel.value for name, morsel in SimpleCookie(line).items()})
        connection.close()
        assert answer.status in (200, 303), (method, path, answer.status, said[:500])
        return said


async def _connection(port: int, requests: Sequence[bytes]) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    found = []
    for request in requests:
        begun = time.perf_counter()
        writer.write(request)
        await _answer(reader)
        found.append((time.perf_counter() - begun) * 1000)
    writer.close()
    return found


async def _until(port: int, requests: Sequence[bytes], end: float) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    done = 0
    while time.perf_counter() < end:
        writer.write(requests[done % len(requests)])
        await _answer(reader)
        done += 1
    writer.close()
    return done


async def _answer(reader: asyncio.StreamReader) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    assert head.startswith(b"http/1.1 200"), head
    length = re.search(rb"content-length: (\d+)", head)
    if length:
        await reader.readexactly(int(length[1]))
        return
    while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
        await reader.readexactly(size + 2)
    await reader.readexactly(2)
