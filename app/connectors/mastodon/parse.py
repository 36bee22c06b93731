"""Statuses turned into our comments. Pure: the same answer always gives the same items."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from app.connectors import errors
from app.connectors.errors import Permanent
from app.connectors.ports import Author, Item, Post, SaidAs, Sent
from app.core.markup import from_html
from app.core.text import one_line, plain

FUTURE = timedelta(days=1)
"""Servers keep their clocks badly; a status from further ahead than this has an impossible date."""
LONGEST_TITLE = 120
DIRECT = "direct"
LONGEST_ADDRESS = 2_000
_REMOTE = re.compile(r"(@\w+)@[\w.-]+\w")
_ADDRESSED = re.compile(r"\s*@([\w.-]*\w)(?:@[\w.-]*\w)?(?=\s|[,:]|\Z)[,:]?\s*")


@dataclass(frozen=True, slots=True)
class Root:
    """The status a thread began with."""

    id: str
    url: str | None
    title: str | None
    ours: bool

    def kept(self) -> dict[str, Any]:
        """As JSON, beside the answer it was found for."""
        return {"id": self.id, "url": self.url, "title": self.title, "ours": self.ours}

    @classmethod
    def restored(cls, kept: Mapping[str, Any]) -> "Root":
        """From ``kept``. Raises KeyError."""
        return cls(str(kept["id"]), kept["url"], kept["title"], bool(kept["ours"]))


def root(status: Mapping[str, Any], me: str) -> Root:
    """A status as the beginning of a thread. ``me`` is our own account's id."""
    title = one_line(from_html(_content(status)), limit=LONGEST_TITLE) or None
    return Root(status_id(status), _address(status.get("url")), title, account_id(status) == me)


def item(status: Mapping[str, Any], began: Root | None, me: str, name: str, now: datetime) -> Item:
    """One status that speaks to us, or a reply of ours.

    ``began`` is None where nobody knows the thread; ``me`` and ``name`` are our own account's id and user name.
    Raises Permanent(BAD_ANSWER) for a status without an id or a text.
    """
    number, parent = status_id(status), reply_to(status)
    to_our_post = began is not None and began.ours and parent == began.id
    speaks_below_us = (began is not None and began.ours) or str(status.get("in_reply_to_account_id") or "") == me
    author = _author(status, me)
    media = status.get("media_attachments")
    return Item(
        external_id=number,
        post=Post(began.id, began.url, began.title) if began else Post(parent or number),
        author=author,
        text=text(status, me, name),
        published_at=_moment(status.get("created_at"), now),
        parent=None if to_our_post else parent,
        url=_address(status.get("url")) or _address(status.get("uri")),
        said_as=None if author.is_us or speaks_below_us else SaidAs.MENTION,
        attached=len(media) if isinstance(media, list) else 0,
        private=is_direct(status),
    )


def is_direct(status: Mapping[str, Any]) -> bool:
    """Whether only those who are named in it can see it."""
    return status.get("visibility") == DIRECT


def text(status: Mapping[str, Any], me: str, name: str) -> str:
    """What a reader sees, without the name at its beginning that only says whom it is for: ours, and in replies of
    ours the name of whom we answer. A content warning comes first, but in ours it is only copied from above."""
    body = from_html(_content(status))
    mine = account_id(status) == me
    said = _without(_answered(status) if mine else name, body)
    warning = one_line(str(status.get("spoiler_text") or ""))
    return f"{warning}\n\n{said}" if warning and not mine else said


def status_id(status: Mapping[str, Any]) -> str:
    """Raises Permanent(BAD_ANSWER) without one."""
    number = identity(status)
    if number is None:
        raise Permanent(errors.BAD_ANSWER, "a status without an id")
    return number


def identity(entity: Mapping[str, Any]) -> str | None:
    """The id of anything; opaque text."""
    number = entity.get("id")
    return str(number) if isinstance(number, str | int) and str(number) else None


def reply_to(status: Mapping[str, Any]) -> str | None:
    """The id of what a status answers."""
    number = status.get("in_reply_to_id")
    return str(number) if isinstance(number, str | int) and str(number) else None


def account_id(status: Mapping[str, Any]) -> str | None:
    account = status.get("account")
    return identity(account) if isinstance(account, Mapping) else None


def published(status: Mapping[str, Any]) -> datetime | None:
    """When it was published; None when that makes no sense."""
    try:
        moment = datetime.fromisoformat(str(status.get("created_at")))
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def sent(status: Mapping[str, Any]) -> Sent:
    """A status of ours that stands there."""
    url = status.get("url")
    return Sent(status_id(status), url if isinstance(url, str) else None)


def local(text: str) -> str:
    """A text as servers show it: ``@ann@example.org`` as ``@ann``."""
    return _REMOTE.sub(r"\1", text)


def order(number: str) -> tuple[int, str]:
    """Ids in the order in which they were given out: longer ones are later."""
    return len(number), number


def _author(status: Mapping[str, Any], me: str) -> Author:
    account = status.get("account")
    if not isinstance(account, Mapping):
        return Author()
    number = identity(account)
    shown = one_line(str(account.get("display_name") or account.get("username") or ""))
    return Author(shown, f"account:{number}" if number else None, _address(account.get("url")), is_us=number == me)


def _answered(status: Mapping[str, Any]) -> str:
    """The user name of whom a status answers; empty when it does not name them."""
    mentions = status.get("mentions")
    for one in mentions if isinstance(mentions, list) else ():
        if isinstance(one, Mapping) and identity(one) == str(status.get("in_reply_to_account_id")):
            return str(one.get("username") or "").partition("@")[0]
    return ""


def _without(name: str, body: str) -> str:
    found = _ADDRESSED.match(body)
    return body[found.end() :] if found and name and found[1].lower() == name.lower() else body


def _content(status: Mapping[str, Any]) -> str:
    content = status.get("content")
    if not isinstance(content, str):
        raise Permanent(errors.BAD_ANSWER, "a status without a text")
    return content


def _moment(value: Any, now: datetime) -> datetime:
    moment = published({"created_at": value})
    return now if moment is None or moment > now + FUTURE else moment


def _address(value: Any) -> str | None:
    """A web address; anything else is none."""
    if not isinstance(value, str) or len(value) > LONGEST_ADDRESS:
        return None
    try:
        parts = urlsplit(plain(value).strip())
    except ValueError:
        return None
    return parts.geturl() if parts.scheme in ("http", "https") and parts.netloc else None
