"""Which entry is which, from one read to the next, also in feeds whose ids are missing or used twice.

A feed's own id is taken wherever it tells entries apart. Where it does not, the first entry seen under an id keeps it
and every other one gets an id made of its link, author and date. Which one was first has to be remembered for good:
that is ``repeated``, kept in the connection's settings, so that a stored answer read again years later gives the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

from app.connectors.feed.entries import Entry

MAX_ID = 400
MAX_REPEATED = 1_000

LEFT_OUT = ""
"""The mark of an entry that is known and never given, as it was too old for the first read."""

Marks = dict[str, str]
"""For each known id (see ``key``) what the entry said: short hashes of its author, its date, its text and the rest,
equal as long as nothing changes."""


@lru_cache(maxsize=2_000)
def key(external_id: str) -> str:
    """A short stand-in for an external id. Remembered: each is asked for several times while its feed is read."""
    return _hash(external_id, 8)


@dataclass(frozen=True, slots=True)
class Identity:
    """An entry, the external id it has, and what it said."""

    external_id: str
    key: str
    mark: str
    entry: Entry


def identify(
    entries: Sequence[Entry], known: Mapping[str, str], repeated: Mapping[str, str]
) -> tuple[list[Identity], Mapping[str, str]]:
    """Give each entry its external id; what a feed says twice comes once. ``known`` are the marks of the last read.

    Answers the entries in the order of the feed, and ``repeated`` with what they add.
    """
    marks = {entry.number: _mark(entry) for entry in entries}
    groups: dict[str, dict[str, Entry]] = {}
    for entry in entries:
        if entry.guid:
            groups.setdefault(entry.guid, {}).setdefault(marks[entry.number], entry)
    learned = _learn(groups, known, repeated)
    owners = {guid: _owner(group, learned.get(key(guid))) for guid, group in groups.items()}
    found: dict[str, Identity] = {}
    for entry in entries:
        mark = marks[entry.number]
        if entry.guid and owners[entry.guid] == mark:
            external_id = entry.guid if len(entry.guid) <= MAX_ID else f"long:{_hash(entry.guid, 16)}"
        else:
            external_id = _made(entry)
            if external_id in found and found[external_id].mark != mark:
                external_id = f"{external_id}-{_hash(entry.html or entry.text, 8)}"
        if external_id not in found:
            found[external_id] = Identity(external_id, key(external_id), mark, entry)
    return list(found.values()), learned


def _learn(
    groups: Mapping[str, dict[str, Entry]], known: Mapping[str, str], repeated: Mapping[str, str]
) -> dict[str, str]:
    """``repeated``, with ids that several entries use and ids used again.

    An id of the last read was given to somebody else when author, date and text have all changed: some platforms give
    the number of a deleted comment to the next one.
    """
    learned = dict(repeated)
    for guid, group in groups.items():
        short = key(guid)
        if short in learned or len(learned) >= MAX_REPEATED:
            continue
        before = known.get(short, "")
        if len(group) > 1:
            oldest = min(reversed(group.items()), key=lambda one: one[1].published_at)
            learned[short] = before or oldest[0]
        elif before and not _alike(before, next(iter(group))):
            learned[short] = before
    return learned


def _owner(group: Mapping[str, Entry], first: str | None) -> str | None:
    """The mark of the entry that has an id for its own; None when the first that had it is not there any more."""
    if first is None:
        return next(iter(group))
    nearest = max(group, key=lambda mark: _alike(first, mark))
    return nearest if _alike(first, nearest) > 1 else None


def _mark(entry: Entry) -> str:
    rest = [entry.link or "", entry.title, entry.author_url or "", *(reply.ref for reply in entry.replies_to)]
    parts = (entry.author, entry.date, entry.html or entry.text, "\0".join(rest))
    return "".join([_hash(part, 4) for part in parts])


def _alike(one: str, other: str) -> int:
    """How many of author, date and text two marks have in common: 0 to 3."""
    return sum(one[at : at + 8] == other[at : at + 8] for at in (0, 8, 16))


def _made(entry: Entry) -> str:
    parts = [entry.guid, entry.link or "", entry.author, entry.date]
    if not entry.date:
        parts.append(entry.html or entry.text)
    return f"made:{_hash(chr(0).join(parts), 16)}"


def _hash(text: str, size: int) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).hexdigest()
