"""Reading an account: which media have news, and their comments with the replies that come with them.

Instagram gives comments newest first and knows no time to begin at. A medium whose number of comments is another is
read from the newest on, down to what was known; replies under older comments come by Meta's word, and by a deep walk
through everything once a day.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.connectors import errors
from app.connectors.errors import Permanent
from app.connectors.instagram import parse
from app.connectors.instagram.parse import Me
from app.connectors.meta.client import Graph, RefusedError, following, moment, rows
from app.connectors.ports import Batch, Cursor, Item, Payload, Post, Verdict

TOGETHER = 50
"""Comments of the first level in one request; Instagram gives no more."""
PORTION = 100
OVERLAP = timedelta(minutes=10)
DEEP_EVERY = timedelta(hours=24)
LISTS, DEEP_LISTS = 1, 10
"""How many hundreds of media are looked at each time, and how many once a day."""
REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads as one account."""

    graph: Graph
    me: Me
    now: datetime

    def latest(self, count: int) -> list[Item]:
        """The newest few, newest first: of the newest media that were commented on."""
        answer = self.graph.get(f"{self.me.id}/media", fields=parse.MEDIA, limit="10")
        items: list[Item] = []
        for found in rows(answer):
            if found.get("comments_count"):
                newest = self.graph.get(f"{found['id']}/comments", fields=parse.WITH_REPLIES, limit=str(TOGETHER))
                items += self._items(found, rows(newest))
            if len(items) >= count:
                break
        return sorted(items, key=lambda item: item.published_at, reverse=True)[:count]

    def collect(self, cursor: Cursor | None, since: datetime | None) -> Iterator[Batch]:
        """See ``InstagramConnector.collect``."""
        been = Been.of(cursor, self.now)
        for listed in self._lists(DEEP_LISTS if been.walk else LISTS):
            for found in listed:
                medium, mark = str(found["id"]), str(found.get("comments_count", "?"))
                if not been.has_read(medium, mark):
                    been.begin(medium, mark)
                    yield from self._comments(found, been, since)
                    been.finish(medium)
        yield Batch((), been.finished(), complete=True)

    def _comments(self, found: Mapping[str, Any], been: "Been", since: datetime | None) -> Iterator[Batch]:
        """A medium's comments from the newest on, down to what was known before."""
        medium = str(found["id"])
        known = been.known(medium)
        border = known - OVERLAP if known else None
        for answer in self._pages(medium, been):
            told = [one for top in rows(answer) for one in self._whole(top)]
            items = [parse.comment(one, parse.post(found), self.me, self.now) for one in told]
            young = [n for n, item in enumerate(items) if since is None or item.published_at >= since]
            been.came_to(medium, [items[n].published_at for n in young], following(answer) or "")
            for start in range(0, len(young), PORTION):
                portion = young[start : start + PORTION]
                payload = _payload(found, [told[n] for n in portion])
                last = start + PORTION >= len(young)
                yield Batch([items[n] for n in portion], been.cursor(behind=not last), (payload,))
            tops = [moment(one.get("timestamp")) for one in rows(answer)]
            oldest = min((at for at in tops if at is not None), default=None)
            if oldest is not None and border is not None and oldest < border:
                return

    def _whole(self, top: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """A comment with all its replies: those that did not come along are asked for."""
        told = list(parse.with_replies(top))
        replies = top.get("replies")
        after = following(replies) if isinstance(replies, dict) else None
        while after is not None:
            answer = self.graph.get(f"{top['id']}/replies", fields=parse.ONE, limit=str(TOGETHER), after=after)
            told += [{**one, "parent_id": one.get("parent_id") or top["id"]} for one in rows(answer)]
            after = following(answer)
        return told

    def _pages(self, medium: str, been: "Been") -> Iterator[dict[str, Any]]:
        after: str | None = been.after(medium)
        while after is not None:
            params = {"fields": parse.WITH_REPLIES, "limit": str(TOGETHER)} | ({"after": after} if after else {})
            try:
                answer = self.graph.try_get(f"{medium}/comments", **params)
            except RefusedError as refused:
                if refused.absent:  # deleted since it was listed
                    return
                raise self.graph.error_for(refused, act=False) from None
            yield answer
            after = following(answer)

    def _lists(self, most: int) -> Iterator[list[dict[str, Any]]]:
        after: str | None = ""
        for _number in range(most):
            params = {"fields": parse.MEDIA, "limit": str(PORTION)} | ({"after": after} if after else {})
            answer = self.graph.get(f"{self.me.id}/media", **params)
            yield rows(answer)
            after = following(answer)
            if after is None:
                return

    def _items(self, found: Mapping[str, Any], tops: Sequence[Mapping[str, Any]]) -> list[Item]:
        post = parse.post(found)
        return [parse.comment(one, post, self.me, self.now) for top in tops for one in parse.with_replies(top)]

    def verify(self, known: Sequence[str]) -> Iterator[Verdict]:
        """Known comments as they are now; mentions below other people's media one by one, as Meta shows them."""
        mentions = {one: where for one in known if (where := parse.mentioned(one)) is not None}
        ids = [one for one in known if one not in mentions]
        for external_id, found in self.graph.several(ids, parse.ONE):
            item = parse.comment(found, Post(""), self.me, self.now) if found else None
            yield Verdict(external_id, item)
        for external_id, (media, comment) in mentions.items():
            try:
                told = self._mention(media, comment)
            except RefusedError as refused:
                if refused.absent:
                    yield Verdict(external_id, None)
                elif not refused.no_right:  # the medium's owner may have shut us out of this one
                    error = self.graph.error_for(refused, act=False)
                    if not isinstance(error, Permanent):
                        raise error from None
                continue
            if told is not None:
                yield Verdict(external_id, told)

    def told(self, comment: str, media: str) -> Item | None:
        """A comment we were told of, as it is now; None when it is gone."""
        try:
            found = self.graph.try_get(comment, fields=parse.ONE)
            under = self.graph.try_get(media, fields=parse.MEDIA)
        except RefusedError as refused:
            if refused.absent:
                return None
            raise self.graph.error_for(refused, act=False) from None
        return parse.comment(found, parse.post(under), self.me, self.now)

    def mention(self, media: str, comment: str) -> Item | None:
        """A mention we were told of; None when it is gone, or not shown to us."""
        try:
            return self._mention(media, comment)
        except RefusedError as refused:
            if refused.absent:
                return None
            raise self.graph.error_for(refused, act=False) from None

    def _mention(self, media: str, comment: str) -> Item | None:
        """A mention; None where the answer does not hold it. Raises RefusedError."""
        if comment:
            field = f"mentioned_comment.comment_id({comment})"
            inner = "id,text,username,timestamp,media{id,permalink,caption}"
        else:
            field, inner = f"mentioned_media.media_id({media})", "id,caption,permalink,username,timestamp"
        answer = self.graph.try_get(self.me.id, fields=f"{field}{{{inner}}}")
        found = answer.get(field.partition(".")[0])
        return parse.mention(found, media, comment, self.now) if isinstance(found, dict) else None


@dataclass(slots=True)
class Been:
    """How far each medium was read: (newest comment, number of comments when it was read to its end, the deep walk it
    was last read in). ``at`` is where a medium is being read: Meta's place in it, good for this walk, and what will
    stand in ``media`` once it was read to its end."""

    media: dict[str, list[str]]
    deep_at: str
    walk: str
    at: dict[str, str]
    before: dict[str, str]

    @classmethod
    def of(cls, cursor: Cursor | None, now: datetime) -> "Been":
        known = cursor or {}
        deep_at = moment(known.get("deep_at"))
        due = deep_at is None or now - deep_at >= DEEP_EVERY
        walk = str(known.get("walk") or (now.isoformat() if due else ""))
        media = {medium: list(told) for medium, told in known.get("media", {}).items()}
        return cls(media, known.get("deep_at", ""), walk, dict(known.get("at", {})), {})

    def has_read(self, medium: str, mark: str) -> bool:
        """Whether nothing was said there since it was read, in this walk where it is a deep one."""
        _newest, read, walk = self._told(medium)
        return read == mark and (not self.walk or walk == self.walk)

    def begin(self, medium: str, mark: str) -> None:
        """It is read now: from the newest on, or from where an earlier walk was broken off."""
        if self.at.get("medium") != medium:
            self.at = {"medium": medium, "mark": mark, "after": "", "newest": self._told(medium)[0]}
        self.before = dict(self.at)

    def known(self, medium: str) -> datetime | None:
        """Down to when it was read already; None for all of it, as in a deep walk."""
        return None if self.walk else moment(self._told(medium)[0])

    def after(self, medium: str) -> str:
        return self.at.get("after", "") if self.at.get("medium") == medium else ""

    def came_to(self, medium: str, times: Sequence[datetime], after: str) -> None:
        """A page of it was read; the next begins at ``after``."""
        self.before = dict(self.at)
        newest = max([self.at.get("newest", ""), *(at.isoformat() for at in times)])
        self.at = {**self.at, "medium": medium, "newest": newest, "after": after}

    def finish(self, medium: str) -> None:
        """It was read to its end, or to what was known."""
        self.media[medium] = [self.at.get("newest", ""), self.at.get("mark", ""), self.walk]
        self.at, self.before = {}, {}

    def cursor(self, *, behind: bool = False) -> Cursor:
        """In the middle of a walk; ``behind`` while a page was not given out completely."""
        newest = dict(sorted(self.media.items(), key=lambda one: one[1][0])[-REMEMBERED:])
        return {"media": newest, "deep_at": self.deep_at, "walk": self.walk, "at": self.before if behind else self.at}

    def finished(self) -> Cursor:
        """At the end of one."""
        return {**self.cursor(), "deep_at": self.walk or self.deep_at, "walk": "", "at": {}}

    def _told(self, medium: str) -> list[str]:
        return self.media.get(medium, ["", "", ""])


def payload_items(payload: Payload, me: Me, now: datetime) -> list[Item]:
    """What a kept answer says. Raises Permanent(BAD_ANSWER)."""
    try:
        kept = json.loads(payload.body)
        return [parse.comment(one, parse.post(kept["media"]), me, now) for one in kept["data"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Permanent(errors.BAD_ANSWER, "a kept answer can't be read") from None


def _payload(found: Mapping[str, Any], told: Sequence[Mapping[str, Any]]) -> Payload:
    media = {name: found.get(name) for name in ("id", "caption", "permalink")}
    bare = [{name: value for name, value in one.items() if name != "replies"} for one in told]
    body = json.dumps({"media": media, "data": bare}, ensure_ascii=False).encode()
    return Payload(f"https://graph.facebook.com/{found['id']}/comments", "application/json", body)
