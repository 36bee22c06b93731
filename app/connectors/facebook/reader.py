"""Reading a Page: which posts have news, and their comments from the newest known on.

Comments of a post are read in the order of time with ``filter=stream`` (all levels, flat). The edge filters by time, so
how far a post was read is a time, which stays right whatever is said or deleted meanwhile; Meta's own cursors are only
used within one walk. What comes late or changes is found by the second look (``verify``), and by a deep walk through
everything once a day.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.connectors import errors
from app.connectors.errors import Permanent
from app.connectors.facebook import parse
from app.connectors.meta.client import Graph, RefusedError, following, moment, rows
from app.connectors.ports import Batch, Cursor, Item, Payload, Post, Verdict

PORTION = 100
OVERLAP = timedelta(minutes=10)
DEEP_EVERY = timedelta(hours=24)
LISTS, DEEP_LISTS = 1, 10
"""How many hundreds of posts are looked at each time, and how many once a day."""
REMEMBERED = 1_000
_COUNT = "comments.limit(0).summary(true)"


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads as one Page; ``page`` is its number."""

    graph: Graph
    page: str
    now: datetime

    def latest(self, count: int) -> list[Item]:
        """The newest few, newest first: of the newest posts that were commented on."""
        answer = self.graph.get(f"{self.page}/feed", fields=f"{parse.POST_FIELDS},{_COUNT}", limit="10")
        items = [item for one in rows(answer) if (item := parse.visitor_post(one, self.page, self.now)) is not None]
        for found in rows(answer):
            if _mark(found).startswith("0 "):
                continue
            newest = self.graph.get(
                f"{found['id']}/comments",
                filter="stream",
                order="reverse_chronological",
                fields=parse.COMMENT_FIELDS,
                limit=str(count),
            )
            items += [parse.comment(one, parse.post(found), self.page, self.now) for one in rows(newest)]
            if len(items) >= count:
                break
        return sorted(items, key=lambda item: item.published_at, reverse=True)[:count]

    def collect(self, cursor: Cursor | None, since: datetime | None) -> Iterator[Batch]:
        """See ``FacebookConnector.collect``."""
        been = Been.of(cursor, self.now)
        for listed in self._lists(DEEP_LISTS if been.walk else LISTS):
            yield from self._own_words(listed, been, since)
            for found in listed:
                post, mark = str(found["id"]), _mark(found)
                if been.has_read(post, mark):
                    continue
                yield from self._comments(found, been, since)
                been.finish(post, mark)
        yield Batch((), been.finished(self.now), complete=True)

    def _own_words(self, listed: Sequence[Mapping[str, Any]], been: "Been", since: datetime | None) -> Iterator[Batch]:
        """What visitors posted themselves."""
        told = [one for one in listed if not _too_old(one, since) and not _ours(one, self.page)]
        items = [item for one in told if (item := parse.visitor_post(one, self.page, self.now)) is not None]
        if items:
            yield Batch(items, been.cursor(), (_payload(self.page, "feed", None, told),))

    def _comments(self, found: Mapping[str, Any], been: "Been", since: datetime | None) -> Iterator[Batch]:
        """The comments of one post from where it was read to, less the overlap."""
        post = str(found["id"])
        seen = been.seen(post)
        first = max((at for at in (seen - OVERLAP if seen else None, since) if at is not None), default=None)
        had: set[str] = set()
        for answer in self._pages(post, first):
            listed = rows(answer)
            fresh = [one for one in listed if str(one.get("id")) not in had]
            if listed and not fresh:  # some Pages give the same comments again and again
                return
            had |= {str(one.get("id")) for one in fresh}
            told = [one for one in fresh if not _too_old(one, since)]
            items = [parse.comment(one, parse.post(found), self.page, self.now) for one in told]
            if items:
                been.came_to(post, max(item.published_at for item in items))
                yield Batch(items, been.cursor(), (_payload(self.page, f"{post}/comments", found, told),))

    def _pages(self, post: str, first: datetime | None) -> Iterator[dict[str, Any]]:
        params = {"filter": "stream", "order": "chronological", "fields": parse.COMMENT_FIELDS, "limit": str(PORTION)}
        if first is not None:
            params["since"] = str(int(first.timestamp()))
        after: str | None = ""
        while after is not None:
            try:
                answer = self.graph.try_get(f"{post}/comments", **params, **({"after": after} if after else {}))
            except RefusedError as refused:
                if refused.absent:  # the post was deleted since it was listed
                    return
                raise self.graph.error_for(refused, act=False) from None
            yield answer
            after = following(answer)

    def _lists(self, most: int) -> Iterator[list[dict[str, Any]]]:
        """The page's posts and its visitors', newest first, in portions."""
        after: str | None = ""
        for _number in range(most):
            answer = self.graph.get(
                f"{self.page}/feed",
                fields=f"{parse.POST_FIELDS},{_COUNT}",
                limit=str(PORTION),
                **({"after": after} if after else {}),
            )
            yield rows(answer)
            after = following(answer)
            if after is None:
                return

    def verify(self, known: Sequence[str]) -> Iterator[Verdict]:
        """Known comments as they are now. What Meta does not show any more is gone."""
        posts = [one for one in known if self._is_post(one)]
        comments = [one for one in known if not self._is_post(one)]
        for alike in (posts, comments):
            for external_id, found in self.graph.several(alike, self._fields(alike[0])) if alike else ():
                yield Verdict(external_id, self._as_known(external_id, found) if found else None)

    def _as_known(self, external_id: str, found: Mapping[str, Any]) -> Item:
        if not self._is_post(external_id):
            return parse.comment(found, Post(external_id.partition("_")[0]), self.page, self.now)
        shown = parse.visitor_post(found, self.page, self.now)
        return shown or parse.comment(found, Post(external_id), self.page, self.now)

    def told(self, external_id: str, post: str) -> Item | None:
        """A comment or visitor post we were told of, as it is now. None when it is gone, or our own post."""
        found = self.graph.one(external_id, self._fields(external_id))
        if found is None:
            return None
        if self._is_post(external_id):
            return parse.visitor_post(found, self.page, self.now)
        under = self.graph.one(post, parse.POST_FIELDS)
        return parse.comment(found, parse.post(under) if under else Post(post), self.page, self.now)

    def _is_post(self, external_id: str) -> bool:
        """Posts are numbered ``{page}_{post}``, comments ``{post}_{comment}``."""
        return external_id.startswith(f"{self.page}_")

    def _fields(self, external_id: str) -> str:
        return parse.POST_FIELDS if self._is_post(external_id) else parse.COMMENT_FIELDS


@dataclass(slots=True)
class Been:
    """How far each post was read: (newest comment, mark of the post when it was read to its end, the deep walk it was
    last read in). ``walk`` names the deep walk that is going on, "" while none is."""

    posts: dict[str, list[str]]
    deep_at: str
    walk: str

    @classmethod
    def of(cls, cursor: Cursor | None, now: datetime) -> "Been":
        before = cursor or {}
        deep_at = moment(before.get("deep_at"))
        due = deep_at is None or now - deep_at >= DEEP_EVERY
        walk = str(before.get("walk") or (now.isoformat() if due else ""))
        return cls(
            {post: list(told) for post, told in before.get("posts", {}).items()}, before.get("deep_at", ""), walk
        )

    def has_read(self, post: str, mark: str) -> bool:
        """Whether nothing was said there since it was read, in this walk where it is a deep one."""
        _newest, read, walk = self._told(post)
        return read == mark and (not self.walk or walk == self.walk)

    def seen(self, post: str) -> datetime | None:
        """From when on to read; None from the beginning."""
        newest, _read, walk = self._told(post)
        return moment(newest) if not self.walk or walk == self.walk else None

    def came_to(self, post: str, at: datetime) -> None:
        """It was read up to there, and not to its end."""
        newest, _read, _walk = self._told(post)
        self.posts[post] = [max(newest, at.isoformat()), "", self.walk]

    def finish(self, post: str, mark: str) -> None:
        """It was read to its end."""
        self.posts[post] = [self._told(post)[0], mark, self.walk]

    def cursor(self) -> Cursor:
        """In the middle of a walk."""
        newest = dict(sorted(self.posts.items(), key=lambda one: one[1][0])[-REMEMBERED:])
        return {"posts": newest, "deep_at": self.deep_at, "walk": self.walk}

    def finished(self, now: datetime) -> Cursor:
        """At the end of one."""
        return {**self.cursor(), "deep_at": self.walk or self.deep_at or now.isoformat(), "walk": ""}

    def _told(self, post: str) -> list[str]:
        return self.posts.get(post, ["", "", ""])


def payload_items(payload: Payload, page: str, now: datetime) -> list[Item]:
    """What a kept answer says. Raises Permanent(BAD_ANSWER)."""
    try:
        kept = json.loads(payload.body)
        if kept["post"] is None:
            found = [parse.visitor_post(one, page, now) for one in kept["data"]]
            return [item for item in found if item is not None]
        return [parse.comment(one, parse.post(kept["post"]), page, now) for one in kept["data"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Permanent(errors.BAD_ANSWER, "a kept answer can't be read") from None


def _payload(page: str, route: str, post: Mapping[str, Any] | None, told: Sequence[Mapping[str, Any]]) -> Payload:
    kept = {"post": {name: post.get(name) for name in ("id", "message", "permalink_url")} if post else None}
    body = json.dumps({**kept, "data": list(told)}, ensure_ascii=False).encode()
    return Payload(f"https://graph.facebook.com/{page}/{route}", "application/json", body)


def _mark(found: Mapping[str, Any]) -> str:
    """Changes whenever anything is said below a post: how many comments it has, and when it last changed."""
    comments = found.get("comments")
    summary = comments.get("summary") if isinstance(comments, dict) else None
    total = summary.get("total_count") if isinstance(summary, dict) else None
    return f"{total if isinstance(total, int) else '?'} {found.get('updated_time', '')}"


def _too_old(found: Mapping[str, Any], since: datetime | None) -> bool:
    at = moment(found.get("created_time"))
    return since is not None and at is not None and at < since


def _ours(found: Mapping[str, Any], page: str) -> bool:
    author = found.get("from")
    return isinstance(author, dict) and str(author.get("id")) == page
