"""Reading comments from a site: what to ask for, and the answers as pages and items."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from app.connectors import errors
from app.connectors.decoding import decoded, objects
from app.connectors.errors import AuthExpired, Permanent
from app.connectors.ports import Batch, Cursor, Item, Payload, Verdict
from app.connectors.wordpress import parse, walk
from app.connectors.wordpress.client import Answer, Client, RefusedError
from app.connectors.wordpress.walk import Mark, Mode, Page, Walk
from app.core.http import Response

COMMENTS = "/wp/v2/comments"
REVIEWS = "/wc/v3/products/reviews"
"""WooCommerce's list of them, the only one that says how many stars they give, for those who may moderate comments:
class-wc-rest-product-reviews-controller.php of WooCommerce."""
NO_ROUTE = "rest_no_route"
FIELDS = "id,post,parent,author,author_name,author_url,date_gmt,content,link,status,type"
SIZES = (100, 25, 5, 2)
"""Comments asked for at once. WordPress gives at most 100; a page of huge comments is asked for in smaller pieces."""
SAME_PAGES = 3
MARGIN = timedelta(days=2)
"""How much earlier than wanted ``after`` begins: it compares wall-clock dates, which may be 26 hours off."""
GONE = frozenset({"rest_comment_invalid_id", "rest_post_invalid_id"})
NOT_SHOWN = frozenset({"rest_cannot_read", "rest_cannot_read_post"})
Params = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Read:
    """One page as it is handed on: its place in the list, its items and the answer they came in."""

    page: Page
    items: tuple[Item, ...]
    payload: Payload


class Reader:
    """Reads one site with a moderator's eyes (``edit``: all states, addresses; ``shop``: reviews of products too) or a
    visitor's (``view``)."""

    def __init__(self, client: Client, mode: Mode, me: int | None, now: datetime) -> None:
        self._client = client
        self._mode = mode
        self._me = me
        self._now = now
        self._size = SIZES[0]

    def collect(self, cursor: Cursor | None, since: datetime | None) -> Iterator[Batch]:
        """Everything new; see ``walk`` for how."""
        mark = Mark.read(cursor, self._mode)
        if mark is None:
            mark = self._first(since)
        elif mark.walk is None:
            # A look at the last page, without the posts: mostly nothing is new, and then this is all that is asked.
            page = self._read(mark, Walk("new", mark.next), embed=False).page
            if walk.unchanged(mark, page):
                mark = walk.settle(mark, page, self._now)
                yield Batch((), mark.cursor(), complete=mark.walk is None)
            else:
                mark = replace(mark, walk=Walk("new", mark.next, reach=mark.seen))
        before, repeats = None, 0
        while (at := mark.walk) is not None:
            read = self._read(mark, at, embed=True)
            # Two equal pages can be honest (overlap, comments we may not see); more mean that the site, or a cache in
            # front of it, ignores where in the list we are, and the list would never end.
            here = read.page
            onward = before is not None and here.ids == before.ids and here.offset > before.offset
            repeats = repeats + 1 if here.ids and onward else 0
            if repeats >= SAME_PAGES:
                raise Permanent(errors.BAD_ANSWER, "the site shows the same comments at every place of its list")
            before = here
            if earlier := walk.back_to(at, read.page):
                mark = replace(mark, walk=earlier)
                continue
            mark = walk.advance(mark, at, read.page, self._now)
            payloads = (read.payload,) if read.items else ()
            yield Batch(read.items, mark.cursor(), payloads, complete=mark.walk is None)

    def latest(self, count: int) -> Sequence[Item]:
        """The newest comments that everybody sees, newest first."""
        # Comments under private posts leave gaps for visitors, so more are asked for than wanted.
        order: Params = {"orderby": "date_gmt", "order": "desc", "per_page": min(100, count * 3)}
        answer = self._client.get(COMMENTS, **self._view(embed=True) | order)
        return parse.items(objects(answer.data), me=self._me, now=self._now)[:count]

    def verify(self, known: Sequence[str]) -> Iterator[Verdict]:
        """Look at known comments again. One that is missing from the list is asked for by itself before it counts as
        gone: a list cut short by a cache or a plugin must not look like a clean-up."""
        wanted = [one for one in known if one.isascii() and one.isdigit()][:100]
        if not wanted:
            return
        answer = self._client.get(COMMENTS, **self._all(embed=False), include=",".join(wanted), per_page=100)
        data = self._with_stars(list(objects(answer.data)))
        found = {item.external_id: item for item in parse.items(data, me=self._me, now=self._now)}
        for one in wanted:
            if one in found:
                yield Verdict(one, found[one])
            else:
                yield Verdict(one, self._alone(one))

    def _alone(self, number: str) -> Item | None:
        try:
            answer = self._client.try_get(f"{COMMENTS}/{number}", **self._one())
        except RefusedError as refused:
            if refused.code in GONE or (refused.code in NOT_SHOWN and not self._is_login_lost(refused)):
                return None
            raise self._client.error_for(refused, act=False) from None
        data = self._with_stars(list(objects([answer.data])))
        return next(iter(parse.items(data, me=self._me, now=self._now)), None)

    def _with_stars(self, data: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Comments, with what the reviews among them give. Those in spam and trash are told without."""
        reviews = [parse.comment_id(one) for one in data if parse.is_review(one)]
        if self._mode != "shop" or not reviews:
            return data
        asked: Params = {"include": ",".join(map(str, reviews)), "status": "all", "per_page": 100}
        try:
            answer = self._client.try_get(REVIEWS, **asked, _fields="id,rating")
        except RefusedError as refused:
            if refused.code == NO_ROUTE:  # the shop was closed, what was said in it stands
                return data
            raise self._client.error_for(refused, act=False) from None
        given = {one.get("id"): one.get("rating") for one in objects(answer.data)}
        return [one | {"rating": given[one["id"]]} if one["id"] in given else one for one in data]

    @property
    def _moderates(self) -> bool:
        return self._mode != "view"

    def _is_login_lost(self, refused: RefusedError) -> bool:
        return refused.response.status == 401 and self._moderates

    def _first(self, since: datetime | None) -> Mark:
        if since is None:
            return Mark(self._mode, walk=Walk("first"))
        newest: Params = {"orderby": "id", "order": "desc", "per_page": 100, "_fields": "id"}
        answer = self._client.get(COMMENTS, **self._all(embed=False) | newest)
        numbers = [parse.comment_id(one) for one in objects(answer.data)]
        after = (since - MARGIN).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        begin = Walk("first", after=after, top=max(numbers, default=0), top_total=_total(answer.response, 0, numbers))
        return Mark(self._mode, since=since.isoformat(), walk=begin)

    def _read(self, mark: Mark, at: Walk, *, embed: bool) -> Read:
        params: Params = {**self._all(embed=embed), "orderby": "id", "order": "asc", "offset": at.offset}
        if at.after:
            params["after"] = at.after
        answer = self._in_pieces(params)
        data = list(objects(answer.data))
        numbers = tuple(parse.comment_id(one) for one in data)
        total = _total(answer.response, at.offset, numbers)
        page = Page(at.offset, self._size, numbers, total, parse.digest(data))
        url = f"{answer.url}#since={mark.since}" if mark.since else answer.url
        body = answer.response.body
        if embed and (starred := self._with_stars(data)) != data:
            body = json.dumps(starred).encode()
        payload = Payload(url, answer.response.headers.get("content-type", "application/json"), body)
        return Read(page, tuple(parse_payload(payload, me=self._me, now=self._now)), payload)

    def _in_pieces(self, params: Params) -> Answer:
        while True:
            try:
                return self._client.get(COMMENTS, **params, per_page=self._size)
            except Permanent as error:
                if error.code != errors.TOO_LARGE or self._size == SIZES[-1]:
                    raise
                self._size = SIZES[SIZES.index(self._size) + 1]

    def _all(self, *, embed: bool) -> Params:
        """The parameters that show all there is for us to see."""
        shown: Params = {"status": "any"} if self._moderates else {}
        kinds: Params = {"type": "all"} if self._mode == "shop" else {}
        return self._view(embed=embed) | shown | kinds

    def _view(self, *, embed: bool) -> Params:
        shown = self._one()
        return shown | {"_fields": f"{shown['_fields']},_links,_embedded", "_embed": "up"} if embed else shown

    def _one(self) -> Params:
        if self._moderates:
            return {"context": "edit", "_fields": f"{FIELDS},author_email"}
        return {"context": "view", "_fields": FIELDS}


def parse_payload(payload: Payload, *, me: int | None, now: datetime) -> list[Item]:
    """The items in a stored answer. What the reading left out as too old is left out again: the address says so."""
    data = decoded(payload.body)
    since = parse_qs(urlsplit(payload.url).fragment.replace("+", "%2B")).get("since")
    found = parse.items(objects(data), me=me, now=now)
    if not since:
        return found
    begin = datetime.fromisoformat(since[0])
    return [item for item in found if item.published_at >= begin]


def shows_reviews(client: Client) -> bool:
    """Whether the site has a WooCommerce shop whose reviews we may read with their stars. Raises Transient."""
    try:
        client.try_get(REVIEWS, per_page=1, _fields="id")
    except (RefusedError, Permanent, AuthExpired):
        return False
    return True


def own_account(client: Client) -> dict[str, Any]:
    """Who the credentials belong to: ``id``, ``name``, ``capabilities``. This is the only dependable proof of a login:
    a list that everybody may read answers wrong credentials like none. Raises AuthExpired."""
    answer = client.get("/wp/v2/users/me", context="edit", _fields="id,name,capabilities")
    if not isinstance(answer.data, dict) or not isinstance(answer.data.get("id"), int):
        raise AuthExpired(errors.WRONG_CREDENTIALS, "users/me names nobody")
    return answer.data


def _total(response: Response, offset: int, numbers: Sequence[int]) -> int:
    """How many comments the whole list has; without the header (some proxies drop it) there is more until a page is
    empty."""
    header = response.headers.get("x-wp-total", "").strip()
    if header.isascii() and header.isdigit() and len(header) < 12:
        return int(header)
    return offset + SIZES[0] + 1 if numbers else offset
