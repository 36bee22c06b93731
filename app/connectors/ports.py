"""What connectors are given and what they answer, whatever their platform. See ``app.connectors.connector``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

Cursor = dict[str, Any]
"""JSON data of the connector's own making; stored in the same transaction as the batch it came with."""

GAP_AT = "gap_at"
"""Key of a cursor: ISO time of the last read that may have missed comments, because the platform shows only so many."""
FASTEST = "fastest_seconds"
"""Key of a connection's settings: it may be read this often while people speak there; asking costs nobody anything."""
UNHURRIED = "unhurried_seconds"
"""Key of a connection's settings: it is read no more often than this, since the platform tells by itself or counts."""

LACKING = "lacking"
"""Key of a connection's settings: a list of the permissions, by the platform's names, without which all is well but for
private replies; empty where none is lacking."""
LACKING_TO_MODERATE, LACKING_TO_PUBLISH = "lacking_to_moderate", "lacking_to_publish"
"""Keys of a connection's settings: the same of seeing and judging comments that wait, and of publishing posts."""


class Status(StrEnum):
    """Where a comment stands at the platform."""

    LIVE = "live"
    HELD = "held"
    SPAM = "spam"
    TRASH = "trash"
    DELETED = "deleted"


class Moderation(StrEnum):
    """What can be done to a comment at the platform."""

    APPROVE = "approve"
    HOLD = "hold"
    SPAM = "spam"
    TRASH = "trash"
    DELETE = "delete"
    """For good: it can't be taken back."""
    LIKE = "like"
    """Its state stays what it is."""
    BAN = "ban"
    """Take it down, and whatever its author says there from now on; from here that can't be taken back."""


REVERSIBLE = frozenset({Moderation.APPROVE, Moderation.HOLD, Moderation.SPAM, Moderation.TRASH})
"""What blogs offer."""


class SaidAs(StrEnum):
    """What was said to us otherwise than by a comment below something of ours."""

    MENTION = "mention"
    """Below or in something of somebody else, and names us."""
    REVIEW = "review"


class LengthUnit(StrEnum):
    """How a platform counts; see ``app.connectors.lengths``."""

    CHARACTERS = "characters"
    BYTES = "bytes"
    GRAPHEMES = "graphemes"
    """Characters as a reader counts them: a family of emoji is one."""
    MASTODON = "mastodon"
    WEIGHTED = "weighted"
    """X: most scripts count double, an address 23, an emoji 2."""


@dataclass(frozen=True, slots=True)
class LengthLimit:
    """How long a reply may be, counted the platform's way."""

    maximum: int
    unit: LengthUnit


@dataclass(frozen=True, slots=True)
class PrivateReplies:
    """How a comment can be answered so that nobody but its author reads it; see ``app.connectors.private``."""

    length: LengthLimit | None = None
    within: timedelta | None = None
    """For how long after the comment; None: for as long as it stands."""
    once: bool = False
    """Whether the platform takes one such reply to a comment, and no second."""
    but: str | None = None
    """What the external ids of comments begin with that can't be answered so; None: all can."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What this connection can do, given its credentials."""

    reply: bool = False
    moderate: frozenset[Moderation] = frozenset()
    verify: bool = False
    """Whether ``verify`` tells the fate of single comments; without it absence is never read as deletion."""
    length: LengthLimit | None = None
    private: PrivateReplies | None = None
    """None where everything said is said in public."""


@dataclass(frozen=True, slots=True)
class Access:
    """One connection as a connector sees it."""

    url: str
    """The page's address in the canonical form that ``discover`` answered."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What ``discover`` and ``check`` found out and asked to keep; JSON."""
    secret: Mapping[str, str] | None = None
    """``login`` and ``password`` (``password`` alone where it is a token), or None when the page is only read
    anonymously."""
    act_before: datetime | None = None
    """No act may leave us after this moment: somebody else may have taken it over by then. Checked by
    ``app.connectors.answers.in_time`` right before an act is sent."""


@dataclass(frozen=True, slots=True)
class Found:
    """A page recognised at an address."""

    kind: str
    name: str
    url: str
    """Canonical address; two spellings of one page give the same."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    can_log_in: bool = False
    """Whether credentials would allow answering from here."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who the platform says we are."""

    key: str
    name: str
    capabilities: Capabilities
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Further settings to keep with the connection, for example our own account's id."""
    is_the_page: bool = False
    """Whether the account is the page itself, so that no two pages of this kind have the same one, whatever their
    addresses. Not where many pages share an account, or where ``key`` counts for one site alone."""
    ends_at: datetime | None = None
    """When a person has to give credentials again at the latest; None: never, or nobody knows."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a comment, as far as the platform vouches for it."""

    name: str = ""
    key: str | None = None
    """The platform's own stable id (account number, or ``mailto:`` address where the platform shows it to us); None
    when there is only a display name, which identifies nobody."""
    url: str | None = None
    email: str | None = None
    is_us: bool = False
    """Written by the account this connection uses: never routed, never a new conversation."""


@dataclass(frozen=True, slots=True)
class Post:
    """What the comment stands under."""

    external_id: str
    url: str | None = None
    title: str | None = None
    status: "Status | None" = None
    """HELD while visitors don't see it, TRASH or DELETED once it was removed; None where the answer does not say."""


@dataclass(frozen=True, slots=True)
class Item:
    """One comment, in our words."""

    external_id: str
    post: Post
    author: Author
    text: str
    """Plain text: no markup, no NUL, line breaks as ``\\n``; what a reader at the platform sees."""
    published_at: datetime
    """Aware, UTC. An impossible date at the source becomes the time of reading."""
    parent: str | None = None
    """External id of the comment this answers; None at the top level."""
    url: str | None = None
    status: Status = Status.LIVE
    state_known: bool = True
    """False where the platform does not say what was hidden: what is known of it stays."""
    said_as: SaidAs | None = None
    """None for a comment, or an answer to one."""
    stars: int | None = None
    """1 to 5, of a review that gives any."""
    attached: int = 0
    """How many pictures, films and the like came with it, as far as the platform tells."""
    private: bool = False
    """Whether only its author and we can read it."""


@dataclass(frozen=True, slots=True)
class Payload:
    """An answer as it came over the wire (decompressed); kept so that it can be read again after a mistake of ours."""

    url: str
    media_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """A piece of a walk. Stored in one transaction together with ``cursor``; the walk may stop after any batch."""

    items: Sequence[Item]
    cursor: Cursor
    payloads: Sequence[Payload] = ()
    complete: bool = False
    """True on the last batch of a walk that saw everything there was to see."""
    settings: Mapping[str, Any] | None = None
    """Changed settings to keep (a feed that moved for good); None means unchanged."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one known comment."""

    external_id: str
    item: Item | None
    """As it is now (edited, approved, in the trash...); None when it is gone for good or no longer shown to us."""


@dataclass(frozen=True, slots=True)
class Target:
    """The comment a reply or a moderation goes to."""

    external_id: str
    post_external_id: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A reply that stands on the platform."""

    external_id: str
    url: str | None
    status: Status = Status.LIVE
    """HELD when the platform keeps it back for its own moderation."""
