"""The real Isso of the tests as a stage for the contract suite, with a proxy in front that breaks on demand."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.connectors.isso import IssoConnector
from app.connectors.ports import Target
from tests.connectors.proxied_stage import CountingHttp, ProxiedStage
from tests.connectors.stage import Lack
from tests.servers.faulty_proxy import Cut, FaultyProxy
from tests.servers.faulty_proxy import Fault as Break
from tests.servers.isso import Isso
from tests.servers.loopback import Loopback, Reply, Request

PASSWORD = "the bakery's secret"
URI = "/posts/größe & more/"


@dataclass
class Wire:
    """What the tests of a module share: the server, the way to it, and the site its comments stand on."""

    server: Isso
    proxy: FaultyProxy
    site: Loopback
    http: CountingHttp

    def page(self, _request: Request) -> Reply:
        """A post with Isso's script."""
        return Reply(f'<title>Bakery</title><script data-isso="{self.proxy.url}" src="x.js"></script>'.encode())


class IssoStage(ProxiedStage):
    """An empty Isso, reached through its site."""

    two_levels = True

    def __init__(self, wire: Wire, *, signed_in: bool = True) -> None:
        self.wire, self.http, self.proxy = wire, wire.http, wire.proxy
        if wire.server.password != PASSWORD:
            wire.server.start(PASSWORD)
        wire.server.reset()
        wire.site.route("/", wire.page)
        self.connector = self.colleague()
        self.address = wire.site.url("/")
        wire.site.route("/plain", lambda _request: Reply(b"<p>No comments here"))
        self.elsewhere = wire.site.url("/plain")
        self.wrong_secret = {"password": "another"}
        self.access = self.connected({"password": PASSWORD} if signed_in else None)
        self.parents: dict[str, str | None] = {}
        self.http.requests.clear()

    def say(
        self,
        text: str,
        *,
        author: str = "Ann",
        parent: str | None = None,
        held: bool = False,
        at: datetime | None = None,
    ) -> str:
        above = (self.parents[parent] or parent) if parent else None  # Isso puts answers to answers beside them
        row = self._row(text, author=author, mode=2 if held else 1, created=at.timestamp() if at else None)
        row["parent"] = int(above.partition(".")[0]) if above else None
        [comment] = self._write([row])
        self.parents[comment] = above
        return comment

    def say_many(self, texts: Sequence[str]) -> list[str]:
        return self._write([self._row(text) for text in texts])

    def say_unnamed(self, text: str, lack: Lack) -> str:
        [comment] = self._write([self._row(text, author="" if lack is Lack.EMPTY_NAME else None)])
        return comment

    def release(self, comment: str) -> None:
        self.wire.server.execute("UPDATE comments SET mode = 1 WHERE id = ?", values=[self._number(comment)])

    def edit(self, comment: str, text: str) -> None:
        values = [text, time.time(), self._number(comment)]
        self.wire.server.execute("UPDATE comments SET text = ?, modified = ? WHERE id = ?", values=values)

    def remove(self, comment: str) -> None:
        self.wire.server.execute("DELETE FROM comments WHERE id = ?", values=[self._number(comment)])

    def target(self, comment: str) -> Target:
        return Target(comment, URI, None)

    def answers(self, comment: str) -> list[str]:
        return [str(row["text"]) for row in self.wire.server.rows("parent = ?", [self._number(comment)])]

    @contextmanager
    def answering(self, answer: Break, *, acts_only: bool = False) -> Iterator[None]:
        """A line that is cut is cut where Isso acts, and not while we sign in for that."""
        if not acts_only or not isinstance(answer, Cut):
            with super().answering(answer, acts_only=acts_only):
                yield
            return
        with self.proxy.fault(answer, method="POST", path="/new"):
            yield

    def colleague(self) -> IssoConnector:
        return IssoConnector(self.http, self.pace)

    def revoke(self) -> None:
        self.wire.server.start("changed")

    def _row(
        self, text: str, *, author: str | None = "Ann", mode: int = 1, created: float | None = None
    ) -> dict[str, Any]:
        moment = datetime.now(UTC).timestamp() if created is None else created
        return {"text": text, "author": author, "mode": mode, "created": moment}

    def _write(self, rows: Sequence[dict[str, Any]]) -> list[str]:
        made = self.wire.server.say(rows, URI)
        comments = [f"{number}.{round(created * 1_000_000)}{URI}" for number, created in made]
        self.parents.update(dict.fromkeys(comments))
        return comments

    def _number(self, comment: str) -> int:
        return int(comment.partition(".")[0])
