"""An Instagram account on the stand-in, and the stage of the contract suite on it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.connectors.instagram import InstagramConnector
from app.connectors.instagram.connector import NEEDED, WISHED
from app.connectors.instagram.posts import SCOPE
from tests.connectors.graph_double import (
    ABSENT,
    GraphDouble,
    Refusal,
    bare,
    check_call,
    check_fields,
    page_of,
    stamp,
    told,
)
from tests.connectors.meta_stage import MetaStage
from tests.connectors.stage import Lack, PublishStage
from tests.servers.faulty_proxy import FaultyProxy
from tests.servers.loopback import Loopback

IG, NAME = "1789", "ourbakery"


@dataclass
class Insta(GraphDouble):
    scopes: list[str] = field(default_factory=lambda: [*NEEDED, *WISHED, SCOPE, "pages_show_list"])
    media: dict[str, dict[str, Any]] = field(default_factory=dict)
    comments: dict[str, dict[str, Any]] = field(default_factory=dict)
    elsewhere: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Comments that mention us below other people's media."""
    answered: list[dict[str, str]] = field(default_factory=list)

    containers: dict[str, str] = field(default_factory=dict)
    """Captions of what was prepared and not published yet."""

    def medium(self, caption: str = "Fresh from the oven") -> str:
        number = str(next(self.numbers))
        self.media[number] = {
            "id": number,
            "caption": caption,
            "permalink": f"https://www.instagram.com/p/{number}/",
            "timestamp": stamp(),
        }
        return number

    def say(
        self,
        medium: str,
        text: str,
        *,
        author: str = "ann",
        parent: str | None = None,
        hidden: bool = False,
        at: datetime | None = None,
        us: bool = False,
    ) -> str:
        count = next(self.numbers)
        when = stamp(at)
        top = self.comments[parent].get("parent_id", parent) if parent else None
        name = NAME if us else author
        self.comments[str(count)] = {
            "_medium": medium,
            "_place": f"{when} {count:09}",
            "id": str(count),
            "text": text,
            "timestamp": when,
            "username": name,
            "from": {"id": IG if us else f"8{count}", "username": name},
            "hidden": hidden,
            **({"parent_id": top} if top else {}),
        }
        return str(count)

    def person(self, comment: str) -> str:
        if comment not in self.comments:
            raise Refusal(*ABSENT)
        author: dict[str, str] = self.comments[comment]["from"]
        return author["id"]

    def as_account(self) -> dict[str, Any]:
        return {**super().as_account(), "instagram_business_account": {"id": IG, "username": NAME}}

    def serve(self, method: str, path: str, params: dict[str, str]) -> Any:
        if path == "" and "ids" in params:
            return self._several(params)
        name, _slash, edge = path.partition("/")
        name = self.account if name == "me" else name
        node = {self.account: "Page", IG: "IGUser"}.get(name, "IGMedia" if name in self.media else "IGComment")
        check_call(node, method, edge, params)
        if node == "IGComment" and name not in self.comments:
            raise Refusal(*ABSENT)
        if method != "GET":
            return self._act(method, name, edge, params)
        if edge == "media":
            check_fields("IGMedia", params["fields"])
            rows = [
                told("IGMedia", {**self._medium(key), "_place": f"{n:09}"}, params["fields"])
                for n, key in enumerate(reversed(self.media))
            ]
            return page_of(rows, params)
        if edge:
            check_fields("IGComment", params["fields"])
            return self._thread(node, name, params)
        return self._node(node, name, params["fields"])

    def _medium(self, number: str) -> dict[str, Any]:
        count = sum(one["_medium"] == number for one in self.comments.values())
        return {**self.media[number], "comments_count": count}

    def _node(self, node: str, name: str, fields: str) -> Any:
        asked = re.fullmatch(r"(mentioned_comment|mentioned_media)\.(?:comment|media)_id\((\d+)\)\{(.*)\}", fields)
        if asked is not None:
            assert node == "IGUser", node
            if asked[2] not in self.elsewhere:
                raise Refusal(*ABSENT)
            found = "IGComment" if asked[1] == "mentioned_comment" else "IGMedia"
            check_fields(found, asked[3])
            return {asked[1]: told(found, self.elsewhere[asked[2]], asked[3]), "id": IG}
        check_fields(node, fields)
        if node == "Page":
            linked = told("IGUser", {"id": IG, "username": NAME}, "id,username")
            page = {"id": self.account, "name": "Our bakery", "instagram_business_account": linked}
            return told("Page", page, fields)
        if node == "IGMedia":
            return told("IGMedia", self._medium(name), fields)
        return bare(self._shown(self.comments[name], fields))

    def _several(self, params: Mapping[str, str]) -> Any:
        ids = params["ids"].split(",")
        assert len(ids) <= 50, "Meta takes 50 ids at most"
        if any(one not in self.comments for one in ids):
            raise Refusal(803)
        check_fields("IGComment", params["fields"])
        return {one: bare(self._shown(self.comments[one], params["fields"])) for one in ids}

    def _shown(self, found: Mapping[str, Any], fields: str) -> dict[str, Any]:
        shown = told("IGComment", found, fields)
        inner = re.search(r"replies\.limit\(50\)\{(.*)\}", fields)
        below = self._replies(str(found["id"]), inner[1]) if inner else []
        if below:
            shown["replies"] = page_of(below, {"limit": "50"})
        return shown

    def _replies(self, top: str, fields: str) -> list[dict[str, Any]]:
        rows = [told("IGComment", one, fields) for one in self.comments.values() if one.get("parent_id") == top]
        return sorted(rows, key=lambda one: str(one["_place"]))

    def _thread(self, node: str, name: str, params: dict[str, str]) -> Any:
        assert int(params.get("limit", "25")) <= 50, "Instagram gives at most 50"
        if node == "IGComment":
            return page_of(self._replies(name, params["fields"]), params)
        rows = [one for one in self.comments.values() if one["_medium"] == name and "parent_id" not in one]
        rows.sort(key=lambda one: str(one["_place"]), reverse=True)
        return page_of([self._shown(one, params["fields"]) for one in rows], {**params, "_reverse": "yes"})

    def _act(self, method: str, name: str, edge: str, params: dict[str, str]) -> Any:
        if edge == "subscribed_apps":
            return {"success": True}
        if edge == "media":
            number = str(next(self.numbers))
            self.containers[number] = params["caption"]
            return {"id": number}
        if edge == "media_publish":
            return {"id": self.medium(self.containers.pop(params["creation_id"]))}
        if edge == "mentions":
            self.answered.append(params)
            return {"id": str(next(self.numbers))}
        if method == "DELETE":
            del self.comments[name]
            return {"success": True}
        if edge == "replies":
            return {"id": self.say(self.comments[name]["_medium"], params["message"], parent=name, us=True)}
        self.comments[name]["hidden"] = params["hide"] == "true"
        return {"success": True}


class InstagramStage(MetaStage, PublishStage):
    two_levels = True
    connector: InstagramConnector
    address = "https://www.instagram.com/OurBakery/?hl=de"
    elsewhere: str | None = "https://www.instagram.com/p/Cxyz/"

    def __init__(self, server: Loopback, proxy: FaultyProxy) -> None:
        self.insta = Insta()
        self.post = self.insta.medium()
        super().__init__(InstagramConnector, self.insta, server, proxy)

    def say(
        self,
        text: str,
        *,
        author: str = "Ann",
        parent: str | None = None,
        held: bool = False,
        at: datetime | None = None,
    ) -> str:
        return self.insta.say(self.post, text, author=author, parent=parent, hidden=held, at=at)

    def say_unnamed(self, text: str, lack: Lack) -> str:
        comment = self.say(text, author="")
        if lack is Lack.NO_AUTHOR:
            del self.insta.comments[comment]["from"], self.insta.comments[comment]["username"]
        return comment

    def release(self, comment: str) -> None:
        self.insta.comments[comment]["hidden"] = False

    def edit(self, comment: str, text: str) -> None:
        self.insta.comments[comment]["text"] = text

    def remove(self, comment: str) -> None:
        del self.insta.comments[comment]

    def answers(self, comment: str) -> list[str]:
        return [str(one["text"]) for one in self.insta.comments.values() if one.get("parent_id") == comment]

    def posts(self) -> list[str]:
        return [str(one["caption"]) for one in self.insta.media.values()]

    def say_below(self, post: str, text: str) -> str:
        return self.insta.say(post, text)
