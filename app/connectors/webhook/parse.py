"""The documented JSON in our words; pure."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from app.connectors import errors
from app.connectors.errors import Permanent
from app.connectors.ports import Author, Item, Post, SaidAs, Status
from app.core.text import one_line, plain

LONGEST_ID = 400
LONGEST_TEXT = 100_000
MOST_STARS = 5
MOST_ATTACHED = 100
_POST = "-"
"""The post of comments that name none."""


def comments(body: bytes) -> list[dict[str, Any]]:
    """The comments in a message or an answer. Raises Permanent(BAD_ANSWER) when it is not of the documented form."""
    try:
        found = json.loads(body)["comments"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Permanent(errors.BAD_ANSWER, "no JSON object with “comments”") from None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Permanent(errors.BAD_ANSWER, "“comments” is not a list of objects")
    return found


def identity(comment: Mapping[str, Any]) -> str:
    """The comment's id. Raises Permanent(BAD_ANSWER) without one."""
    found = comment.get("id")
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    if not isinstance(found, str) or not found.strip() or len(found) > LONGEST_ID or plain(found) != found:
        raise Permanent(errors.BAD_ANSWER, "a comment needs an “id”: a text of at most 400 characters")
    return found


def item(comment: Mapping[str, Any], now: datetime) -> Item:
    """A comment as it stands now. Raises Permanent(BAD_ANSWER) saying what is missing."""
    text = comment.get("text")
    if not isinstance(text, str):
        raise Permanent(errors.BAD_ANSWER, f"comment {identity(comment)} has no “text”")
    if len(text) > LONGEST_TEXT:
        raise Permanent(errors.BAD_ANSWER, f"comment {identity(comment)} has more than {LONGEST_TEXT} characters")
    post, author = _object(comment, "post"), _object(comment, "author")
    title = one_line(_text(post, "title"))
    return Item(
        external_id=identity(comment),
        post=Post(_text(post, "id")[:LONGEST_ID] or _POST, _url(post), title or None),
        author=Author(
            name=one_line(_text(author, "name"), limit=200),
            key=_text(author, "id")[:LONGEST_ID] or None,
            url=_url(author),
            email=_text(author, "email")[:300] or None,
            is_us=comment.get("ours") is True,
        ),
        text=plain(text),
        published_at=moment(comment.get("published_at")) or now,
        parent=_text(comment, "parent")[:LONGEST_ID] or None,
        url=_url(comment),
        status=status(comment),
        said_as=_said_as(comment),
        stars=_number(comment, "stars", 1, MOST_STARS),
        attached=_number(comment, "attachments", 0, MOST_ATTACHED) or 0,
    )


def _said_as(comment: Mapping[str, Any]) -> SaidAs | None:
    kind = comment.get("kind")
    if kind in (None, "comment"):
        return None
    if kind not in list(SaidAs):
        raise Permanent(errors.BAD_ANSWER, f"comment {identity(comment)}: “kind” is comment, mention or review")
    return SaidAs(kind)


def _number(comment: Mapping[str, Any], name: str, least: int, most: int) -> int | None:
    found = comment.get(name)
    if found is None:
        return None
    if type(found) is not int or not least <= found <= most:
        raise Permanent(errors.BAD_ANSWER, f"comment {identity(comment)}: “{name}” is a number from {least} to {most}")
    return found


def items(found: Sequence[Mapping[str, Any]], now: datetime) -> list[Item]:
    """All of them, deleted ones left out. Raises Permanent(BAD_ANSWER)."""
    return [item(one, now) for one in found if status(one) is not Status.DELETED]


def status(comment: Mapping[str, Any]) -> Status:
    """Where the comment stands; live when nothing is said. Raises Permanent(BAD_ANSWER) for an unknown word."""
    try:
        return Status(comment.get("status", "live"))
    except ValueError:
        known = ", ".join(Status)
        raise Permanent(errors.BAD_ANSWER, f"the “status” of {identity(comment)} is none of {known}") from None


def moment(value: Any) -> datetime | None:
    """A time in ISO 8601, UTC where it names no zone; None when it is none."""
    try:
        at = datetime.fromisoformat(value)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def _object(source: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = source.get(name)
    return found if isinstance(found, dict) else {}


def _text(source: Mapping[str, Any], name: str) -> str:
    found = source.get(name)
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    return plain(found).strip() if isinstance(found, str) else ""


def _url(source: Mapping[str, Any]) -> str | None:
    found = _text(source, "url")
    return found[:2000] if found.startswith(("https://", "http://")) else None
