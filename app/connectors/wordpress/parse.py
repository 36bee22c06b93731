"""WordPress's comments turned into ours. Pure: the same answer always gives the same items."""

import hashlib
import html
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urldefrag, urlsplit

from app.connectors import errors
from app.connectors.errors import Permanent
from app.connectors.ports import Author, Item, Post, SaidAs, Status
from app.core.markup import from_html
from app.core.text import one_line, plain

MOST_STARS = 5
_TAKEN = ("comment", "", "review")
STATUSES = {
    "approved": Status.LIVE,
    "hold": Status.HELD,
    "spam": Status.SPAM,
    "trash": Status.TRASH,
    "post-trashed": Status.TRASH,
}
EARLIEST_YEAR = 1990
"""Before the web; an earlier date is a mistake."""
LONGEST_ADDRESS = 2_000
FUTURE = timedelta(days=1)
"""Sites keep their clocks badly; a comment from further ahead than this has an impossible date."""


def items(data: Iterable[Mapping[str, Any]], *, me: int | None, now: datetime) -> list[Item]:
    """The comments and reviews of an answer; trackbacks, pingbacks and editors' notes are left out.

    ``me`` is our own account's number. Raises Permanent(BAD_ANSWER) for a comment without a number or a text.
    """
    return [item(one, me=me, now=now) for one in data if one.get("type", "comment") in _TAKEN]


def item(data: Mapping[str, Any], *, me: int | None, now: datetime) -> Item:
    """One comment.

    The text is always ``content.rendered``, what readers of the blog see. ``content.raw`` is shown to moderators only
    and differs in quotation marks and dashes, so a page that gains or loses its login would look edited all over.
    ``rating`` is WooCommerce's, put beside WordPress's own fields by who read both.
    """
    number = comment_id(data)
    parent = _number(data.get("parent"))
    stars = _number(data.get("rating"))
    return Item(
        external_id=str(number),
        post=_post(data),
        author=_author(data, me),
        text=from_html(_rendered(data.get("content"))),
        published_at=_moment(data.get("date_gmt"), now),
        parent=str(parent) if parent else None,
        url=_address(data.get("link")),
        status=status(data),
        said_as=SaidAs.REVIEW if is_review(data) else None,
        stars=stars if stars and stars <= MOST_STARS else None,
    )


def is_review(data: Mapping[str, Any]) -> bool:
    """Whether it says what somebody thinks of a product; an answer to one is none, whatever it is called there."""
    return data.get("type") == "review" and _number(data.get("parent")) is None


def comment_id(data: Mapping[str, Any]) -> int:
    """A comment's number. Raises Permanent(BAD_ANSWER) without one."""
    number = _number(data.get("id"))
    if number is None:
        raise Permanent(errors.BAD_ANSWER, "a comment without a number")
    return number


def status(data: Mapping[str, Any]) -> Status:
    """Where a comment stands; states that plugins invent are taken as held."""
    return STATUSES.get(str(data.get("status", "approved")), Status.HELD)


def digest(data: Iterable[Mapping[str, Any]]) -> str:
    """Changes when any of the comments is new, edited, moved, approved, held or gone."""
    told = hashlib.sha256()
    for one in data:
        content = _rendered(one.get("content"))
        told.update(repr((one.get("id"), one.get("parent"), one.get("status"), content)).encode("utf-8", "replace"))
    return told.hexdigest()[:32]


def title(text: Any) -> str | None:
    """A title as a reader sees it, from its HTML."""
    return one_line(from_html(str(text))) or None if isinstance(text, str) else None


def _author(data: Mapping[str, Any], me: int | None) -> Author:
    user = _number(data.get("author"))
    email = one_line(str(data.get("author_email") or ""), limit=254).lower() or None
    guest = f"mailto:{email}" if email else None
    key = f"user:{user}" if user else guest
    name = one_line(html.unescape(str(data.get("author_name") or "")))
    return Author(name, key, _address(data.get("author_url")), email, is_us=user is not None and user == me)


def _post(data: Mapping[str, Any]) -> Post:
    number = str(_number(data.get("post")) or 0)
    embedded = _embedded_post(data)
    link = _address(embedded.get("link"))
    if link is None and (own := _address(data.get("link"))):
        link = urldefrag(own).url
    return Post(number, link, title(_dig(embedded, "title", "rendered")), _post_status(data, embedded))


def _post_status(data: Mapping[str, Any], embedded: Mapping[str, Any]) -> Status | None:
    """A post in the trash takes its comments along; one that may not be seen comes as the reason why."""
    if data.get("status") == "post-trashed":
        return Status.TRASH
    refused = _dig(embedded, "data", "status")
    if refused is not None:
        return Status.DELETED if refused == HTTPStatus.NOT_FOUND else Status.HELD
    return Status.LIVE if embedded else None


def _embedded_post(data: Mapping[str, Any]) -> Mapping[str, Any]:
    up = _dig(data, "_embedded", "up")
    return up[0] if isinstance(up, list) and up and isinstance(up[0], dict) else {}


def _dig(data: Any, *path: str) -> Any:
    for name in path:
        data = data.get(name) if isinstance(data, Mapping) else None
    return data


def _rendered(content: Any) -> str:
    value = content.get("rendered") if isinstance(content, Mapping) else None
    if not isinstance(value, str):
        raise Permanent(errors.BAD_ANSWER, "a comment without a text")
    return value


def _number(value: Any) -> int | None:
    """A number above 0, also as digits, as some plugins write it."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _moment(value: Any, now: datetime) -> datetime:
    """``date_gmt`` is UTC and says no zone."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return now
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    if moment.year < EARLIEST_YEAR or moment > now + FUTURE:
        return now
    return moment.astimezone(UTC)


def _address(value: Any) -> str | None:
    """A web address; anything else, such as ``javascript:``, is none."""
    if not isinstance(value, str) or len(value) > LONGEST_ADDRESS:
        return None
    address = plain(value).strip()
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return address if parts.scheme in ("http", "https") and parts.netloc else None
