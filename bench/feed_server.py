"""A loopback server of comment feeds for measurements: ``python -m bench.feed_server FEEDS ENTRIES DELAY_MS``.

Prints its port. ``/N.atom`` is feed N, with an ETag and conditional answers; ``POST /more`` adds an entry to every
feed; ``POST /delay/MS`` sets the distance; ``POST /hang/PERCENT`` lets so many of a hundred feeds never answer.
"""

import asyncio
import sys
from datetime import UTC, datetime, timedelta

_START = datetime(2026, 1, 1, tzinfo=UTC)
_WORDS = (
    "The bread was lovely, but my parcel has not arrived yet. Wo bleibt die Lieferung? <b>Thanks</b> &amp; regards. "
)


class Feeds:
    """All feeds, rendered when they change."""

    def __init__(self, feeds: int, entries: int, delay: float) -> None:
        self.count, self.entries, self.delay, self.hanging = feeds, entries, delay, 0
        self.render()

    def render(self) -> None:
        self.bodies = [self._feed(number) for number in range(self.count)]

    def _feed(self, feed: int) -> bytes:
        entries = "".join(self._entry(feed, number) for number in reversed(range(self.entries)))
        return (
            '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom" '
            'xmlns:thr="http://purl.org/syndication/thread/1.0">'
            f"<title>Comments of blog {feed}</title><id>http://blog{feed}.example/comments</id>"
            f"<updated>{_START.isoformat()}</updated>{entries}</feed>"
        ).encode()

    def _entry(self, feed: int, number: int) -> str:
        at = (_START + timedelta(minutes=number)).isoformat().replace("+00:00", "Z")
        post = f"http://blog{feed}.example/post{number % 7}"
        text = (_WORDS * (1 + number % 3)).replace("&", "&amp;").replace("<", "&lt;")
        return (
            f"<entry><id>{post}#comment-{number}</id><title>Comment on Post by Reader {number % 19}</title>"
            f"<author><name>Reader {number % 19}</name></author><published>{at}</published><updated>{at}</updated>"
            f'<link rel="alternate" href="{post}#comment-{number}"/><content type="html">{text}</content>'
            f'<thr:in-reply-to ref="{post}" href="{post}"/></entry>'
        )

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                method, path, _rest = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
                if method == "POST":
                    self._command(path)
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                else:
                    if int(path.strip("/").split(".")[0]) % 100 < self.hanging:
                        await reader.read()  # until the client has had enough
                        raise ConnectionResetError
                    await asyncio.sleep(self.delay)
                    writer.write(self._answer(path, head.lower()))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _command(self, path: str) -> None:
        if path == "/more":
            self.entries += 1
            self.render()
        elif path.startswith("/hang/"):
            self.hanging = int(path.rsplit("/", 1)[1])
        else:
            self.delay = float(path.rsplit("/", 1)[1]) / 1000

    def _answer(self, path: str, head: bytes) -> bytes:
        tag = f'"{self.entries}"'.encode()
        if b"if-none-match: " + tag in head:
            return b"HTTP/1.1 304 Not Modified\r\nETag: " + tag + b"\r\n\r\n"
        body = self.bodies[int(path.strip("/").split(".")[0])]
        kind = b"Content-Type: application/atom+xml; charset=utf-8\r\n"
        return b"HTTP/1.1 200 OK\r\nETag: " + tag + b"\r\n" + kind + b"Content-Length: %d\r\n\r\n" % len(body) + body


async def main() -> None:
    feeds = Feeds(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 1000)
    server = await asyncio.start_server(feeds.serve, "127.0.0.1", 0, limit=2**16)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
