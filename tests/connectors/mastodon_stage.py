"""A server of Mastodon's kind as a stage for the contract suite, with a proxy in front that breaks on demand."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from app.connectors.mastodon import MastodonConnector
from app.connectors.ports import Target
from app.core.http import Method, Response
from tests.connectors.proxied_stage import CountingHttp, ProxiedStage
from tests.connectors.stage import Lack, PublishStage
from tests.servers.faulty_proxy import FaultyProxy, Instead
from tests.servers.mastodon import DESCRIPTION, TOKEN, US, Mastodon


class CheckedHttp(CountingHttp):
    """Sends nothing that the description does not know."""

    def request(self, method: Method, url: str, **arguments: Any) -> Response:
        DESCRIPTION.check(method, url, arguments.get("json"))
        return super().request(method, url, **arguments)


class MastodonStage(ProxiedStage, PublishStage):
    connector: MastodonConnector
    never: ClassVar[Mapping[Lack, str]] = {Lack.NO_AUTHOR: "every status comes with its account"}

    def __init__(self, server: Mastodon, proxy: FaultyProxy) -> None:
        self.server, self.proxy = server, proxy
        self.http = CheckedHttp()
        self.connector = self.colleague()
        self.address = f"{proxy.url}@{US}"
        self.elsewhere = proxy.url
        self.wrong_secret = {"password": "no-token-of-this-server"}
        self.post = server.post("Our new kettle is here!")
        self.access = self.connected({"password": TOKEN})

    def say(
        self,
        text: str,
        *,
        author: str = "Ann",
        parent: str | None = None,
        held: bool = False,
        at: datetime | None = None,
    ) -> str:
        when = at or datetime.now(UTC)
        [status] = self.server.mention([text], name=author, parent=parent or self.post, at=when, told=not held)
        return status

    def say_many(self, texts: Sequence[str]) -> list[str]:
        return self.server.mention(texts, parent=self.post, at=datetime.now(UTC))

    def say_unnamed(self, text: str, lack: Lack) -> str:
        return self.say(text, author="")

    def release(self, comment: str) -> None:
        self.server.tell(comment)

    def edit(self, comment: str, text: str) -> None:
        self.server.edit(comment, text)

    def remove(self, comment: str) -> None:
        self.server.remove(comment)

    def target(self, comment: str) -> Target:
        return Target(comment, self.post)

    def answers(self, comment: str) -> list[str]:
        """As a reader sees them under the comment: whom they are for stands in front."""
        return self._below(comment, direct=False)

    def letters(self, comment: str) -> list[str]:
        return self._below(comment, direct=True)

    def _below(self, comment: str, *, direct: bool) -> list[str]:
        below = (one for one in self.server.statuses(comment) if (one["visibility"] == "direct") is direct)
        return [one["text"].partition(" ")[2] for one in below]

    def posts(self) -> list[str]:
        return [one["text"] for one in self.server.statuses()]

    def say_below(self, post: str, text: str) -> str:
        return self.server.mention([text], parent=post, at=datetime.now(UTC))[0]

    def own_limit(self) -> Instead:
        ends = (datetime.now(UTC) + timedelta(seconds=90)).isoformat().replace("+00:00", "Z")
        return Instead(
            429,
            b'{"error": "Too many requests"}',
            (("X-RateLimit-Limit", "300"), ("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", ends)),
        )

    def colleague(self) -> MastodonConnector:
        return MastodonConnector(self.http, self.pace)

    def revoke(self) -> None:
        self.server.revoke()
