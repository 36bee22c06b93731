"""Reading what is said to an account: mentions, answers in its threads, quotes, and its own replies."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.connectors.hooks import News
from app.connectors.ports import Batch, Cursor, Item, Payload, Verdict
from app.connectors.x import parse, walk
from app.connectors.x.calls import Answer, Calls
from app.connectors.x.walk import Mark

THREADS = 12
"""How many of our newest posts are watched: what fits into X's 512 letters of a search."""
QUOTES_EVERY = timedelta(hours=1)
QUOTE_PAGES = 50
"""How many hundreds of quotes of one post are read in an hour: X answers 75 in a quarter of one."""
YOUNG = timedelta(days=2)
"""How long posts are looked at again: each look costs."""


@dataclass
class State:
    """The cursor, taken apart. ``posts``: our own newest posts and how often each had been quoted when last seen;
    ``quoted``: the newest quote that was read of each."""

    marks: dict[str, Mark]
    posts: dict[str, int] = field(default_factory=dict)
    quotes_at: str = ""
    quoted: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, cursor: Cursor | None) -> "State":
        kept = cursor or {}
        marks = {name: Mark.read(kept.get(name)) for name in ("own", "mentions", "threads")}
        quoted = dict(kept.get("quoted", {}))
        return cls(marks, dict(kept.get("posts", {})), str(kept.get("quotes_at", "")), quoted)

    def cursor(self) -> Cursor:
        marks = {name: mark.kept() for name, mark in self.marks.items()}
        return {**marks, "posts": dict(self.posts), "quotes_at": self.quotes_at, "quoted": dict(self.quoted)}


class Reader:
    """Reads for one account."""

    def __init__(self, calls: Calls, me: str, name: str, now: datetime) -> None:
        self._calls = calls
        self._me = me
        self._name = name
        self._now = now

    def collect(self, cursor: Cursor | None, since: datetime | None) -> Iterator[Batch]:
        """Our own posts first, for they say which threads to look into."""
        state = State.read(cursor)
        for name in ("own", "mentions", "threads"):
            if name != "threads" or state.posts:
                yield from self._walk(name, state, since)
        yield from self._quotes(state)
        yield Batch((), state.cursor(), complete=True)

    def latest(self, count: int) -> Sequence[Item]:
        """The newest mentions, newest first."""
        answer = self._calls.mentions(self._me, count)
        return parse.items(answer, self._me, self._now)[:count]

    def told(self, number: str) -> News:
        """What X told us of, as it stands now."""
        answer = self._calls.told(number)
        if any(str(one.get("resource_id") or one.get("value")) == number for one in _gone(answer)):
            return News(gone=[number])
        return News(parse.items(answer, self._me, self._now))

    def verify(self, known: Sequence[str]) -> Iterator[Verdict]:
        """How young posts are now; older ones are left alone, for every look costs."""
        young = [one for one in known if one.isdigit() and self._now - parse.published(one) < YOUNG]
        if not young:
            return
        answer = self._calls.several(young)
        people = _people(answer)
        found = {parse.first_id(one): one for one in parse.posts(answer)}
        gone = {str(one.get("resource_id") or one.get("value")) for one in _gone(answer)}
        for number in young:
            if number in found:
                yield Verdict(number, parse.item(found[number], people, self._me, self._now))
            elif number in gone:
                yield Verdict(number, None)

    def _walk(self, name: str, state: State, since: datetime | None) -> Iterator[Batch]:
        state.marks[name] = walk.begin(state.marks[name], since, self._now)
        done = False
        while not done:
            answer = self._page(name, state)
            ids = _ids(answer)
            more = bool(_meta(answer).get("next_token"))
            state.marks[name], done = walk.advance(state.marks[name], ids, more=more)
            if name == "own":
                self._remember(parse.posts(answer), state)
            if ids:
                yield self._batch(name, answer, state)

    def _page(self, name: str, state: State) -> Answer:
        mark = state.marks[name]
        if name == "threads":
            threads = " OR ".join(f"conversation_id:{number}" for number in state.posts)
            query = f"({threads}) -from:{self._name}"  # our own are read elsewhere, and cheaper
            return self._calls.search(query, mark.size, **mark.params(searching=self._now))
        read = self._calls.own if name == "own" else self._calls.mentions
        return read(self._me, mark.size, **mark.params())

    def _remember(self, posts: Sequence[Mapping[str, Any]], state: State) -> None:
        for one in posts:
            if parse.replied_to(one) is None:
                state.posts.setdefault(parse.first_id(one), 0)
        newest = sorted(state.posts, key=int, reverse=True)[:THREADS]
        state.posts = {
            number: state.posts[number] for number in newest if self._now - parse.published(number) < walk.SEARCHABLE
        }
        state.quoted = {number: quote for number, quote in state.quoted.items() if number in state.posts}

    def _quotes(self, state: State) -> Iterator[Batch]:
        """Who quoted us, asked only of posts that X says were quoted more often than when last seen."""
        due = not state.quotes_at or self._now - datetime.fromisoformat(state.quotes_at) >= QUOTES_EVERY
        if not state.posts or not due:
            return
        state.quotes_at = self._now.isoformat()
        for post in parse.posts(self._calls.several(list(state.posts), ours=True)):
            number, count = parse.first_id(post), _quoted(post)
            before = state.posts.get(number, count)
            newest = state.quoted.get(number, 0)
            for answer in self._quotes_of(number, count, before, newest) if count > before else ():
                newest = max([newest, *_ids(answer)])
                yield self._batch("quotes", answer, state)
            if number in state.posts:
                state.posts[number] = count  # fewer, too: of one that went and one that came the latter is still new
                state.quoted[number] = newest

    def _quotes_of(self, number: str, count: int, before: int, known: int) -> Iterator[Answer]:
        """The quotes of a post, newest first, back to the newest that is known; where none is, as many as X counts more
        than before."""
        where: dict[str, str] = {}
        seen = 0
        for _page in range(QUOTE_PAGES):
            answer = self._calls.quotes(number, min(walk.LARGE, count), **where)
            yield answer
            ids, following = _ids(answer), _meta(answer).get("next_token")
            seen += len(ids)
            if not following or not ids or (min(ids) <= known if known else seen >= count - before):
                return
            where = {"pagination_token": str(following)}

    def _batch(self, name: str, answer: Answer, state: State) -> Batch:
        items = parse.items(answer, self._me, self._now)
        payloads = (
            (Payload(f"https://api.x.com/2/{name}", "application/json", json.dumps(answer).encode()),) if items else ()
        )
        return Batch(items, state.cursor(), payloads)


def _meta(answer: Answer) -> Mapping[str, Any]:
    meta = answer.get("meta")
    return meta if isinstance(meta, dict) else {}


def _ids(answer: Answer) -> list[int]:
    return [int(parse.post_id(one)) for one in parse.posts(answer)]


def _people(answer: Answer) -> dict[str, Mapping[str, Any]]:
    includes = answer.get("includes")
    found = includes.get("users") if isinstance(includes, dict) else None
    return {str(one.get("id")): one for one in found if isinstance(one, dict)} if isinstance(found, list) else {}


def _gone(answer: Answer) -> Iterator[Mapping[str, Any]]:
    problems = answer.get("errors")
    for one in problems if isinstance(problems, list) else ():
        if isinstance(one, dict) and str(one.get("type", "")).endswith("/resource-not-found"):
            yield one


def _quoted(post: Mapping[str, Any]) -> int:
    metrics = post.get("public_metrics")
    count = metrics.get("quote_count") if isinstance(metrics, dict) else 0
    return count if isinstance(count, int) else 0
