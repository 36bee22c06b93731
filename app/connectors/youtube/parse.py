"""YouTube's comments in our words. Pure: the same answer always gives the same items."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any
from urllib.parse import quote

from app.connectors import errors
from app.connectors.errors import Permanent, Transient
from app.connectors.google.client import rows
from app.connectors.ports import Author, Item, Post, Status
from app.core.text import one_line, plain

STATES = {
    "published": Status.LIVE,
    "heldForReview": Status.HELD,
    "likelySpam": Status.SPAM,
    "rejected": Status.TRASH,
}
FUTURE = timedelta(days=1)
WATCH = "https://www.youtube.com/watch?v="


@dataclass(frozen=True, slots=True)
class Row:
    """A comment as YouTube showed it, with what its list or thread says of it."""

    comment: Mapping[str, Any]
    video: str
    listed: str = ""
    """The state of the list it stood in; "" where that says nothing of this comment."""

    def kept(self) -> dict[str, Any]:
        return {"comment": self.comment, "video": self.video, "listed": self.listed}


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread of a list."""

    id: str
    video: str
    rows: tuple[Row, ...]
    """Its first comment, and those replies that came with it."""
    total: int
    """How many replies YouTube counts."""
    published: datetime | None
    mark: str
    """Changes whenever anything is said or changed in what is shown of it."""

    @property
    def whole(self) -> bool:
        """Whether all replies came with it."""
        return self.total < len(self.rows)


def threads(answer: Mapping[str, Any], listed: str) -> list[Thread]:
    """The threads of a list. Raises Transient(BAD_ANSWER)."""
    return [_thread(one, listed) for one in rows(answer)]


def replies(answer: Mapping[str, Any], video: str) -> list[Row]:
    """The replies of one page of a thread."""
    return [Row(one, video) for one in rows(answer)]


def item(row: Row, titles: Mapping[str, str], channel: str, now: datetime) -> Item:
    """One comment. ``channel`` is our own. Raises Permanent(BAD_ANSWER) for one without an id."""
    number, said = comment_id(row.comment), snippet(row.comment)
    video = row.video or str(said.get("videoId") or "")
    told = str(said.get("moderationStatus") or row.listed)
    return Item(
        external_id=number,
        post=_post(video, titles, channel),
        author=_author(said, channel),
        text=text(row.comment),
        published_at=published(row.comment, now) or now,
        parent=parent(row.comment),
        url=link(number, video),
        status=STATES.get(told, Status.LIVE),
        state_known=told in STATES,
        attached=1 if said.get("imageUrl") else 0,
    )


def comment_id(comment: Mapping[str, Any]) -> str:
    number = comment.get("id")
    if not isinstance(number, str) or not number:
        raise Permanent(errors.BAD_ANSWER, "a comment without an id")
    return number


def snippet(comment: Mapping[str, Any]) -> Mapping[str, Any]:
    found = comment.get("snippet")
    return found if isinstance(found, dict) else {}


def parent(comment: Mapping[str, Any]) -> str | None:
    """The first comment of the thread; None for that itself. YouTube knows two levels."""
    said = snippet(comment).get("parentId")
    if isinstance(said, str) and said:
        return said
    above, dot, _own = comment_id(comment).partition(".")
    return above if dot else None


def top(external_id: str) -> str:
    """The first comment of the thread a comment stands in: replies are numbered ``<first>.<own>``."""
    return external_id.partition(".")[0]


def text(comment: Mapping[str, Any]) -> str:
    """The words as they were written where YouTube shows them to us, else as a reader sees them."""
    said = snippet(comment)
    words = said.get("textOriginal") or said.get("textDisplay")
    return plain(words).strip() if isinstance(words, str) else ""


def published(comment: Mapping[str, Any], now: datetime | None = None) -> datetime | None:
    """When it was said; None when nobody can tell."""
    moment = _moment(snippet(comment).get("publishedAt"))
    return None if moment is None or (now is not None and moment > now + FUTURE) else moment


def name(comment: Mapping[str, Any]) -> str:
    """Whom it is by: since 2022 a handle, ``@ann``."""
    return one_line(str(snippet(comment).get("authorDisplayName") or ""))


def author_id(comment: Mapping[str, Any]) -> str:
    told = snippet(comment).get("authorChannelId")
    return str(told.get("value") or "") if isinstance(told, dict) else ""


def link(number: str, video: str) -> str | None:
    return f"{WATCH}{quote(video, safe='')}&lc={quote(number, safe='.')}" if video else None


def payload(kept: Sequence[Row], titles: Mapping[str, str]) -> bytes:
    """What is kept of an answer, so that it can be read again."""
    videos = {row.video for row in kept}
    named = {video: title for video, title in titles.items() if video in videos}
    return json.dumps({"rows": [row.kept() for row in kept], "titles": named}, ensure_ascii=False).encode(
        "utf-8", "replace"
    )


def items(body: bytes, channel: str, now: datetime) -> list[Item]:
    """The comments of a kept answer. Raises Permanent(BAD_ANSWER)."""
    try:
        kept = json.loads(body)
        return [item(Row(**one), kept["titles"], channel, now) for one in kept["rows"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Permanent(errors.BAD_ANSWER, "no answer of YouTube's") from None


def _thread(found: Mapping[str, Any], listed: str) -> Thread:
    said = snippet(found)
    first = said.get("topLevelComment")
    if not isinstance(first, dict):
        raise Transient(errors.BAD_ANSWER, "a thread without a comment")
    video = str(said.get("videoId") or "")
    total = said.get("totalReplyCount")
    under = list(_embedded(found))
    known = listed if listed == "published" or not under else ""  # it may be held for one of its replies alone
    shown = (Row(first, video, known), *(Row(one, video) for one in under))
    count = total if isinstance(total, int) and total > 0 else 0
    return Thread(comment_id(first), video, shown, count, published(first), _mark(count, listed, (first, *under)))


def _embedded(found: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    under = found.get("replies")
    listed = under.get("comments") if isinstance(under, dict) else None
    yield from (one for one in listed if isinstance(one, dict)) if isinstance(listed, list) else ()


def _mark(total: int, listed: str, shown: Iterable[Mapping[str, Any]]) -> str:
    said = [(comment_id(one), snippet(one).get("updatedAt"), snippet(one).get("moderationStatus")) for one in shown]
    return blake2b(repr((total, listed, said)).encode("utf-8", "replace"), digest_size=6).hexdigest()


def _post(video: str, titles: Mapping[str, str], channel: str) -> Post:
    """The video; what is said to the channel itself, or below a post of its, stands below the channel."""
    if not video:
        return Post(channel, f"https://www.youtube.com/channel/{quote(channel, safe='')}")
    return Post(video, f"{WATCH}{quote(video, safe='')}", one_line(titles.get(video, ""), limit=200) or None)


def _author(said: Mapping[str, Any], channel: str) -> Author:
    told = said.get("authorChannelId")
    number = str(told.get("value") or "") if isinstance(told, dict) else ""
    shown = one_line(str(said.get("authorDisplayName") or ""))
    url = f"https://www.youtube.com/{quote(shown, safe='@')}" if shown.startswith("@") else None
    return Author(shown, f"channel:{number}" if number else None, url, is_us=bool(number) and number == channel)


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
