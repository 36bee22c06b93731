"""Instagram's comments and media in our words; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.connectors.meta.client import moment
from app.connectors.ports import Author, Item, Post, SaidAs, Status
from app.core.text import one_line, plain

ONE = "id,text,timestamp,username,from{id,username},parent_id,hidden"
WITH_REPLIES = f"{ONE},replies.limit(50){{{ONE}}}"
MEDIA = "id,caption,permalink,timestamp,comments_count"
MENTION = "mention:"
"""What the ids of mentions below other people's media begin with: ``mention:{media}:{comment}``, without a comment
where the caption mentions us. Only in this form can they be answered, and read again through our own account."""


@dataclass(frozen=True, slots=True)
class Me:
    """Our own account."""

    id: str
    username: str


def comment(found: Mapping[str, Any], post: Post, me: Me, now: datetime) -> Item:
    """A comment below one of our media."""
    parent = found.get("parent_id")
    return Item(
        external_id=str(found["id"]),
        post=post,
        author=_author(found, me),
        text=_text(found.get("text")),
        published_at=moment(found.get("timestamp")) or now,
        parent=str(parent) if parent else None,
        url=post.url,
        status=Status.HELD if found.get("hidden") is True else Status.LIVE,
    )


def with_replies(found: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A comment and the replies that came with it, each with what it answers."""
    yield found
    replies = found.get("replies")
    for one in replies.get("data", []) if isinstance(replies, dict) else []:
        if isinstance(one, dict):
            yield {**one, "parent_id": one.get("parent_id") or found["id"]}


def post(found: Mapping[str, Any]) -> Post:
    """A medium that is commented on."""
    caption = found.get("caption")
    return Post(str(found["id"]), _url(found), one_line(caption, limit=200) if isinstance(caption, str) else None)


def mention(found: Mapping[str, Any], media: str, comment_id: str, now: datetime) -> Item:
    """Where somebody else named us: in a comment below somebody's medium, or in its caption."""
    under = found.get("media")
    under = under if isinstance(under, dict) else found
    url = _url(under) or _url(found)
    name = found.get("username")
    return Item(
        external_id=f"{MENTION}{media}:{comment_id}",
        post=Post(f"{MENTION}{media}", url, one_line(_text(under.get("caption")), limit=200) or None),
        author=Author(f"@{name}", f"instagram:@{name}") if isinstance(name, str) and name else Author(),
        text=_text(found.get("text") if comment_id else found.get("caption")),
        published_at=moment(found.get("timestamp")) or now,
        url=url,
        said_as=SaidAs.MENTION,
        attached=0 if comment_id else 1,
    )


def mentioned(external_id: str) -> tuple[str, str] | None:
    """(media, comment or "") of a mention; None for a comment below one of our media."""
    if not external_id.startswith(MENTION):
        return None
    media, _colon, comment_id = external_id.removeprefix(MENTION).partition(":")
    return media, comment_id


def _author(found: Mapping[str, Any], me: Me) -> Author:
    """The name is what people know each other by; the number is there only where Meta may say it."""
    author = found.get("from")
    number = str(author.get("id") or "") if isinstance(author, dict) else ""
    name = found.get("username") or (author.get("username") if isinstance(author, dict) else None)
    name = one_line(name) if isinstance(name, str) else ""
    us = bool(number and number == me.id) or bool(name and name.lower() == me.username.lower())
    key = f"instagram:{number}" if number else f"instagram:@{name}" if name else None
    return Author(name, key, f"https://www.instagram.com/{name}/" if name else None, is_us=us)


def _text(value: Any) -> str:
    return plain(value) if isinstance(value, str) else ""


def _url(found: Mapping[str, Any]) -> str | None:
    address = found.get("permalink")
    return address if isinstance(address, str) and address.startswith("https://") else None
