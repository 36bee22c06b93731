"""Facebook's comments and posts in our words; pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.connectors.meta.client import moment
from app.connectors.ports import Author, Item, Post, Status
from app.core.text import one_line, plain

COMMENT_FIELDS = "id,message,created_time,from{id,name},parent{id},permalink_url,is_hidden,attachment"
POST_FIELDS = "id,message,story,created_time,updated_time,from{id,name},permalink_url,is_hidden,full_picture"


def comment(found: Mapping[str, Any], post: Post, page: str, now: datetime) -> Item:
    """A comment below ``post``; ``page`` is our page's number."""
    parent = found.get("parent")
    return Item(
        external_id=str(found["id"]),
        post=post,
        author=_author(found, page),
        text=_text(found),
        published_at=moment(found.get("created_time")) or now,
        parent=str(parent["id"]) if isinstance(parent, dict) and parent.get("id") else None,
        url=_url(found),
        status=Status.HELD if found.get("is_hidden") is True else Status.LIVE,
        attached=_attached(found),
    )


def visitor_post(found: Mapping[str, Any], page: str, now: datetime) -> Item | None:
    """What somebody else posted on the page; None for our own posts, and for what says and shows nothing. It stands
    under itself. A picture without words is shown by the post's address: the picture's own is another every time."""
    author = _author(found, page)
    words = _text(found)
    shows = not words and bool(found.get("full_picture"))
    if author.is_us or not (words or shows):
        return None
    status = Status.HELD if found.get("is_hidden") is True else Status.LIVE
    at, url = moment(found.get("created_time")) or now, _url(found)
    text = words or url or "…"
    return Item(str(found["id"]), post(found), author, text, at, url=url, status=status, attached=int(shows))


def post(found: Mapping[str, Any]) -> Post:
    """A post that is commented on."""
    words = found.get("message") or found.get("story")
    return Post(str(found["id"]), _url(found), one_line(words, limit=200) if isinstance(words, str) else None)


def _author(found: Mapping[str, Any], page: str) -> Author:
    """Meta leaves the author out where we may not know who it is."""
    author = found.get("from")
    if not isinstance(author, dict) or not author.get("id"):
        return Author()
    key = str(author["id"])
    return Author(one_line(str(author.get("name") or "")), f"facebook:{key}", is_us=key == page)


def _text(found: Mapping[str, Any]) -> str:
    """The words, and the address of what is attached where there are none or it says more."""
    words = found.get("message")
    text = plain(words) if isinstance(words, str) else ""
    attachment = found.get("attachment")
    if isinstance(attachment, dict) and not text:
        address = attachment.get("url")
        return plain(address) if isinstance(address, str) else "…"
    return text


def _attached(found: Mapping[str, Any]) -> int:
    """One for a picture, film or sticker; a link that Meta shows a preview of is none."""
    attachment = found.get("attachment")
    return int(isinstance(attachment, dict) and attachment.get("type") not in (None, "share"))


def _url(found: Mapping[str, Any]) -> str | None:
    address = found.get("permalink_url")
    return address if isinstance(address, str) and address.startswith(("https://", "http://")) else None
