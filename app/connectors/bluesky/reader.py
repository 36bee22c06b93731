"""Reading an account: what to ask for, and the answers as batches. ``walk`` says in which order and why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.connectors import errors
from app.connectors.bluesky import names, parse, richtext, walk
from app.connectors.bluesky.client import Client, RefusedError, error_for
from app.connectors.bluesky.parse import Around
from app.connectors.bluesky.walk import Mark, Mode, Walk
from app.connectors.errors import Permanent
from app.connectors.ports import Batch, Cursor, Item, Verdict

REASONS = ("mention", "reply", "quote")
AT_ONCE = 100
POSTS_AT_ONCE = 25
MOST_PAGES = 2_000
"""A list that is longer than this goes round in a circle."""
POST_PAGES, DEEP_PAGES, FIRST_PAGES, SEARCH_PAGES = 1, 3, 10, 5
GATE_PAGES = 10
DEPTH = 1_000
LATEST_THREADS = 5
View = dict[str, Any]


class Reader:
    """Reads one account, as itself or as anybody."""

    def __init__(self, client: Client, now: datetime) -> None:
        self._client = client
        self._now = now
        self._mode: Mode = "member" if client.signed_in else "visitor"
        self._roots: dict[str, str] = {}
        self._gates: frozenset[str] | None = None

    # --- a walk

    def collect(self, cursor: Cursor | None, since: datetime | None) -> Iterator[Batch]:
        """Everything new; see ``walk`` for how."""
        mark = Mark.read(cursor, self._mode) or walk.first(self._mode, since)
        if mark.walk is None:
            mark = walk.start(mark, self._now)
        steps = {
            "notifications": self._notifications,
            "posts": self._posts,
            "threads": self._threads,
            "search": self._search,
        }
        while (at := mark.walk) is not None:
            if at.pages > MOST_PAGES:
                raise Permanent(errors.BAD_ANSWER, "a list at Bluesky that never ends")
            views, onward = steps[at.stage](mark, at)
            *portions, last = _portions(views)
            for portion in portions:
                mark = self._told(mark, portion)
                yield self._batch(portion, mark)
            mark = self._told(replace(onward, seen=mark.seen, reached=mark.reached), last)
            if mark.walk is None:
                mark = walk.finish(replace(mark, walk=at), self._now)
            if last or mark.walk is None:
                yield self._batch(last, mark)

    def _notifications(self, mark: Mark, at: Walk) -> tuple[list[View], Mark]:
        more = {"cursor": at.page} if at.page else {}
        answer = self._client.get("app.bsky.notification.listNotifications", limit=AT_ONCE, reasons=REASONS, **more)
        views = [one for one in _objects(answer, "notifications") if one.get("reason") in REASONS]
        dates = [parse.published(one, self._now) for one in views]
        onward = _cursor(answer)
        if onward and onward != at.page and walk.goes_on(mark, dates):
            return self._fresh(views, mark), replace(mark, walk=replace(at, page=onward, pages=at.pages + 1))
        return self._fresh(views, mark), replace(mark, walk=replace(at, stage="posts", page=None, pages=0))

    def _posts(self, mark: Mark, at: Walk) -> tuple[list[View], Mark]:
        """Our own posts: their counts say which threads have something new, and our answers are among them."""
        views, onward = self._own_posts(at.page)
        queue = dict(at.queue) | dict(walk.to_read(mark, (self._counted(one) for one in views), self._now))
        answers = [one for one in views if parse.root_of(one) != one["uri"]]
        most = FIRST_PAGES if not mark.threads else DEEP_PAGES if at.deep else POST_PAGES
        going = replace(at, page=onward, pages=at.pages + 1, queue=tuple(queue.items()))
        if not onward or onward == at.page or going.pages >= most:
            going = replace(going, stage="threads", page=None, pages=0)
        return self._fresh(answers, mark), replace(mark, walk=going)

    def _threads(self, mark: Mark, at: Walk) -> tuple[list[View], Mark]:
        if not at.queue:
            search = replace(at, stage="search", page=None, pages=0)
            return [], replace(mark, walk=search if self._mode == "member" else None)
        key, counts = at.queue[0]
        views = self._thread(str(names.Uri(self._client.did, names.POST, key)), quoted=not counts.endswith(".0"))
        return self._fresh(views, mark), walk.read_thread(mark, key, counts)

    def _search(self, mark: Mark, at: Walk) -> tuple[list[View], Mark]:
        """Posts that name us without a link. The handle may change any day, so it is the session's."""
        handle = self._client.session().handle
        more = {"cursor": at.page} if at.page else {}
        answer = self._client.get("app.bsky.feed.searchPosts", q=handle, sort="latest", limit=AT_ONCE, **more)
        named = [one for one in _objects(answer, "posts") if self._names_us(one, handle)]
        fresh, onward = self._fresh(named, mark), _cursor(answer)
        goes_on = fresh and onward and onward != at.page and at.pages + 1 < SEARCH_PAGES
        return fresh, replace(mark, walk=replace(at, page=onward, pages=at.pages + 1) if goes_on else None)

    def _names_us(self, view: View, handle: str) -> bool:
        record = view.get("record")
        ours = _author(view) == self._client.did
        return not ours and isinstance(record, Mapping) and richtext.mentions(record, self._client.did, handle)

    # --- single questions

    def latest(self, count: int) -> Sequence[Item]:
        """The newest comments, newest first."""
        views: list[View] = []
        if self._mode == "member":
            answer = self._client.get("app.bsky.notification.listNotifications", limit=AT_ONCE, reasons=REASONS)
            views += [one for one in _objects(answer, "notifications") if one.get("reason") in REASONS]
        posts, _onward = self._own_posts(None)
        spoken = [str(one["uri"]) for one in posts if self._counted(one)[1]]
        for uri in spoken[:LATEST_THREADS]:
            views += self._thread(uri, quoted=False)
        known = {str(one.get("uri")): one for one in views}
        found = parse.items(known.values(), self._around(list(known.values())), self._now)
        return sorted(found, key=lambda one: one.published_at, reverse=True)[:count]

    def verify(self, known: Sequence[str]) -> Iterator[Verdict]:
        """Look at known comments again. One that is missing is asked for by itself before it counts as gone: it was
        deleted, its account has left, or one of us blocks the other."""
        wanted = [one for one in known if names.uri(one)]
        views = {str(one.get("uri")): one for one in self.posts(wanted)}
        for one in wanted:
            if one not in views:
                views |= {str(again.get("uri")): again for again in self.posts([one])}
        around = self._around(list(views.values()))
        for one in wanted:
            yield Verdict(one, parse.item(views[one], around, self._now) if one in views else None)

    def posts(self, uris: Sequence[str]) -> list[View]:
        """Posts by address, without those that are gone or not shown to us."""
        found: list[View] = []
        for start in range(0, len(uris), POSTS_AT_ONCE):
            answer = self._client.get("app.bsky.feed.getPosts", uris=list(uris[start : start + POSTS_AT_ONCE]))
            found += _objects(answer, "posts")
        return found

    def _own_posts(self, page: str | None) -> tuple[list[View], str | None]:
        more = {"cursor": page} if page else {}
        asked = {"actor": self._client.did, "filter": "posts_with_replies", "limit": AT_ONCE}
        answer = self._client.get("app.bsky.feed.getAuthorFeed", **asked, **more)
        entries = [one for one in _objects(answer, "feed") if "reason" not in one]  # a reason: reposted or pinned
        posts = [one["post"] for one in entries if isinstance(one.get("post"), dict)]
        return [one for one in posts if _author(one) == self._client.did and names.uri(one.get("uri"))], _cursor(answer)

    def _counted(self, view: View) -> tuple[str, str, datetime]:
        """The key, the counts (replies.quotes) and the date of a post of ours."""
        replies, quotes = (_number(view.get(name)) for name in ("replyCount", "quoteCount"))
        at = names.uri(view["uri"])
        counts = f"{replies}.{quotes}" if replies or quotes else ""
        return at.key if at else "", counts, parse.published(view, self._now)

    def _thread(self, uri: str, *, quoted: bool) -> list[View]:
        """Everything below a post, and what quotes it."""
        try:
            answer = self._client.try_get("app.bsky.feed.getPostThread", uri=uri, depth=DEPTH, parentHeight=0)
        except RefusedError as refused:
            if refused.name == "NotFound":  # deleted a moment ago
                return []
            raise error_for(refused) from None
        views = _flattened(answer.get("thread"))[1:]
        if quoted:
            quotes = self._client.get("app.bsky.feed.getQuotes", uri=uri, limit=AT_ONCE)
            views += [one for one in _objects(quotes, "posts") if _author(one) != self._client.did]
        return views

    # --- putting batches together

    def _fresh(self, views: Sequence[View], mark: Mark) -> list[View]:
        """Those that were not given lately and are not too old, each once, the oldest first."""
        known, begin = set(mark.seen), mark.begin
        fresh = {str(one.get("uri")): one for one in views if walk.digest(str(one.get("uri"))) not in known}
        dated = [(parse.published(one, self._now), one) for one in fresh.values()]
        dated.sort(key=lambda one: one[0])
        return [one for date, one in dated if begin is None or date >= begin]

    def _told(self, mark: Mark, views: Sequence[View]) -> Mark:
        dates = [parse.published(one, self._now) for one in views]
        return walk.told(mark, [str(one.get("uri")) for one in views], dates)

    def _batch(self, views: Sequence[View], mark: Mark) -> Batch:
        if not views:
            return Batch((), mark.cursor(), complete=mark.walk is None)
        around = self._around(views)
        payload = parse.payload(views, around, names.page_url(self._client.did))
        found = parse.parse_payload(payload, self._now)
        return Batch(found, mark.cursor(), (payload,), complete=mark.walk is None)

    def _around(self, views: Sequence[View]) -> Around:
        roots = {parse.root_of(one) for one in views} - {str(one.get("uri")) for one in views} - set(self._roots)
        asked = sorted(root for root in roots if names.uri(root))
        for one in self.posts(asked):
            record = one.get("record")
            self._roots[str(one.get("uri"))] = richtext.shown(record) if isinstance(record, Mapping) else ""
        for root in asked:
            self._roots.setdefault(root, "")
        if self._gates is None:
            self._gates = self._hidden() if self._mode == "member" and views else frozenset()
        return Around(self._client.did, {root: text for root, text in self._roots.items() if text}, self._gates)

    def _hidden(self) -> frozenset[str]:
        """The replies we have hidden, from our own repository: the public view lags behind it."""
        hidden: set[str] = set()
        page: str | None = None
        for _page in range(GATE_PAGES):
            more = {"cursor": page} if page else {}
            asked = {"repo": self._client.did, "collection": names.THREADGATE, "limit": AT_ONCE}
            answer = self._client.get("com.atproto.repo.listRecords", **asked, **more)
            for one in _objects(answer, "records"):
                value = one.get("value")
                listed = value.get("hiddenReplies") if isinstance(value, Mapping) else None
                hidden.update(uri for uri in listed or () if isinstance(uri, str))
            page = _cursor(answer)
            if page is None:
                break
        return frozenset(hidden)


def _flattened(thread: Any) -> list[View]:
    """The posts of a thread, from the top; those that are gone, blocked or cut off are left out, what answers them is
    not. Without recursion: threads may be a thousand deep."""
    found: list[View] = []
    left = [thread]
    while left:
        one = left.pop()
        if not isinstance(one, Mapping):
            continue
        post, replies = one.get("post"), one.get("replies")
        if isinstance(post, dict) and "record" in post:
            found.append(post)
        left += replies if isinstance(replies, list) else []
    return found


def _portions(views: Sequence[View]) -> list[Sequence[View]]:
    return [views[start : start + AT_ONCE] for start in range(0, len(views), AT_ONCE)] or [()]


def _objects(answer: Mapping[str, Any], name: str) -> list[View]:
    found = answer.get(name)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Permanent(errors.BAD_ANSWER, f"no list of {name} in Bluesky's answer")
    return found


def _cursor(answer: Mapping[str, Any]) -> str | None:
    cursor = answer.get("cursor")
    return cursor if isinstance(cursor, str) and cursor else None


def _author(view: View) -> str | None:
    at = names.uri(view.get("uri"))
    return at.did if at else None


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
