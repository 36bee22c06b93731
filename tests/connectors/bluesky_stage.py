"""The AT Protocol network of the tests as a stage for the contract suite, behind proxies that break on demand."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlsplit

from app.connectors.bluesky import BlueskyConnector
from app.connectors.bluesky.client import Network as Places
from app.connectors.ports import Access, Target
from app.core.http import Method, Response
from tests.connectors.proxied_stage import CountingHttp, ProxiedStage
from tests.connectors.stage import Hourglass, Lack, PublishStage
from tests.servers.bluesky import Network, Person
from tests.servers.bluesky.people import Reference, record
from tests.servers.faulty_proxy import Fault as Break
from tests.servers.faulty_proxy import FaultyProxy, Instead


class NetworkHttp(CountingHttp):
    """The product's own client. Before it asks, the network's view catches up with what was written; servers are
    reached through their proxies; it loses patience quickly while a test is about that."""

    def __init__(self, network: Network, proxies: dict[str, FaultyProxy]) -> None:
        super().__init__()
        self._network = network
        self._proxies = proxies
        self.behind = False
        """Something was written that the view may not show yet."""

    def request(self, method: Method, url: str, **arguments: Any) -> Response:
        if self.behind:
            self._network.settle()
            self.behind = False
        self.requests.append(f"{method} {url.partition('/xrpc/')[2] or url}")
        port = f"{urlsplit(url).hostname}:{urlsplit(url).port}".replace("localhost", "127.0.0.1")
        if proxy := self._proxies.get(port):
            url = proxy.url.rstrip("/") + url.partition(f":{port.partition(':')[2]}")[2]
        try:
            return self.sent(method, url, **arguments)
        finally:
            self.behind = self.behind or method == "POST"


@dataclass
class Sky:
    """What the tests of a module share: the network, the ways to it, visitors."""

    network: Network
    proxies: list[FaultyProxy]
    http: NetworkHttp
    pace: Hourglass
    visitors: dict[str, list[Person]] = field(default_factory=dict)
    ready: tuple[Person, Access] | None = None
    """An account, connected, that says nothing and is spoken to by nobody, for the next test: signing up takes long."""

    @classmethod
    @contextmanager
    def over(cls, network: Network) -> Iterator["Sky"]:
        with ExitStack() as stack:
            ports = [urlsplit(one).port or 0 for one in (network.pds, network.view, network.directory)]
            proxies = [stack.enter_context(FaultyProxy(("127.0.0.1", port))) for port in ports]
            by_port = {f"127.0.0.1:{port}": proxy for port, proxy in zip(ports, proxies, strict=True)}
            http = NetworkHttp(network, by_port)
            yield cls(network, proxies, http, Hourglass())

    @cached_property
    def connector(self) -> BlueskyConnector:
        """Shared, so that its sessions are."""
        return self.another()

    def another(self) -> BlueskyConnector:
        places = Places(view=self.network.view, directory=self.network.directory)
        return BlueskyConnector(self.http, self.pace, places)


class BlueskyStage(ProxiedStage, PublishStage):
    """An account with one post, signed in, and visitors who answer it."""

    http: NetworkHttp
    longest = 300
    never: ClassVar[Mapping[Lack, str]] = {Lack.NO_AUTHOR: "every record stands in the repository of an account"}

    def __init__(self, sky: Sky) -> None:
        self.sky, self.network, self.http, self.pace = sky, sky.network, sky.http, sky.pace
        self.page, connected = sky.ready or (self.network.join("The bakery"), None)
        self.root = self.network.post(self.page, "Our new bread is here")
        self.http.behind = True
        self.connector = self.bluesky = sky.connector
        self.revoked = False
        self.address = f"@{self.page.handle}"
        self.elsewhere = "https://blog.example.org/"
        self.wrong_secret = {"login": self.page.handle, "password": "aaaa-bbbb-cccc-dddd"}
        self.access = connected or self.connected(self.page.secret)
        self.said: dict[str, tuple[Person, Reference, str | None]] = {}
        self.turn = 0
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
        person = self._visitor(author)
        above = self.said[parent][1] if parent else self.root
        made = self.network.post(person, text, root=self.root, parent=above, at=at)
        self._note(person, made, parent)
        if held:
            self._hide([made["uri"]])
        return made["uri"]

    def say_many(self, texts: Sequence[str]) -> list[str]:
        person = self._visitor("Ann")
        made = self.network.posts(person, [record(text, root=self.root, parent=self.root) for text in texts])
        for one in made:
            self._note(person, one, None)
        return [one["uri"] for one in made]

    def say_unnamed(self, text: str, lack: Lack) -> str:
        return self.say(text, author="")

    def release(self, comment: str) -> None:
        self._hide([])

    def edit(self, comment: str, text: str) -> None:
        person, made, _parent = self.said[comment]
        value = record(text, root=self.root, parent=self.root)
        self.network.put(person, "app.bsky.feed.post", made["uri"].rpartition("/")[2], value)
        self.http.behind = True

    def remove(self, comment: str) -> None:
        self.network.delete(self.said[comment][0], comment)
        self.http.behind = True

    def target(self, comment: str) -> Target:
        return Target(comment, self.root["uri"], None)

    def answers(self, comment: str) -> list[str]:
        stand = [one["value"] for one in self.network.records(self.page)]
        return [one["text"] for one in stand if one.get("reply", {}).get("parent", {}).get("uri") == comment]

    def posts(self) -> list[str]:
        return [one["value"]["text"] for one in self.network.records(self.page) if "reply" not in one["value"]]

    def say_below(self, post: str, text: str) -> str:
        [above] = [one for one in self.network.records(self.page) if one["uri"] == post]
        person = self._visitor("Ann")
        made = self.network.post(person, text, root=above, parent=above)
        self._note(person, made, None)
        return made["uri"]

    @contextmanager
    def answering(self, answer: Break, *, acts_only: bool = False) -> Iterator[None]:
        if self.http.behind:
            self.network.settle()
            self.http.behind = False
        try:
            with ExitStack() as stack:
                for proxy in self.sky.proxies:
                    stack.enter_context(proxy.fault(answer, method="POST" if acts_only else None))
                yield
        finally:
            self.pace.run_out()

    def own_limit(self) -> Instead:
        ends = str(int(time.time()) + 90)
        body = b'{"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}'
        return Instead(
            429, body, (("RateLimit-Limit", "3000"), ("RateLimit-Remaining", "0"), ("RateLimit-Reset", ends))
        )

    def colleague(self) -> BlueskyConnector:
        return self.sky.another()

    def asked(self) -> int:
        """Without looking up where an account lives, which is asked of somebody else."""
        return sum(" com.atproto." in one or " app.bsky." in one for one in self.http.requests)

    def revoke(self) -> None:
        """The app password is taken back. A token that was given for it works for up to two hours more; they pass."""
        self.revoked = True
        self.network.revoke(self.page)
        self.bluesky.sessions.forget()

    def close(self) -> None:
        """Clear up, where that is less work than another account."""
        spent = self.revoked or len(self.said) > 12
        self.sky.ready = None if spent else (self.page, self.access)
        if spent:
            return
        for uri, (person, _made, _parent) in self.said.items():
            self.network.delete(person, uri)
        for one in (*self.network.records(self.page), *self.network.records(self.page, "app.bsky.feed.threadgate")):
            self.network.delete(self.page, one["uri"])

    def _note(self, person: Person, made: Reference, parent: str | None) -> None:
        self.said[made["uri"]] = (person, made, parent)
        self.http.behind = True

    def _visitor(self, name: str) -> Person:
        """The next of a few people of that name: signing up takes long."""
        known = self.sky.visitors.setdefault(name, [])
        if len(known) < 3:
            known.append(self.network.join(name))
        self.turn += 1
        return known[self.turn % len(known)] if len(known) == 3 else known[-1]

    def _hide(self, uris: Sequence[str]) -> None:
        gate = {"post": self.root["uri"], "createdAt": "2026-01-01T00:00:00Z", "hiddenReplies": list(uris)}
        self.network.put(self.page, "app.bsky.feed.threadgate", self.root["uri"].rpartition("/")[2], gate)
        self.http.behind = True
