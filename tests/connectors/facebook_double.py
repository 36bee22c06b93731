"""A Facebook Page on the stand-in, and the stage of the contract suite on it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from app.connectors.facebook import FacebookConnector
from app.connectors.facebook.connector import NEEDED, WISHED
from app.connectors.facebook.posts import SCOPE
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


@dataclass
class Page(GraphDouble):
    scopes: list[str] = field(default_factory=lambda: [*NEEDED, *WISHED, SCOPE, "pages_show_list"])
    posts: dict[str, dict[str, Any]] = field(default_factory=dict)
    comments: dict[str, dict[str, Any]] = field(default_factory=dict)
    liked: set[str] = field(default_factory=set)
    subscribed: str = ""
    last_words: tuple[str, str] = ("", "")

    def post(self, message: str = "Spring is here", *, visitor: str | None = None, at: datetime | None = None) -> str:
        number = f"{self.account}_{next(self.numbers)}"
        author = {"id": f"9{number}", "name": visitor} if visitor else {"id": self.account, "name": "Our bakery"}
        self.posts[number] = {
            "id": number,
            "message": message,
            "created_time": stamp(at),
            "updated_time": stamp(at),
            "from": author,
            "permalink_url": f"https://www.facebook.com/{number}",
            "is_hidden": False,
        }
        return number

    def say(
        self,
        post: str,
        text: str,
        *,
        author: str = "Ann",
        parent: str | None = None,
        hidden: bool = False,
        at: datetime | None = None,
        us: bool = False,
    ) -> str:
        count = next(self.numbers)
        number = f"{post.partition('_')[2]}_{count}"
        when = stamp(at)
        self.comments[number] = {
            "_post": post,
            "_place": f"{when} {count:09}",
            "id": number,
            "message": text,
            "created_time": when,
            "from": {"id": self.account, "name": "Our bakery"} if us else {"id": f"8{count}", "name": author},
            "permalink_url": f"https://www.facebook.com/{post}?comment_id={count}",
            "is_hidden": hidden,
            **({"parent": {"id": parent}} if parent else {}),
        }
        self.posts[post]["updated_time"] = max(self.posts[post]["updated_time"], when)
        return number

    def serve(self, method: str, path: str, params: dict[str, str]) -> Any:
        if path == "" and "ids" in params:
            return self._several(params)
        name, _slash, edge = path.partition("/")
        name = self.account if name == "me" else name
        node = "Page" if name == self.account else "PagePost" if name in self.posts else "Comment"
        check_call(node, method, edge, params)
        if node == "Comment" and name not in self.comments:
            raise Refusal(*ABSENT)
        if method != "GET":
            return self._act(method, name, edge, params)
        if edge == "feed":
            check_fields("PagePost", params["fields"])
            rows = [{**one, "_place": f"{one['created_time']} {one['id']}"} for one in self.posts.values()]
            rows.sort(key=lambda one: str(one["_place"]), reverse=True)
            shown = [told("PagePost", {**one, "comments": self._summary(one["id"])}, params["fields"]) for one in rows]
            return page_of(shown, {**params, "_reverse": "yes"})
        if edge == "comments":
            check_fields("Comment", params["fields"])
            return self._thread(node, name, params)
        check_fields(node, params["fields"])
        if node == "Page":
            known = {"name": "Our bakery", "username": "OurBakery", "link": "https://www.facebook.com/1"}
            return told("Page", {"id": self.account, **known}, params["fields"])
        return self._shown(self.posts.get(name) or self.comments[name], params["fields"])

    def _several(self, params: Mapping[str, str]) -> Any:
        known = {**self.posts, **self.comments}
        ids = params["ids"].split(",")
        assert len(ids) <= 50, "Meta takes 50 ids at most"
        if any(one not in known for one in ids):
            raise Refusal(803)
        for one in ids:
            check_fields("PagePost" if one in self.posts else "Comment", params["fields"])
        return {one: self._shown(known[one], params["fields"]) for one in ids}

    def _shown(self, found: Mapping[str, Any], fields: str) -> dict[str, Any]:
        there = self.written.get(str(found["id"]))
        found = {**found, "can_reply_privately": there is None}
        if there is not None:
            found["private_reply_conversation"] = {"id": there}
        return told("PagePost" if str(found["id"]) in self.posts else "Comment", bare(found), fields)

    def person(self, comment: str) -> str:
        if comment not in self.comments and comment not in self.posts:
            raise Refusal(*ABSENT)
        author: dict[str, str] = {**self.posts, **self.comments}[comment]["from"]
        return author["id"]

    def forget_words(self) -> None:
        self.last_words = ("", "")

    def _summary(self, post: str) -> dict[str, Any]:
        return {"data": [], "summary": {"total_count": sum(one["_post"] == post for one in self.comments.values())}}

    def _thread(self, node: str, name: str, params: dict[str, str]) -> Any:
        assert params.get("filter") == "stream", "replies would be missed"
        if node == "PagePost":
            rows = [one for one in self.comments.values() if one["_post"] == name]
        else:
            rows = [one for one in self.comments.values() if one.get("parent", {}).get("id") == name]
        if "since" in params:
            first = stamp(datetime.fromtimestamp(int(params["since"]), UTC))
            rows = [one for one in rows if one["created_time"] >= first]
        reverse = params.get("order") == "reverse_chronological"
        rows.sort(key=lambda one: str(one["_place"]), reverse=reverse)
        shown = [told("Comment", one, params["fields"]) for one in rows]
        return page_of(shown, {**params, **({"_reverse": "yes"} if reverse else {})})

    def _act(self, method: str, name: str, edge: str, params: dict[str, str]) -> Any:
        if edge == "subscribed_apps":
            self.subscribed = params["subscribed_fields"]
            return {"success": True}
        if edge == "feed":
            return {"id": self.post(params["message"])}
        if edge == "likes":
            self.liked.add(name)
            return {"success": True}
        if method == "DELETE":
            del self.comments[name]
            return {"success": True}
        if edge == "comments":
            if self.last_words == (name, params["message"]):
                raise Refusal(506)
            self.last_words = (name, params["message"])
            if name in self.posts:
                return {"id": self.say(name, params["message"], us=True)}
            return {"id": self.say(self.comments[name]["_post"], params["message"], parent=name, us=True)}
        self.comments[name]["is_hidden"] = params["is_hidden"] == "true"
        return {"success": True}


class FacebookStage(MetaStage, PublishStage):
    connector: FacebookConnector
    address = "https://m.facebook.com/OurBakery/?ref=bookmarks"
    elsewhere: str | None = "https://www.facebook.com/groups/bakers"

    def __init__(self, server: Loopback, proxy: FaultyProxy) -> None:
        self.page = Page()
        self.post = self.page.post()
        super().__init__(FacebookConnector, self.page, server, proxy)

    def say(
        self,
        text: str,
        *,
        author: str = "Ann",
        parent: str | None = None,
        held: bool = False,
        at: datetime | None = None,
    ) -> str:
        return self.page.say(self.post, text, author=author, parent=parent, hidden=held, at=at)

    def say_unnamed(self, text: str, lack: Lack) -> str:
        comment = self.say(text, author="")
        if lack is Lack.NO_AUTHOR:
            del self.page.comments[comment]["from"]
        return comment

    def release(self, comment: str) -> None:
        self.page.comments[comment]["is_hidden"] = False

    def edit(self, comment: str, text: str) -> None:
        self.page.comments[comment]["message"] = text

    def remove(self, comment: str) -> None:
        del self.page.comments[comment]

    def answers(self, comment: str) -> list[str]:
        rows = self.page.comments.values()
        return [str(one["message"]) for one in rows if one.get("parent", {}).get("id") == comment]

    def posts(self) -> list[str]:
        return [str(one["message"]) for one in self.page.posts.values()]

    def say_below(self, post: str, text: str) -> str:
        return self.page.say(post, text)
