"""Blogger's comments in our words, from its interface or its public feed. Pure.

A feed's entry is first brought into the form the interface has, so that one comment is the same item whichever way it
came: a blog that is signed in to later keeps what was read before. What a feed's entry holds is documented nowhere;
its shape is that of many public feeds (``alt=json``): the comment's number ends its ``id``, the post's number ends
``thr$in-reply-to.ref``, and the comment it answers ends a link with ``rel="related"``.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from app.connectors import errors
from app.connectors.errors import Permanent, Transient
from app.connectors.ports import Author, Item, Post, Status
from app.core.markup import from_html
from app.core.text import one_line

STATES = {"LIVE": Status.LIVE, "PENDING": Status.HELD, "SPAM": Status.SPAM}
REMOVED = "EMPTIED"
"""Its words were taken away; what was answered to it still hangs on it."""
FUTURE = timedelta(days=1)
_PROFILE = re.compile(r"https?://(?:www\.|draft\.)?blogger\.com/profile/(?P<number>\d{1,30})/?\Z")
_LAST_NUMBER = re.compile(r"(\d{1,30})\Z")
_BLOG = re.compile(r"tag:blogger\.com,1999:blog-(\d{1,30})(?:\.|\Z)")
Comment = Mapping[str, Any]
Named = Mapping[str, Sequence[str]]
"""What posts are called and where they stand: (title, address) by number."""


@dataclass(frozen=True, slots=True)
class Blog:
    """A blog as its feed shows it. ``profile`` is the number of its author's profile, "" where it shows none."""

    number: str
    name: str
    profile: str


def blog(feed: Mapping[str, Any]) -> Blog | None:
    """What a feed says of its blog; None for a feed that is not Blogger's."""
    found = _BLOG.match(_text(feed.get("id")))
    if found is None:
        return None
    return Blog(found[1], one_line(_text(feed.get("title"))), profile(_author_of(feed).get("url")))


def entries(answer: Mapping[str, Any]) -> tuple[list[Comment], int]:
    """The comments of a feed and how many there are in all. Raises Transient(BAD_ANSWER)."""
    feed = answer.get("feed")
    found = feed.get("entry", []) if isinstance(feed, dict) else None
    if not isinstance(feed, dict) or not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Transient(errors.BAD_ANSWER, "no feed of Blogger's")
    total = _text(feed.get("openSearch$totalResults"))
    return [_from_entry(one) for one in found], int(total) if total.isascii() and total.isdigit() else len(found)


def item(comment: Comment, named: Named, us: str, now: datetime) -> Item:
    """One comment; ``us`` is the number of our profile. Raises Permanent(BAD_ANSWER) for one without its numbers."""
    post, number = numbers(comment)
    title, place = [*named.get(post, ()), "", ""][:2]
    place = place or str(comment.get("post_url") or "")
    above = comment.get("inReplyTo")
    parent = str(above.get("id") or "") if isinstance(above, dict) else ""
    content = comment.get("content")
    return Item(
        external_id=f"{post}.{number}",
        post=Post(post, _address(place), one_line(title, limit=200) or None),
        author=_author(comment, us),
        text=from_html(content).strip() if isinstance(content, str) else "",
        published_at=published(comment, now) or now,
        parent=f"{post}.{parent}" if parent and parent != number else None,
        url=link(place, number),
        status=STATES.get(str(comment.get("status")), Status.LIVE),
        state_known=str(comment.get("status")) in STATES,
    )


def numbers(comment: Comment) -> tuple[str, str]:
    """The numbers of a comment's post and its own."""
    post = comment.get("post")
    found = str(post.get("id") or "") if isinstance(post, dict) else "", str(comment.get("id") or "")
    if not all(one.isascii() and one.isdigit() for one in found):
        raise Permanent(errors.BAD_ANSWER, "a comment without its numbers")
    return found


def split(external_id: str) -> tuple[str, str]:
    """The numbers of post and comment in an external id. Raises Permanent(BAD_ANSWER)."""
    post, _dot, number = external_id.partition(".")
    return numbers({"post": {"id": post}, "id": number})


def link(post_url: str, number: str) -> str | None:
    """Where a comment stands; None where its post's address is not known."""
    place = _address(post_url)
    return f"{place.partition('#')[0]}#c{number}" if place else None


def published(comment: Comment, now: datetime | None = None) -> datetime | None:
    """When it was said; None when nobody can tell."""
    try:
        moment = datetime.fromisoformat(str(comment.get("published")))
        moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return None if now is not None and moment > now + FUTURE else moment


def profile(url: Any) -> str:
    """The number of a profile at Blogger; "" for any other address."""
    found = _PROFILE.match(url) if isinstance(url, str) else None
    return found["number"] if found else ""


def payload(kept: Sequence[Comment], named: Named) -> bytes:
    """What is kept of an answer, so that it can be read again."""
    posts = {numbers(one)[0] for one in kept}
    known = {post: list(told) for post, told in named.items() if post in posts}
    return json.dumps({"comments": list(kept), "posts": known}, ensure_ascii=False).encode("utf-8", "replace")


def items(body: bytes, us: str, now: datetime) -> list[Item]:
    """The comments of a kept answer. Raises Permanent(BAD_ANSWER)."""
    try:
        kept = json.loads(body)
        return [item(one, kept["posts"], us, now) for one in kept["comments"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Permanent(errors.BAD_ANSWER, "no answer of Blogger's") from None


def _from_entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A feed's entry in the form of the interface. Feeds show what is live alone."""
    under = entry.get("thr$in-reply-to")
    under = under if isinstance(under, dict) else {}
    above = next((one.get("href") for one in _links(entry) if one.get("rel") == "related"), "")
    parent = _LAST_NUMBER.search(str(above).partition("?")[0])
    made: dict[str, Any] = {
        "id": _last_number(_text(entry.get("id"))),
        "post": {"id": _last_number(str(under.get("ref") or ""))},
        "post_url": str(under.get("href") or ""),
        "content": _text(entry.get("content")) or _text(entry.get("summary")),
        "published": _text(entry.get("published")),
        "updated": _text(entry.get("updated")),
        "author": _author_of(entry),
        "status": "LIVE",
    }
    return {**made, "inReplyTo": {"id": parent[1]}} if parent else made


def _author_of(entry: Mapping[str, Any]) -> dict[str, str]:
    listed = entry.get("author")
    first = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], dict) else {}
    return {"displayName": _text(first.get("name")), "url": _text(first.get("uri"))}


def _links(entry: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    listed = entry.get("link")
    yield from (one for one in listed if isinstance(one, dict)) if isinstance(listed, list) else ()


def _author(comment: Comment, us: str) -> Author:
    """Known by the profile at Blogger, which is no site of theirs; all who leave no name have none."""
    said = comment.get("author")
    said = said if isinstance(said, dict) else {}
    url = said.get("url")
    number = profile(url)
    name = one_line(str(said.get("displayName") or ""))
    is_us = bool(number) and number == us
    return Author(name, f"profile:{number}" if number else None, None if number else _address(url), is_us=is_us)


def _address(url: Any) -> str | None:
    if not isinstance(url, str) or not re.match(r"https?://[^\s/]", url, re.IGNORECASE) or len(url) > 2_000:
        return None
    return one_line(url, limit=2_000)


def _last_number(text: str) -> str:
    found = _LAST_NUMBER.search(text)
    return found[1] if found else ""


def _text(part: Any) -> str:
    """The text of an element: feeds as JSON have it under ``$t``."""
    found = part.get("$t") if isinstance(part, dict) else None
    return found if isinstance(found, str) else ""
