"""A small system that speaks the protocol in docs/connectors/webhook.md, as somebody would write it, on loopback."""

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlencode

from app.connectors.ports import Target
from app.connectors.webhook import WebhookConnector
from app.connectors.webhook.client import SIGNATURE, signed_text
from app.core.clock import utc_now
from app.core.signing import wrong_with
from tests.connectors.proxied_stage import CountingHttp, ProxiedStage
from tests.connectors.stage import Lack
from tests.servers.faulty_proxy import FaultyProxy
from tests.servers.loopback import Loopback, Reply, Request

KEY = "a key that both sides know, made by chance"
ABLE = ["approve", "hold", "read", "reply", "spam", "trash"]
LONGEST = 20_000
AFTERWARDS = {"approve": "live", "hold": "held", "spam": "spam", "trash": "trash"}


@dataclass
class System:
    """Comments by id, in the order of their last change."""

    key: str = KEY
    able: list[str] = field(default_factory=lambda: list(ABLE))
    comments: dict[str, dict[str, Any]] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    replies: dict[str, str] = field(default_factory=dict)
    """Id of the reply by its idempotency key."""
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def put(self, comment: dict[str, Any]) -> None:
        """New or changed."""
        self.comments[comment["id"]] = comment
        self.changed[comment["id"]] = next(self._numbers)

    def say(self, text: str, **more: Any) -> dict[str, Any]:
        number = f"c{next(self._numbers)}"
        at = more.pop("at", None) or datetime.now(UTC)
        comment = {
            "id": number,
            "post": {"id": "p1", "title": "Spring", "url": "https://shop.example/p1"},
            "author": {"id": f"customer {number}", "name": more.pop("author", "Ann")},
            "text": text,
            "published_at": at.isoformat(),
            "url": f"https://shop.example/p1#{number}",
            **more,
        }
        self.put(comment)
        return comment

    def answer(self, request: Request) -> Reply:
        path, query = request.path, urlencode(request.query)
        asked = f"{path}?{query}" if query else path
        if path == "/porch":
            return _json({"porchlight": 1, "name": "Shop reviews"})
        if not path.startswith("/porch/"):
            return Reply(b"<html>nothing here", 404, [("Content-Type", "text/html")])
        signed = signed_text(request.method, asked, request.body)
        if wrong_with(self.key, request.headers.get(SIGNATURE, ""), signed, utc_now()):
            return _json({"error": "signature"}, 401)
        parts = [unquote(part) for part in path.split("/")[2:]]
        if request.method == "POST":
            return self._act(parts[0], json.loads(request.body))
        if parts[0] == "replies":
            number = self.replies.get(parts[1])
            return _json(self._sent(number)) if number else _json({}, 404)
        if parts[0] == "account":
            return _json({"name": "Shop", "able": self.able, "longest": LONGEST})
        return _json(self._read(request.query))

    def _read(self, query: Mapping[str, str]) -> dict[str, Any]:
        if "ids" in query:
            ids = json.loads(query["ids"])
            return {"comments": [self.comments[one] for one in ids if one in self.comments]}
        ordered = sorted(self.comments.values(), key=lambda one: self.changed[one["id"]])
        if "newest" in query:
            ordered.sort(key=lambda one: one["published_at"])
            return {"comments": ordered[-int(query["newest"]) :]}
        left = [one for one in ordered if self.changed[one["id"]] > int(query["after"] or 0)]
        page = left[: int(query["limit"])]
        after = str(self.changed[page[-1]["id"]]) if page else query["after"]
        return {"comments": page, "after": after, "more": len(left) > len(page)}

    def _act(self, route: str, words: Mapping[str, Any]) -> Reply:
        if words["comment"] not in self.comments:
            return _json({"error": "gone"}, 404)
        if route == "moderation":
            comment = dict(self.comments[words["comment"]], status=AFTERWARDS[words["act"]])
            self.put(comment)
            return _json({"status": comment["status"]})
        if words["key"] not in self.replies:
            ours = self.say(words["text"], author="Shop", parent=words["comment"], ours=True)
            self.replies[words["key"]] = ours["id"]
        return _json(self._sent(self.replies[words["key"]]), 201)

    def _sent(self, number: str) -> dict[str, Any]:
        return {"id": number, "url": self.comments[number]["url"]}


def _json(words: Mapping[str, Any], status: int = 200) -> Reply:
    return Reply(json.dumps(words).encode(), status, [("Content-Type", "application/json")])


class WebhookStage(ProxiedStage):
    """``able`` is what the system says it can do."""

    wrong_secret: Mapping[str, str] | None = {"password": "another key, just as long as it"}

    def __init__(self, server: Loopback, proxy: FaultyProxy, able: Sequence[str]) -> None:
        self.system = System(able=list(able))
        server.route("*", self.system.answer)
        self.proxy, self.http = proxy, CountingHttp()
        self.connector = self.colleague()
        self.address = f"{proxy.url}porch"
        self.elsewhere = f"{proxy.url}elsewhere"
        self.access = self.connected({"password": KEY})

    def colleague(self) -> WebhookConnector:
        return WebhookConnector(self.http, self.pace)

    def say(
        self,
        text: str,
        *,
        author: str = "Ann",
        parent: str | None = None,
        held: bool = False,
        at: datetime | None = None,
    ) -> str:
        more = {"parent": parent} if parent else {}
        said = self.system.say(text, author=author, at=at, status="held" if held else "live", **more)
        return str(said["id"])

    def say_unnamed(self, text: str, lack: Lack) -> str:
        comment = self.say(text, author="")
        if lack is Lack.NO_AUTHOR:
            del self.system.comments[comment]["author"]
        return comment

    def release(self, comment: str) -> None:
        self.system.put(dict(self.system.comments[comment], status="live"))

    def edit(self, comment: str, text: str) -> None:
        self.system.put(dict(self.system.comments[comment], text=text))

    def remove(self, comment: str) -> None:
        del self.system.comments[comment]

    def target(self, comment: str) -> Target:
        return Target(comment, "p1")

    def answers(self, comment: str) -> list[str]:
        return [one["text"] for one in self.system.comments.values() if one.get("parent") == comment]

    def revoke(self) -> None:
        self.system.key = "a new key that nobody has told us of"
