"""Which entry is which, from one read to the next, also in feeds whose ids are missing or used twice.

A feed's own id is taken wherever it tells entries apart. Where it does not, the first entry seen under an id keeps it
and every other one gets an id made of its link, author and date. Which one was first has to be remembered for good:
that is ``repeated``, kept in the connection's settings, so that a stored answer read again years later gives the same.
"""

from collections.abc import Mapping, Sequence
from hashlib import blake2b

from app.connectors.feed.entries import Entry

MAX_ID = 400
MAX_REPEATED = 1_000

Marks = dict[str, str]
"""For each known id (see ``key``) what the entry said: short hashes of its author, its date, its text and the rest."""


def key(external_id: str) -> str:
    """A short stand-in for an external id."""
    return _hash(external_id, 8)


def mark(entry: Entry) -> str:
    """What an entry said: equal for an entry that has not changed."""
    rest = [entry.link or "", entry.title, entry.author_url or "", *(reply.ref for reply in entry.replies_to)]
    parts = (entry.author, entry.date, entry.html or entry.text, "\0".join(rest))
    return "".join([_hash(part, 4) for part in parts])


def alike(one: str, other: str) -> int:
    """How many of author, date and text two marks have in common: 0 to 3."""
    return sum(one[at : at + 8] == other[at : at + 8] for at in (0, 8, 16))


def learn(entries: Sequence[Entry], known: Mapping[str, str], repeated: Mapping[str, str]) -> dict[str, str]:
    """``repeated`` with what these entries add: ids that several of them use, and ids used again.

    An id of the last read (``known``) was given to somebody else when author, date and text have all changed: some
    platforms give the number of a deleted comment to the next one.
    """
    learned = dict(repeated)
    for guid, group in _by_guid(entries).items():
        short = key(guid)
        if short in learned or len(learned) >= MAX_REPEATED:
            continue
        before = known.get(short, "")
        if len(group) > 1:
            learned[short] = before or mark(min(reversed(group), key=lambda entry: entry.published_at))
        elif before and not alike(before, mark(group[0])):
            learned[short] = before
    return learned


def assign(entries: Sequence[Entry], repeated: Mapping[str, str]) -> dict[str, Entry]:
    """External ids of all entries, in their order; what a feed says twice is there once."""
    owners: dict[str, Entry] = {}
    for guid, group in _by_guid(entries).items():
        owner = repeated.get(key(guid))
        if owner is None:
            owners[guid] = group[0]
        else:
            nearest = max(group, key=lambda entry: alike(owner, mark(entry)))
            if alike(owner, mark(nearest)) > 1:
                owners[guid] = nearest
    found: dict[str, Entry] = {}
    for entry in entries:
        if entry.guid and owners.get(entry.guid) is entry:
            external_id = entry.guid if len(entry.guid) <= MAX_ID else f"long:{_hash(entry.guid, 16)}"
        else:
            external_id = _made(entry)
            if external_id in found and mark(found[external_id]) != mark(entry):
                external_id = f"{external_id}-{_hash(entry.html or entry.text, 8)}"
        found.setdefault(external_id, entry)
    return found


def _by_guid(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    """Entries with an id of their own; one that says exactly what another says is left out."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.guid:
            group = groups.setdefault(entry.guid, [])
            if not group or mark(entry) not in map(mark, group):
                group.append(entry)
    return groups


def _made(entry: Entry) -> str:
    parts = [entry.guid, entry.link or "", entry.author, entry.date]
    if not entry.date:
        parts.append(entry.html or entry.text)
    return f"made:{_hash(chr(0).join(parts), 16)}"


def _hash(text: str, size: int) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).hexdigest()
