"""How lines are chained and checked; no database, no clock."""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from app.audit.types import Entry, Fault, Head, Link, Problem

FIRST = "0" * 64
"""What the first line names as its predecessor."""
MOST_PROBLEMS = 1_000


def link(entry: Entry, seq: int, previous: str) -> Link:
    """The line that ``entry`` becomes behind the line with hash ``previous``."""
    bare = Link(
        seq=seq,
        at=entry.at.astimezone(UTC),
        actor_id=entry.actor_id,
        acting_for_id=entry.acting_for_id,
        address=entry.origin.address,
        request_id=entry.origin.request_id,
        action=entry.action.value,
        subject=entry.subject,
        facts=canonical(entry.facts),
        content_hash=entry.content_hash,
        previous=previous,
        hash="",
    )
    return replace(bare, hash=digest(bare))


def digest(line: Link) -> str:
    """SHA-256 over everything in a line but its own hash."""
    parts = [
        line.seq,
        line.at.astimezone(UTC).isoformat(timespec="microseconds"),
        line.actor_id,
        line.acting_for_id,
        line.address,
        line.request_id,
        line.action,
        line.subject,
        line.facts,
        line.content_hash,
        line.previous,
    ]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()


def canonical(facts: Mapping[str, str | int | bool | None]) -> str:
    """One spelling for the same facts."""
    return json.dumps(dict(facts), ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def problems(lines: Iterable[Link], heads: Sequence[Head]) -> Iterator[Problem]:
    """Everything wrong with the chain, in order; ``lines`` come by rising number.

    ``heads`` are those whose seal is right: without them a chain that was rewritten from some line on, with new hashes
    throughout, would look sound.
    """
    known = {head.seq: head.hash for head in heads}
    at, previous = 0, FIRST
    for line in lines:
        if line.seq != at + 1:
            yield from (Problem(Fault.MISSING, seq) for seq in range(at + 1, min(line.seq, at + 1 + MOST_PROBLEMS)))
        elif line.previous != previous:
            yield Problem(Fault.OUT_OF_CHAIN, line.seq)
        if digest(line) != line.hash:
            yield Problem(Fault.CHANGED, line.seq)
        elif known.get(line.seq, line.hash) != line.hash:
            yield Problem(Fault.REWRITTEN, line.seq)
        at, previous = line.seq, line.hash
    yield from (Problem(Fault.CUT_OFF, seq) for seq in sorted(known) if seq > at)


def sealed(key: bytes, seq: int, hash_: str, now: datetime) -> Head:
    """The log's end, sealed so that only who has the key could have written it."""
    at = now.astimezone(UTC).isoformat(timespec="seconds")
    return Head(seq, hash_, at, _seal(key, seq, hash_, at))


def is_genuine(key: bytes, head: Head) -> bool:
    """Whether a head was sealed with this key and not changed since."""
    return hmac.compare_digest(_seal(key, head.seq, head.hash, head.at), head.seal)


def _seal(key: bytes, seq: int, hash_: str, at: str) -> str:
    return hmac.new(key, f"{seq}\n{hash_}\n{at}".encode(), hashlib.sha256).hexdigest()
