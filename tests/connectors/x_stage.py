"""X's stand-in as a stage for the contract suite, with a proxy in front that breaks on demand."""

import re
import time
from datetime import datetime

from app.connectors.code_flow import App
from app.connectors.meter import LooseMeter
from app.connectors.ports import Target
from app.connectors.x import XConnector
from app.connectors.x.connector import Terms
from tests.connectors.proxied_stage import CountingHttp, ProxiedStage
from tests.connectors.stage import Lack, PublishStage
from tests.servers.faulty_proxy import FaultyProxy, Instead
from tests.servers.x import TOKEN, US, X

TERMS = Terms(App("porch", "secret"), 1_000.0)


class XStage(ProxiedStage, PublishStage):
    shows_states = False
    discovers_by_form = True

    def __init__(self, server: X, proxy: FaultyProxy) -> None:
        self.server, self.proxy = server, proxy
        self.http, self.meter = CountingHttp(), LooseMeter()
        self.connector = self.colleague()
        self.address = "https://x.com/KettleCo"
        self.elsewhere = "https://example.org/kettleco"
        self.wrong_secret = {"password": "no-token-of-x"}
        self.post = server.publish("Our new kettle is here!")
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
        person = self.server.person(author)
        return self.server.publish(
            f"@kettleco {text}", author=person, at=at, parent=parent or self.post, shown=not held
        )

    def say_unnamed(self, text: str, lack: Lack) -> str:
        comment = self.say(text, author="")
        if lack is Lack.NO_AUTHOR:
            self.server.unmentioned.add(self.server.posts[comment].author)
        return comment

    def release(self, comment: str) -> None:
        self.server.posts[comment].shown = True

    def edit(self, comment: str, text: str) -> None:
        self.server.edit(comment, f"@kettleco {text}")

    def remove(self, comment: str) -> None:
        self.server.posts[comment].shown = False

    def target(self, comment: str) -> Target:
        return Target(comment, self.post)

    def answers(self, comment: str) -> list[str]:
        """As a reader sees them: whom they are for is not part of the text."""
        found = [one for one in self.server.posts.values() if one.parent == comment and one.author != ""]
        return [
            re.sub(r"\A(?:@\w+ )+", "", one.text) for one in found if self.server.users[one.author][1] == "kettleco"
        ]

    def posts(self) -> list[str]:
        return [one.text for one in self.server.posts.values() if one.author == US and one.parent is None]

    def say_below(self, post: str, text: str) -> str:
        return self.server.publish(f"@kettleco {text}", author=self.server.person("Ann"), parent=post)

    def own_limit(self) -> Instead:
        ends = str(int(time.time()) + 90)
        return Instead(
            429, b"", (("x-rate-limit-limit", "15"), ("x-rate-limit-remaining", "0"), ("x-rate-limit-reset", ends))
        )

    def colleague(self) -> XConnector:
        return XConnector(self.http, self.pace, self.meter, TERMS, base=self.proxy.url.rstrip("/"))

    def revoke(self) -> None:
        self.server.tokens.clear()
