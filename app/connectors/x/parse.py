"""X's posts turned into our comments. Pure: the same answer always gives the same items.

X renamed its fields in August 2026 (2.167: ``referenced_posts`` for ``referenced_tweets`` and so on); both spellings
are read.
"""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from app.connectors import errors
from app.connectors.decoding import decoded_object
from app.connectors.errors import Permanent
from app.connectors.ports import Author, Item, Post, SaidAs
from app.core.text import one_line, plain

EPOCH_MS = 1_288_834_974_657
"""Ids of posts hold their time in milliseconds since then (Snowflake)."""
FUTURE = timedelta(days=1)
_ADDRESSED = re.compile(r"(?:@\w{1,50}\s+)+")
_ALONE = re.compile(r"(?:@\w{1,50}\s*)+\Z")


def items(answer: Mapping[str, Any], me: str, now: datetime) -> list[Item]:
    """The posts of an answer that speak to us, and our own replies.

    Raises Permanent(BAD_ANSWER) when no post says whose it is: X then no longer knows what we ask for by these names,
    and our own posts would be taken for other people's.
    """
    if (found := posts(answer)) and not any(post.get("author_id") for post in found):
        raise Permanent(errors.BAD_ANSWER, "X named the author of no post")
    people = {str(one.get("id")): one for one in _objects(_includes(answer), "users")}
    return [item(post, people, me, now) for post in found if _concerns(post, me)]


def answer(body: bytes) -> dict[str, Any]:
    """A kept answer. Raises Permanent(BAD_ANSWER) when it is none of X's."""
    data = decoded_object(body)
    if data is None or not ({"data", "meta", "errors"} & set(data)):
        raise Permanent(errors.BAD_ANSWER, "no answer of X")
    return data


def posts(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The posts of an answer; ``data`` is missing when there are none, and one post when one was asked for."""
    data = answer.get("data")
    found = [data] if isinstance(data, dict) else data
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def users(answer: Mapping[str, Any]) -> int:
    """How many people X named in an answer, and charges for."""
    return len(list(_objects(_includes(answer), "users")))


def item(post: Mapping[str, Any], people: Mapping[str, Mapping[str, Any]], me: str, now: datetime) -> Item:
    """One post. Raises Permanent(BAD_ANSWER) for one without an id or a text."""
    number, parent = first_id(post), replied_to(post)
    thread = str(post.get("conversation_id") or number)
    to_our_post = parent == thread and str(post.get("in_reply_to_user_id") or "") == me
    author = str(post.get("author_id") or "")
    to_us = author == me or str(post.get("in_reply_to_user_id") or "") == me
    return Item(
        external_id=number,
        post=Post(thread, link(thread)),
        author=_author(author, people.get(author, {}), me),
        text=text(post),
        published_at=_moment(post.get("created_at"), now),
        parent=None if to_our_post or parent == number else parent,
        url=link(number),
        state_known=False,  # nothing X answers says whether it was hidden
        said_as=None if to_us else SaidAs.MENTION,
        attached=_attached(post),
    )


def _attached(post: Mapping[str, Any]) -> int:
    """How many pictures and films came along: each has an address in the text, of which X says what it is."""
    entities = post.get("entities")
    links = _objects(entities if isinstance(entities, dict) else {}, "urls")
    return len({one["media_key"] for one in links if isinstance(one.get("media_key"), str)})


def first_id(post: Mapping[str, Any]) -> str:
    """The id that stays: an edit gives a post another one, and the history begins with the first."""
    history = post.get("edit_history_tweet_ids") or post.get("edit_history_post_ids")
    if isinstance(history, list) and history and _is_id(str(history[0])):
        return str(history[0])
    return post_id(post)


def post_id(post: Mapping[str, Any]) -> str:
    number = str(post.get("id") or "")
    if not _is_id(number):
        raise Permanent(errors.BAD_ANSWER, "a post without an id")
    return number


def replied_to(post: Mapping[str, Any]) -> str | None:
    """The id of what a post answers."""
    for one in _references(post):
        if one.get("type") == "replied_to" and _is_id(str(one.get("id"))):
            return str(one["id"])
    return None


def text(post: Mapping[str, Any]) -> str:
    """What a reader sees: long texts whole, addresses as they were typed, and in a reply without the names before it,
    which X shows elsewhere."""
    note = post.get("note_tweet") or post.get("note_post")
    whole = note if isinstance(note, dict) and isinstance(note.get("text"), str) else post
    said = whole.get("text")
    if not isinstance(said, str):
        raise Permanent(errors.BAD_ANSWER, "a post without a text")
    entities = whole.get("entities")
    for one in _objects(entities if isinstance(entities, dict) else {}, "urls"):
        if isinstance(one.get("url"), str) and isinstance(one.get("expanded_url"), str):
            said = said.replace(one["url"], one["expanded_url"])
    said = plain(html.unescape(said))
    if replied_to(post) is None:
        return said.strip()
    names = _ADDRESSED.match(said)
    rest = said[names.end() :] if names else said
    return "" if _ALONE.fullmatch(rest) else rest.strip()


def link(number: str) -> str:
    """The address of a post, whoever wrote it."""
    return f"https://x.com/i/status/{number}"


def id_at(moment: datetime) -> int:
    """The least id that a post published then can have."""
    return max(0, (int(moment.timestamp() * 1000) - EPOCH_MS) << 22)


def published(number: str) -> datetime:
    """When a post with that id was published."""
    return datetime.fromtimestamp(((int(number) >> 22) + EPOCH_MS) / 1000, UTC)


def _concerns(post: Mapping[str, Any], me: str) -> bool:
    """Whether a post is a comment: everybody else's is, of ours those that answer somebody else."""
    if str(post.get("author_id") or "") != me:
        return True
    return replied_to(post) is not None and str(post.get("in_reply_to_user_id") or "") != me


def _author(number: str, person: Mapping[str, Any], me: str) -> Author:
    name = one_line(str(person.get("name") or person.get("username") or ""))
    handle = str(person.get("username") or "")
    url = f"https://x.com/{handle}" if re.fullmatch(r"\w{1,50}", handle) else None
    return Author(name, f"user:{number}" if number else None, url, is_us=number == me)


def _moment(value: Any, now: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return now
    moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    return now if moment > now + FUTURE else moment


def _references(post: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found = post.get("referenced_tweets") or post.get("referenced_posts")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _includes(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    found = answer.get("includes")
    return found if isinstance(found, dict) else {}


def _objects(data: Mapping[str, Any], name: str) -> Iterator[dict[str, Any]]:
    found = data.get(name)
    yield from (one for one in found if isinstance(one, dict)) if isinstance(found, list) else ()


def _is_id(number: str) -> bool:
    return number.isascii() and number.isdigit() and len(number) < 20
