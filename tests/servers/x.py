"""X as far as the connector meets it, with a memory: posts, mentions, search, quotes, answers, hiding, tokens.

X can't be run, so this is made from its description and documentation. Every answer it gives is checked against the
description; a request the description does not know is answered 400, as X does.
"""

import html
import itertools
import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from tests.connectors.described import OpenApi
from tests.servers.stopping import stop
from tests.servers.x_activity import APP_TOKEN, Switchboard
from tests.servers.x_activity import DESCRIPTION as ACTIVITY

DESCRIPTION = OpenApi(Path(__file__).parent.parent / "connectors" / "x_data" / "openapi-subset.json")
EPOCH_MS = 1_288_834_974_657
US = "2244994945"
TOKEN = "x-access"
PROBLEM = "https://api.x.com/2/problems/"
Answer = tuple[int, dict[str, Any]]


@dataclass
class Post:
    """One post; ``history`` are the ids of its versions, the first one stays its name here."""

    id: str
    author: str
    text: str
    at: datetime
    conversation: str
    parent: str | None = None
    parent_author: str | None = None
    quoted: str | None = None
    shown: bool = True
    hidden: bool = False
    history: list[str] = field(default_factory=list)

    @property
    def latest(self) -> str:
        return self.history[-1]


class X:
    """Use as a context manager. Ids grow with time, as X's do."""

    def __init__(self) -> None:
        self.posts: dict[str, Post] = {}
        self.users: dict[str, tuple[str, str]] = {}
        self.requests: list[tuple[str, str]] = []
        self.mistakes: list[str] = []
        self.headers: dict[str, str] = {}
        self.restricted = False
        self.unmentioned: set[str] = set()
        """Authors that answers leave out, as X does with suspended ones."""
        self._numbers = itertools.count(1)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"x": self}))
        self._server.daemon_threads = True
        self.reset()

    def reset(self) -> None:
        self.posts.clear()
        self.users = {US: ("Kettle & Co", "kettleco")}
        self.tokens = {TOKEN}
        self.refresh = "x-refresh"
        self.headers = {}
        self.restricted = False
        self.switchboard = Switchboard()
        self.mistakes.clear()

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self._server.server_port

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        stop(self._server)

    # --- what people do

    def publish(self, text: str, *, author: str = US, at: datetime | None = None, **more: Any) -> str:
        """Somebody posts."""
        when = at or datetime.now(UTC)
        number = str((int(when.timestamp() * 1000) - EPOCH_MS << 22) + next(self._numbers) % 4_000_000)
        post = Post(number, author, text, when, number, history=[number], **more)
        if post.parent:
            above = self.posts[post.parent]
            post.conversation, post.parent_author = above.conversation, above.author
        self.posts[number] = post
        return number

    def person(self, name: str) -> str:
        number = str(9_000_000 + next(self._numbers))
        self.users[number] = (name, f"guest{number}")
        return number

    def edit(self, number: str, text: str) -> None:
        post = self.posts[number]
        post.text = text
        post.history.append(str(int(post.latest) + 1))

    # --- what X answers

    def answer(self, method: str, target: str, body: Any, token: str) -> Answer:
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query))
        if parts.path == "/2/oauth2/token":
            return self._token(body)
        if parts.path == "/oauth2/token":
            return self.switchboard.token(body, token)
        if token not in self.tokens and token != APP_TOKEN:
            return 401, {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}
        known = ACTIVITY if Switchboard.knows(parts.path) else DESCRIPTION
        try:
            known.check(method, target, body)
        except AssertionError as error:
            self.mistakes.append(str(error))
            return 400, {"title": "Invalid Request", "type": f"{PROBLEM}invalid-request", "detail": str(error)}
        if known is ACTIVITY:
            status, said = self.switchboard.answer(method, parts.path, query, body, token)
        else:
            status, said = self._route(method, parts.path, query, body)
        known.check_answer(method, target, status, said)
        return status, said

    def _route(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Answer:
        routes: Sequence[tuple[str, str, Callable[..., Answer]]] = (
            ("GET", r"/2/users/me", lambda: (200, {"data": self._user(US)})),
            ("GET", r"/2/users/\d+/mentions", lambda: self._page(self._mentions(), query)),
            ("GET", r"/2/users/\d+/tweets", lambda: self._page(self._by(US), query)),
            ("GET", r"/2/tweets/search/recent", lambda: self._page(self._found(query["query"]), query)),
            ("GET", r"/2/tweets", lambda: self._several(query["ids"].split(","))),
            ("GET", r"/2/tweets/(\d+)/quote_tweets", lambda number: self._page(self._quotes(number), query)),
            ("POST", r"/2/tweets", lambda: self._create(body)),
            ("PUT", r"/2/tweets/(\d+)/hidden", lambda number: self._hide(number, body)),
        )
        for verb, pattern, answer in routes:
            if verb == method and (found := re.fullmatch(pattern, path)):
                return answer(*found.groups())
        return 404, {"title": "Not Found", "type": "about:blank", "status": 404, "detail": path}

    def _mentions(self) -> list[Post]:
        return [
            one
            for one in self._all()
            if one.author != US and (one.parent_author == US or re.search(r"@kettleco\b", one.text))
        ]

    def _by(self, author: str) -> list[Post]:
        return [one for one in self._all() if one.author == author]

    def _found(self, query: str) -> list[Post]:
        assert len(query) <= 512
        threads, _close, name = query.removeprefix("(").partition(") -from:")
        assert name == "kettleco"
        wanted = {part.removeprefix("conversation_id:") for part in threads.split(" OR ")}
        week = datetime.now(UTC) - timedelta(days=7)
        return [one for one in self._all() if one.conversation in wanted and one.author != US and one.at > week]

    def _quotes(self, number: str) -> list[Post]:
        return [one for one in self._all() if one.quoted == number]

    def _all(self) -> list[Post]:
        shown = [one for one in self.posts.values() if one.shown]
        return sorted(shown, key=lambda one: int(one.latest), reverse=True)

    def _page(self, posts: Sequence[Post], query: Mapping[str, str]) -> Answer:
        since, until = int(query.get("since_id", 0)), int(query.get("until_id", 2**63))
        start = (
            datetime.fromisoformat(query["start_time"]) if "start_time" in query else datetime.min.replace(tzinfo=UTC)
        )
        found = [one for one in posts if since < int(one.latest) < until and one.at >= start]
        size = int(query.get("max_results", 10))
        start_at = int(query.get("pagination_token", "0")[-8:])
        found = found[start_at:]
        meta: dict[str, Any] = {"result_count": len(found[:size])}
        if not found:
            return 200, {"meta": meta}
        meta |= {"newest_id": found[0].latest, "oldest_id": found[:size][-1].latest}
        if len(found) > size:
            meta["next_token"] = f"7140dibdnow9c7btw4539n0vybdnx19ylpayq{start_at + size:08}"
        return 200, {**self._listed(found[:size]), "meta": meta}

    def _listed(self, posts: Sequence[Post]) -> dict[str, Any]:
        authors = [one for one in dict.fromkeys(one.author for one in posts) if one not in self.unmentioned]
        data = {"data": [self._post(one) for one in posts]}
        return {**data, "includes": {"users": [self._user(one) for one in authors]}} if authors else data

    def _several(self, ids: Sequence[str]) -> Answer:
        known = {version: one for one in self.posts.values() if one.shown for version in one.history}
        found = [known[number] for number in dict.fromkeys(ids) if number in known]
        missing = [
            {
                "title": "Not Found Error",
                "type": f"{PROBLEM}resource-not-found",
                "detail": f"Could not find tweet with ids: [{number}].",
                "resource_id": number,
                "resource_type": "tweet",
                "parameter": "ids",
                "value": number,
            }
            for number in ids
            if number not in known
        ]
        said = self._listed(found) if found else {}
        return 200, said | ({"errors": missing} if missing else {})

    def _create(self, body: Any) -> Answer:
        if "reply" not in body:
            return self._publish(body["text"])
        target = str(body["reply"]["in_reply_to_tweet_id"])
        asked = self.posts.get(target)
        if asked is None or not asked.shown:
            return 400, {"title": "Invalid Request", "type": f"{PROBLEM}invalid-request", "detail": "no such post"}
        if self.restricted and "@kettleco" not in asked.text:
            return 403, _forbidden("You can only reply to or quote posts where you are mentioned or are the author.")
        text = f"@{self.users[asked.author][1]} {body['text']}"
        if any(one.text == text and one.parent == target for one in self.posts.values()):
            return 403, _forbidden("You are not allowed to create a Tweet with duplicate content.")
        number = self.publish(text, parent=target)
        return 201, {"data": {"id": number, "text": html.escape(text, quote=False)}}

    def _publish(self, text: str) -> Answer:
        if any(one.text == text and one.author == US and one.parent is None for one in self.posts.values()):
            return 403, _forbidden("You are not allowed to create a Tweet with duplicate content.")
        return 201, {"data": {"id": self.publish(text), "text": html.escape(text, quote=False)}}

    def _hide(self, number: str, body: Any) -> Answer:
        post = self.posts.get(number)
        if post is None or self.posts[post.conversation].author != US:
            return 403, _forbidden("not in a conversation of yours")
        post.hidden = bool(body["hidden"])
        return 200, {"data": {"hidden": post.hidden}}

    def _token(self, form: Mapping[str, str]) -> Answer:
        if form.get("grant_type") == "refresh_token" and form.get("refresh_token") != self.refresh:
            return 400, {"error": "invalid_request", "error_description": "Value passed for the token was invalid."}
        number = next(self._numbers)
        self.refresh = f"x-refresh-{number}"
        access = f"x-access-{number}"
        self.tokens.add(access)
        scope = "tweet.read users.read tweet.write tweet.moderate.write offline.access"
        return 200, {
            "token_type": "bearer",
            "access_token": access,
            "refresh_token": self.refresh,
            "expires_in": 7200,
            "scope": scope,
        }

    def _user(self, number: str) -> dict[str, str]:
        name, handle = self.users[number]
        return {"id": number, "name": name, "username": handle}

    def _post(self, one: Post) -> dict[str, Any]:
        escaped = html.escape(one.text, quote=False)
        said: dict[str, Any] = {
            "id": one.latest,
            "author_id": one.author,
            "text": escaped[:280],
            "created_at": one.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "conversation_id": one.conversation,
            "edit_history_tweet_ids": one.history,
            "public_metrics": {
                "retweet_count": 0,
                "reply_count": 0,
                "like_count": 0,
                "quote_count": len(self._quotes(one.id)),
                "bookmark_count": 0,
                "impression_count": 0,
            },
        }
        if len(escaped) > 280:
            said["note_tweet"] = {"text": escaped}
        references = [("replied_to", one.parent), ("quoted", one.quoted)]
        if found := [{"type": kind, "id": number} for kind, number in references if number]:
            said["referenced_tweets"] = found
        if one.parent_author:
            said["in_reply_to_user_id"] = one.parent_author
        return said


def _forbidden(detail: str) -> dict[str, Any]:
    return {"title": "Forbidden", "type": "about:blank", "status": 403, "detail": detail}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    x: X

    def _serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kind = self.headers.get("Content-Type", "")
        body = dict(parse_qsl(raw.decode())) if "form" in kind else json.loads(raw) if raw else None
        self.x.requests.append((self.command, self.path))
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        status, said = self.x.answer(self.command, self.path, body, token)
        data = json.dumps(said).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **self.x.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_DELETE = _serve

    def log_message(self, format: str, *args: Any) -> None:
        """Tests say themselves what went wrong."""
