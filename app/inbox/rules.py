"""Decisions about threads and texts; no database, no clock."""

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, time, timedelta, tzinfo

from app.inbox.types import ConversationState, Later

SNIPPET = 180
TAG_LENGTH = 40
NOTE_MAXIMUM = 10_000
FURTHEST = timedelta(days=366)
"""So far ahead at most something is put off."""
_HOURS = timedelta(hours=3)
_MORNING = time(9)
_WEEK = 7
_BEFORE_THE_WEB = datetime(1990, 1, 1, tzinfo=UTC)


def content_hash(text: str) -> str:
    """What tells an edited comment from the same one seen again."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def snippet(text: str) -> str:
    """The first words on one line."""
    line = " ".join(text[: 4 * SNIPPET].split())
    return line if len(line) <= SNIPPET else line[: SNIPPET - 1].rstrip() + "…"


def mentioned(text: str, people: Iterable[tuple[int, Iterable[str]]]) -> list[int]:
    """Whom a note names with ``@``, in the order of their first mention.

    ``people`` are ids with the names somebody may be called by; the longest name that fits counts, whatever its case,
    and people of the same name are all meant.
    """
    by_name: dict[str, list[int]] = defaultdict(list)
    for person, names in people:
        for name in {name.casefold() for name in names if name}:
            by_name[name].append(person)
    lengths = sorted({len(name) for name in by_name}, reverse=True)
    words = text.casefold()
    found: dict[int, None] = {}
    at = words.find("@")
    while at >= 0:
        if at == 0 or not words[at - 1].isalnum():
            found.update(dict.fromkeys(_named_at(words, at + 1, by_name, lengths)))
        at = words.find("@", at + 1)
    return list(found)


def _named_at(words: str, start: int, by_name: Mapping[str, list[int]], lengths: Iterable[int]) -> list[int]:
    for length in lengths:
        end = start + length
        if end <= len(words) and words[start:end] in by_name and not words[end : end + 1].isalnum():
            return by_name[words[start:end]]
    return []


def root_of(external_id: str, parents: Mapping[str, str | None], stored_root: Callable[[str], str | None]) -> str:
    """The comment a thread began with.

    ``parents`` are the batch's own links, ``stored_root`` knows what is stored. A parent nobody has seen is the root
    itself; links that run in a circle end where they meet.
    """
    seen = {external_id}
    at = external_id
    while True:
        parent = parents.get(at)
        if parent is None:
            return (stored_root(at) or at) if at != external_id else at
        if parent in seen:
            return min(seen)
        if parent not in parents:
            return stored_root(parent) or parent
        seen.add(parent)
        at = parent


def follow(roots: Mapping[str, str], external_id: str) -> str:
    """The end of a chain of roots; a circle ends at its smallest member."""
    seen = {external_id}
    at = roots[external_id]
    while roots.get(at, at) != at:
        if at in seen:
            return min(seen)
        seen.add(at)
        at = roots[at]
    return at


def after_inbound(
    state: ConversationState, waiting_since: datetime | None, published_at: datetime
) -> tuple[ConversationState, datetime | None]:
    """State and waiting-since after the person said something more. What was set aside as spam stays there."""
    if state is ConversationState.SPAM:
        return state, None
    return ConversationState.NEW, min(waiting_since, published_at) if waiting_since else published_at


def after_ours(
    state: ConversationState, waiting_since: datetime | None, published_at: datetime
) -> tuple[ConversationState, datetime | None]:
    """State and waiting-since after we answered, here or at the platform itself; an older answer changes nothing."""
    if state is ConversationState.NEW and (waiting_since is None or published_at >= waiting_since):
        return ConversationState.WAITING, None
    return state, waiting_since


def sane_time(published_at: datetime, now: datetime) -> datetime:
    """A time that can be sorted by: nothing before the web, nothing later than now."""
    return published_at if _BEFORE_THE_WEB <= published_at <= now else now


def tag_name(said: str) -> str:
    """A tag's name as it is shown; empty when it can't be one."""
    name = " ".join(said.split())
    return name if len(name) <= TAG_LENGTH and "," not in name and name.isprintable() else ""


def tag_key(name: str) -> str:
    """What two spellings of one tag have in common."""
    return unicodedata.normalize("NFKC", name).casefold()[: 2 * TAG_LENGTH]


def later(choice: Later, now: datetime, zone: tzinfo) -> datetime:
    """When something comes back that is put off so, on a clock of that zone; in UTC. The next Monday is never today."""
    if choice is Later.HOURS:
        return now + _HOURS
    today = now.astimezone(zone).date()
    days = 1 if choice is Later.TOMORROW else _WEEK - today.weekday()
    return datetime.combine(today + timedelta(days=days), _MORNING, zone).astimezone(UTC)
