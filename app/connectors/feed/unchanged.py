"""Which entries of a feed stand there byte for byte as at the last read: they need not be looked into again.

Reading an entry's fields costs fifteen times as much as a hash of its bytes, and most of most feeds was there before.
"""

import re
from collections.abc import Mapping, Sequence
from hashlib import blake2b

from app.connectors.feed.document import Document
from app.connectors.feed.ids import Identity

Prints = dict[str, str]
"""By the fingerprint of an entry's bytes the ``ids.key`` of what it was found to be."""

_BEGINS = re.compile(rb"<(?:item|entry)[\s/>]")


def fingerprints(document: Document, base: str) -> list[str]:
    """One for each entry, equal as long as its bytes and what they mean stay the same; none at all where it is not
    certain which bytes are whose. ``base`` is what relative addresses are relative to.

    Each entry without a prefix begins with its name. Where CDATA, XML comments or other elements hold the same
    letters, there are more beginnings than entries.
    """
    entries = document.entries
    starts = [found.start() for found in _BEGINS.finditer(document.source)]
    if not entries or len(starts) != len(entries) or any(entry.prefix for entry in entries):
        return []
    parent = entries[0].getparent()
    if parent is None or entries[-1].getparent() is not parent:  # in two places, and not in the order of the bytes
        return []
    names = sorted((prefix or "", name) for prefix, name in parent.nsmap.items())
    context = blake2b(repr((base, names)).encode("utf-8", "surrogatepass"), digest_size=8)
    prints = []
    for start, end in zip(starts, [*starts[1:], len(document.source)], strict=True):
        one = context.copy()
        one.update(document.source[start:end])
        prints.append(one.hexdigest())
    return prints


def same(prints: Sequence[str], seen: Mapping[str, str]) -> dict[int, str]:
    """The ``ids.key`` of the entries that were ``seen`` before, by their number in the feed."""
    return {number: seen[one] for number, one in enumerate(prints) if one in seen}


def stand_alone(rest: Sequence[Identity], same: Mapping[int, str]) -> bool:
    """Whether the other entries are what they would be found to be together with the unchanged ones: each has an id of
    its own that none of those has."""
    taken = set(same.values())
    return all(one.external_id == one.entry.guid and one.key not in taken for one in rest)


def prints_of(found: Sequence[Identity], prints: Sequence[str], same: Mapping[int, str]) -> Prints:
    """What the next read is to know: only of entries with an id of their own, which need no other to say which they
    are."""
    own = {prints[one.entry.number]: one.key for one in found if prints and one.external_id == one.entry.guid}
    return {**own, **{prints[number]: key for number, key in same.items()}}
