"""A blog on Blogger on a stand-in: its interface, its public feed, and the stages of the contract suite on both."""

import html
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from app.connectors.blogger import BloggerConnector
from app.connectors.blogger.connector import SCOPE
from app.connectors.ports import Target
from tests.connectors.discovery import Discovery
from tests.connectors.google_double import TOKEN, GoogleDouble, Refusal, google_app, too_fast
from tests.connectors.proxied_stage import CountingHttp, ProxiedStage
from tests.connectors.stage import Lack
from tests.servers.faulty_proxy import FaultyProxy, Instead
from tests.servers.loopback import Loopback, Reply, Request

DESCRIPTION = Discovery("blogger.v3")
BLOG, POST, US = "8815", "6301", "1234567"
PLACE = "https://kettle.example/2026/11/spring.html"


@dataclass
class Comment:
    id: str
    author: str
    profile: str
    text: str
    at: datetime
    updated: datetime
    parent: str | None
    status: str = "LIVE"
    post: str = POST


@dataclass
class Blog(GoogleDouble):
    """Blogger as far as the connector meets it; numbers of comments grow, and say nothing of when."""

    description: Discovery = DESCRIPTION
    scope: str = SCOPE
    comments: dict[str, Comment] = field(default_factory=dict)
    role: str | None = "ADMIN"
    posts: dict[str, tuple[str, str]] = field(default_factory=lambda: {POST: ("Spring is here", PLACE)})

    def say(
        self,
        text: str,
        *,
        author: str = "Ann",
        parent: str | None = None,
        status: str = "LIVE",
        at: datetime | None = None,
        post: str = POST,
    ) -> str:
        count = next(self.numbers)
        number = f"{7_000_000 + count}"
        when = (at or datetime.now(UTC)).astimezone(UTC)
        above = parent.partition(".")[2] if parent else None
        profile = US if author == "us" else f"99{count}"
        self.comments[number] = Comment(number, author, profile, text, when, when, above, status, post)
        return f"{post}.{number}"

    def one(self, external_id: str) -> Comment:
        return self.comments[external_id.partition(".")[2]]

    # --- the interface

    def serve(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Any:
        place = path.removeprefix("/v3/")
        if place == "users/self":
            url = f"https://www.blogger.com/profile/{US}"
            return {"kind": "blogger#user", "id": US, "displayName": "Kettle & Co", "url": url}
        if place.startswith("users/self/blogs/"):
            if self.role is None:
                raise Refusal(404, "notFound")
            info = {"kind": "blogger#blogPerUserInfo", "role": self.role, "hasAdminAccess": self.role == "ADMIN"}
            return {"kind": "blogger#blogUserInfo", "blog_user_info": info}
        if found := re.fullmatch(rf"blogs/{BLOG}/posts/(\d+)/comments/(\d+)(?:/(\w+))?", place):
            return self._single(*found.groups())
        if found := re.fullmatch(rf"blogs/{BLOG}/posts/(\d+)", place):
            if found[1] not in self.posts:
                raise Refusal(404, "notFound")
            title, url = self.posts[found[1]]
            return {"kind": "blogger#post", "id": found[1], "title": title, "url": url}
        assert place == f"blogs/{BLOG}/comments", place
        return self._list(query)

    def _single(self, post: str, number: str, act: str | None) -> Any:
        one = self.comments.get(number)
        if one is None or one.post != post:
            raise Refusal(404, "notFound")
        if act is not None:
            one.status = {"approve": "LIVE", "spam": "SPAM", "removecontent": "EMPTIED"}[act]
        return self._shown(one)

    def _list(self, query: Mapping[str, str]) -> Any:
        assert int(query["maxResults"]) <= 500
        found = self._newest(query["status"], query.get("startDate"), query.get("endDate"))
        if query.get("pageToken"):
            before = tuple(query["pageToken"].split("|"))
            found = [one for one in found if (one.at.isoformat(), one.id) < before]
        shown = found[: int(query["maxResults"])]
        answer: dict[str, Any] = {"kind": "blogger#commentList", "items": [self._shown(one) for one in shown]}
        if len(found) > len(shown):
            answer["nextPageToken"] = f"{shown[-1].at.isoformat()}|{shown[-1].id}"
        return answer

    def _newest(self, status: str, since: str | None, until: str | None, post: str | None = None) -> list[Comment]:
        first = datetime.fromisoformat(since) if since else None
        last = datetime.fromisoformat(until) if until else None
        found = [
            one
            for one in self.comments.values()
            if one.status == status
            and (post is None or one.post == post)
            and (first is None or one.at >= first)
            and (last is None or one.at < last)
        ]
        return sorted(found, key=lambda one: (one.at, one.id), reverse=True)

    def _shown(self, one: Comment) -> dict[str, Any]:
        author = {"id": one.profile, "displayName": one.author, "url": _profile(one)}
        made: dict[str, Any] = {
            "kind": "blogger#comment",
            "id": one.id,
            "post": {"id": one.post},
            "blog": {"id": BLOG},
            "published": _stamp(one.at),
            "updated": _stamp(one.updated),
            "content": _html(one.text),
            "author": author,
            "status": one.status,
        }
        if not one.profile:
            del made["author"]
        return {**made, "inReplyTo": {"id": one.parent}} if one.parent else made

    # --- the blog itself

    def page(self, request: Request) -> Reply:
        """Everything that is not the interface: the blog's pages and its feeds."""
        if request.path == "/feeds/posts/default" and "alt" in request.query:
            return _as_feed(self._about(f"tag:blogger.com,1999:blog-{BLOG}", "Kettle & Co"))
        found = re.fullmatch(r"/feeds/(?:(\d+)/)?comments/default", request.path)
        if found is None or "alt" not in request.query:
            generator = b"<meta content='blogger' name='generator'/>" if request.path != "/elsewhere" else b""
            return Reply(b"<html><head>" + generator + b"</head></html>", headers=[("Content-Type", "text/html")])
        if found[1] and found[1] not in self.posts:
            return Reply(b"Not found", 404)
        return self._feed(request.query, found[1])

    def _feed(self, query: Mapping[str, str], post: str | None) -> Reply:
        assert query["alt"] == "json"
        found = self._newest("LIVE", query.get("published-min"), query.get("published-max"), post)
        first, size = int(query.get("start-index", "1")), min(int(query.get("max-results", "25")), 150)
        shown = found[first - 1 : first - 1 + size]
        feed: dict[str, Any] = {
            **self._about(f"tag:blogger.com,1999:blog-{BLOG}.comments", "Comments on Kettle & Co"),
            "openSearch$totalResults": {"$t": str(len(found))},
            "openSearch$startIndex": {"$t": str(first)},
        }
        if shown:
            feed["entry"] = [self._entry(one) for one in shown]
        return _as_feed(feed)

    def _about(self, number: str, title: str) -> dict[str, Any]:
        author = {"name": {"$t": "Kettle & Co"}, "uri": {"$t": f"https://www.blogger.com/profile/{US}"}}
        return {"id": {"$t": number}, "title": {"type": "text", "$t": title}, "author": [author]}

    def _entry(self, one: Comment) -> dict[str, Any]:
        at = f"http://www.blogger.com/feeds/{BLOG}/{one.post}/comments/default"
        links = [{"rel": "self", "href": f"{at}/{one.id}?v=2"}]
        if one.parent:
            links.append({"rel": "related", "href": f"{at}/{one.parent}?v=2"})
        url = self.posts[one.post][1]
        author = [{"name": {"$t": one.author}, "uri": {"$t": _profile(one)}}] if one.profile else []
        return {
            "id": {"$t": f"tag:blogger.com,1999:blog-{BLOG}.post-{one.id}"},
            "published": {"$t": _stamp(one.at)},
            "updated": {"$t": _stamp(one.updated)},
            "title": {"type": "text", "$t": one.text[:40]},
            "content": {"type": "html", "$t": _html(one.text)},
            "link": links,
            **({"author": author} if author else {}),
            "thr$in-reply-to": {
                "href": url,
                "ref": f"tag:blogger.com,1999:blog-{BLOG}.post-{one.post}",
                "type": "text/html",
            },
        }


class BloggerStage(ProxiedStage):
    """``signed_in``: by the interface, else by the public feed."""

    def __init__(self, blog: Blog, proxy: FaultyProxy, *, signed_in: bool = True) -> None:
        self.blog, self.proxy, self.signed_in = blog, proxy, signed_in
        self.http = CountingHttp()
        self.connector = self.colleague()
        self.address = f"{proxy.url}2026/11/spring.html"
        self.elsewhere = f"{proxy.url}elsewhere"
        self.wrong_secret = {"password": "ya29.none"}
        self.access = self.connected({"password": TOKEN} if signed_in else None)

    def own_limit(self) -> Instead:
        return too_fast() if self.signed_in else super().own_limit()

    def colleague(self) -> BloggerConnector:
        return BloggerConnector(self.http, self.pace, google_app(self.proxy.url))

    def say(
        self,
        text: str,
        *,
        author: str = "Ann",
        parent: str | None = None,
        held: bool = False,
        at: datetime | None = None,
    ) -> str:
        return self.blog.say(text, author=author, parent=parent, status="PENDING" if held else "LIVE", at=at)

    def say_unnamed(self, text: str, lack: Lack) -> str:
        comment = self.say(text, author="")
        if lack is Lack.NO_AUTHOR:
            self.blog.one(comment).profile = ""
        return comment

    def release(self, comment: str) -> None:
        self.blog.one(comment).status = "LIVE"

    def edit(self, comment: str, text: str) -> None:
        one = self.blog.one(comment)
        one.text, one.updated = text, datetime.now(UTC)

    def remove(self, comment: str) -> None:
        del self.blog.comments[comment.partition(".")[2]]

    def target(self, comment: str) -> Target:
        return Target(comment, POST)

    def answers(self, comment: str) -> list[str]:
        number = comment.partition(".")[2]
        return [one.text for one in self.blog.comments.values() if one.parent == number and one.profile == US]

    def revoke(self) -> None:
        self.blog.tokens.clear()


@contextmanager
def on_stage(*, signed_in: bool = True) -> Iterator[BloggerStage]:
    """A blog, its server and a proxy in front; at the end Google would have refused nothing."""
    blog = Blog()
    with Loopback() as server, FaultyProxy(("127.0.0.1", server.port)) as proxy:
        server.route("*", lambda request: blog.answer(request) if _is_api(request) else blog.page(request))
        yield BloggerStage(blog, proxy, signed_in=signed_in)
        assert blog.mistakes == [], "Google would have refused these"


def _is_api(request: Request) -> bool:
    return request.path.startswith("/v3/") or request.path == "/token"


def _as_feed(feed: dict[str, Any]) -> Reply:
    body = json.dumps({"version": "1.0", "encoding": "UTF-8", "feed": feed}).encode()
    return Reply(body, headers=[("Content-Type", "application/json; charset=UTF-8")])


def _profile(one: Comment) -> str:
    return f"https://www.blogger.com/profile/{one.profile}"


def _html(text: str) -> str:
    """As Blogger makes HTML of what people type."""
    return html.escape(text, quote=False).replace("\n", "<br />")


def _stamp(at: datetime) -> str:
    return (at - timedelta(hours=8)).isoformat(timespec="milliseconds").replace("+00:00", "-08:00")
