"""A YouTube channel on a stand-in, and the stage of the contract suite on it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from app.connectors.meter import LooseMeter
from app.connectors.ports import Target
from app.connectors.youtube import YouTubeConnector
from app.connectors.youtube.connector import SCOPE
from tests.connectors.discovery import Discovery
from tests.connectors.google_double import TOKEN, GoogleDouble, Refusal, google_app, too_fast
from tests.connectors.proxied_stage import CountingHttp, ProxiedStage
from tests.connectors.stage import Lack
from tests.servers.faulty_proxy import FaultyProxy, Instead
from tests.servers.loopback import Loopback

DESCRIPTION = Discovery("youtube.v3")
US = "UC" + "kettle" * 3 + "Home"
VIDEO = "dQw4w9WgXcQ"


@dataclass
class Comment:
    id: str
    author: str
    channel: str
    text: str
    at: datetime
    updated: datetime
    parent: str | None = None
    status: str = "published"
    video: str = VIDEO


@dataclass
class Channel(GoogleDouble):
    """YouTube as far as the connector meets it. Every unit is counted as YouTube's documentation says."""

    description: Discovery = DESCRIPTION
    scope: str = SCOPE
    comments: dict[str, Comment] = field(default_factory=dict)
    banned: set[str] = field(default_factory=set)
    units: int = 0
    mine: tuple[str, str, str] = (US, "Kettle & Co", "@KettleCo")
    old_names: dict[str, str] = field(default_factory=lambda: {"kettlehouse": US})
    hold_own: bool = False

    def say(
        self,
        text: str,
        *,
        author: str = "@ann",
        parent: str | None = None,
        status: str = "published",
        at: datetime | None = None,
        video: str = VIDEO,
    ) -> str:
        count = next(self.numbers)
        top = parent.partition(".")[0] if parent else None
        number = f"{top}.9{count:07}" if top else f"Ugx{count:09}"
        when = (at or datetime.now(UTC)).astimezone(UTC)
        channel = US if author == "us" else f"UCguest{count:017}"
        name = self.mine[2] if author == "us" else author
        self.comments[number] = Comment(number, name, channel, text, when, when, top, status, video)
        return number

    def serve(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Any:
        self.units += 50 if method == "POST" else 1
        place = path.removeprefix("/youtube/v3/")
        if method == "POST":
            return self._insert(body) if place == "comments" else self._moderate(query)
        if place == "channels" and "forUsername" in query:
            number = self.old_names.get(query["forUsername"].lower())
            return _listed("channel", [{"id": number}] if number else [])
        if place == "channels":
            number, title, handle = self.mine
            return _listed("channel", [{"id": number, "snippet": {"title": title, "customUrl": handle}}])
        if place == "videos":
            return _listed(
                "video", [{"id": one, "snippet": {"title": f"About {one}"}} for one in query["id"].split(",")]
            )
        return self._threads(query) if place == "commentThreads" else self._comments(query)

    def _threads(self, query: Mapping[str, str]) -> Any:
        assert query["allThreadsRelatedToChannelId"] == US
        status = query.get("moderationStatus", "published")
        found = [one for one in self.comments.values() if one.parent is None and self._stands_in(one, status)]
        found.sort(key=lambda one: (one.at, one.id), reverse=True)
        shown, more = _page(found, query)
        return _listed("commentThread", [self._thread(one) for one in shown], more)

    def _stands_in(self, one: Comment, status: str) -> bool:
        """A thread is among those held back, too, when only a reply in it is."""
        return one.status == status or (status != "published" and any(r.status == status for r in self._under(one)))

    def _under(self, one: Comment) -> list[Comment]:
        return [reply for reply in self.comments.values() if reply.parent == one.id]

    def _thread(self, one: Comment) -> dict[str, Any]:
        under = [reply for reply in self._under(one) if reply.status != "rejected"]
        said: dict[str, Any] = {
            "channelId": US,
            "topLevelComment": self._shown(one),
            "canReply": True,
            "totalReplyCount": len(under),
            "isPublic": one.status == "published",
        }
        if one.video:
            said["videoId"] = one.video
        made: dict[str, Any] = {"kind": "youtube#commentThread", "etag": "e", "id": one.id, "snippet": said}
        if under:
            made["replies"] = {"comments": [self._shown(reply) for reply in under[-5:]]}
        return made

    def _comments(self, query: Mapping[str, str]) -> Any:
        if "id" in query:
            ids = query["id"].split(",")
            assert len(ids) <= 50
            return _listed(
                "comment", [self._shown(self.comments[one], by_id=True) for one in ids if one in self.comments]
            )
        if query["parentId"] not in self.comments:
            raise Refusal(404, "parentCommentNotFound")
        found = sorted(self._under(self.comments[query["parentId"]]), key=lambda one: (one.at, one.id), reverse=True)
        shown, more = _page([one for one in found if one.status != "rejected"], query)
        return _listed("comment", [self._shown(one) for one in shown], more)

    def _insert(self, body: Any) -> Any:
        parent = self.comments.get(body["snippet"]["parentId"])
        if parent is None or parent.parent is not None:
            raise Refusal(404, "parentCommentNotFound")
        status = "heldForReview" if self.hold_own else "published"
        number = self.say(body["snippet"]["textOriginal"], author="us", parent=parent.id, status=status)
        return self._shown(self.comments[number])

    def _moderate(self, query: Mapping[str, str]) -> None:
        assert query["moderationStatus"] != "likelySpam", "YouTube does not take that"
        for one in query["id"].split(","):
            if one not in self.comments:
                raise Refusal(404, "commentNotFound")
            self.comments[one].status = query["moderationStatus"]
            if query.get("banAuthor") == "true":
                assert query["moderationStatus"] == "rejected"
                self.banned.add(self.comments[one].channel)

    def _shown(self, one: Comment, *, by_id: bool = False) -> dict[str, Any]:
        said: dict[str, Any] = {
            "channelId": US,
            "textDisplay": one.text,
            "authorDisplayName": one.author,
            "authorChannelUrl": f"http://www.youtube.com/{one.author}",
            "authorChannelId": {"value": one.channel},
            "canRate": True,
            "likeCount": 0,
            "publishedAt": _stamp(one.at),
            "updatedAt": _stamp(one.updated),
        }
        if not one.channel:  # as of accounts that were closed
            said = {name: told for name, told in said.items() if not name.startswith("author")}
        if one.channel == US:
            said["textOriginal"] = one.text
        if one.parent:
            said["parentId"] = one.parent
        if one.video and not one.parent:
            said["videoId"] = one.video
        if not by_id:
            said["moderationStatus"] = one.status
        return {"kind": "youtube#comment", "etag": "e", "id": one.id, "snippet": said}


class YouTubeStage(ProxiedStage):
    discovers_by_form = True
    two_levels = True
    shows_states = False
    longest = 10_000

    def __init__(self, channel: Channel, proxy: FaultyProxy, *, units: int = 1_000_000) -> None:
        self.channel, self.proxy, self.units = channel, proxy, units
        self.http, self.meter = CountingHttp(), LooseMeter()
        self.connector = self.colleague()
        self.address = "youtube.com/@KettleCo"
        self.elsewhere = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"
        self.wrong_secret = {"password": "ya29.none"}
        self.access = self.connected({"password": TOKEN})

    def own_limit(self) -> Instead:
        return too_fast()

    def colleague(self) -> YouTubeConnector:
        google = google_app(self.proxy.url, units=self.units)
        return YouTubeConnector(self.http, self.pace, self.meter, google)

    def say(
        self,
        text: str,
        *,
        author: str = "Ann",
        parent: str | None = None,
        held: bool = False,
        at: datetime | None = None,
    ) -> str:
        status = "heldForReview" if held else "published"
        return self.channel.say(text, author=author, parent=parent, status=status, at=at)

    def say_unnamed(self, text: str, lack: Lack) -> str:
        comment = self.say(text, author="")
        if lack is Lack.NO_AUTHOR:
            self.channel.comments[comment].channel = ""
        return comment

    def release(self, comment: str) -> None:
        self.channel.comments[comment].status = "published"

    def edit(self, comment: str, text: str) -> None:
        one = self.channel.comments[comment]
        one.text, one.updated = text, datetime.now(UTC)

    def remove(self, comment: str) -> None:
        for one in [comment, *(one.id for one in self.channel.comments.values() if one.parent == comment)]:
            del self.channel.comments[one]

    def target(self, comment: str) -> Target:
        return Target(comment, VIDEO)

    def answers(self, comment: str) -> list[str]:
        return [one.text for one in self.channel.comments.values() if one.parent == comment and one.channel == US]

    def revoke(self) -> None:
        self.channel.tokens.clear()


@contextmanager
def on_stage(*, units: int = 1_000_000) -> Iterator[YouTubeStage]:
    """A channel, its server and a proxy in front; at the end YouTube would have refused nothing."""
    channel = Channel()
    with Loopback() as server, FaultyProxy(("127.0.0.1", server.port)) as proxy:
        server.route("*", channel.answer)
        yield YouTubeStage(channel, proxy, units=units)
        assert channel.mistakes == [], "YouTube would have refused these"


def _page(found: Sequence[Comment], query: Mapping[str, str]) -> tuple[Sequence[Comment], str | None]:
    """A page token names the comment before: what is deleted or comes meanwhile shifts nothing."""
    size = int(query.get("maxResults", "20"))
    if query.get("pageToken"):
        before = tuple(query["pageToken"].split("|"))
        found = [one for one in found if (one.at.isoformat(), one.id) < before]
    shown = found[:size]
    return shown, f"{shown[-1].at.isoformat()}|{shown[-1].id}" if len(found) > size else None


def _listed(kind: str, items: Sequence[Any], more: str | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = {"kind": f"youtube#{kind}ListResponse", "etag": "e", "items": list(items)}
    return {**answer, "nextPageToken": more} if more else answer


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
