"""Outreach and held acts, as others see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.accounts.types import Actor


class Kind(StrEnum):
    """What was done towards somebody."""

    INVITATION = "invitation"
    PRESS_CONTACT = "press_contact"
    AFFILIATE = "affiliate"
    PARTNERSHIP = "partnership"
    COMPLAINT = "complaint"


class Stance(StrEnum):
    """How we stand towards somebody. ``owing``: a remedy was promised and is not carried out and told yet; read from
    the remedies, and never entered. ``crisis``: of a page on which nothing of ours goes out just now; never entered
    either."""

    COURTING = "courting"
    NEUTRAL = "neutral"
    DECLINING = "declining"
    DISPUTE = "dispute"
    OWING = "owing"
    CRISIS = "crisis"


ENTERED = (Stance.COURTING, Stance.NEUTRAL, Stance.DECLINING, Stance.DISPUTE)


class Source(StrEnum):
    """How it came in."""

    PAGE = "page"
    CSV = "csv"
    API = "api"
    WEBHOOK = "webhook"


class OutreachState(StrEnum):
    """``held``: nobody outside was told yet. ``live``: said, for as long as it holds. ``dropped``: not done."""

    HELD = "held"
    LIVE = "live"
    DROPPED = "dropped"


class HeldKind(StrEnum):
    OUTREACH = "outreach"
    POST = "post"
    REPLY = "reply"


class HeldState(StrEnum):
    """``held``: somebody has to say how to go on. ``aligning``: both sides talk. The others are the end of it;
    ``over``: nothing stands against it any more."""

    HELD = "held"
    ALIGNING = "aligning"
    ALIGNED = "aligned"
    GONE_ON = "gone_on"
    DROPPED = "dropped"
    OVER = "over"


WAITING = (HeldState.HELD, HeldState.ALIGNING)


class IdKind(StrEnum):
    """What identifies: never a name."""

    SITE = "site"
    ACCOUNT = "account"
    EMAIL = "email"


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """One way in which somebody is known, in one spelling (``app.contacts.rules``)."""

    kind: IdKind
    value: str


@dataclass(frozen=True, slots=True)
class Span:
    """A stance of a department over a time; ``until`` None: until further notice."""

    team_id: int
    stance: Stance
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What another department does towards the same person or site."""

    stance: Stance
    team_id: int
    team: str
    owner_id: int | None
    owner: str | None
    what: str
    """Its message, or the name of the person who is owed something."""
    since: datetime
    outreach_id: int | None = None
    conversation_id: int | None = None


@dataclass(frozen=True, slots=True)
class Typed:
    """An outreach as somebody, or a program, entered it. Times are ISO; without a zone they are UTC."""

    kind: str
    stance: str
    name: str
    site: str = ""
    account: str = ""
    email: str = ""
    message: str = ""
    since: str = ""
    until: str = ""
    key: str = ""
    """The sender's own number for it: the same again is the same one."""


@dataclass(frozen=True, slots=True)
class By:
    """On whose behalf something is entered."""

    team_id: int
    owner_id: int
    source: Source
    actor: Actor | None = None
    source_id: int | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of an outreach. ``held_id`` names what has to be settled first."""

    outreach_id: int
    state: OutreachState
    held_id: int | None
    again: bool
    """It was known already."""


@dataclass(frozen=True, slots=True)
class OutreachView:
    """One outreach."""

    id: int
    kind: Kind
    stance: Stance
    state: OutreachState
    name: str
    keys: tuple[Key, ...]
    message: str
    team_id: int
    team: str
    owner: str | None
    source: Source
    since: datetime
    until: datetime | None
    held_id: int | None


@dataclass(frozen=True, slots=True)
class MessageView:
    """A line of what both sides say to each other."""

    author: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A held act in the list."""

    id: int
    kind: HeldKind
    state: HeldState
    name: str
    stance: Stance
    team: str
    owner: str | None
    against: tuple[str, ...]
    """Teams on the other side."""
    at: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a held act."""

    held_id: int
    kind: HeldKind
    state: HeldState
    conversation_id: int | None
    """Where a reply is to be sent now."""


@dataclass(frozen=True, slots=True)
class HeldView:
    """A held act with both sides."""

    row: HeldRow
    version: int
    message: str
    private: bool
    """Whether it is a reply for one person alone."""
    conversation_id: int | None
    outreach_id: int | None
    reason: str
    settled_by: str | None
    settled_at: datetime | None
    sides: tuple[Standing, ...]
    """What the other departments do."""
    history: tuple[OutreachView, ...]
    """Everything we know of that was done towards them, newest first."""
    messages: tuple[MessageView, ...]
    may_settle: bool
    """Whether the reader is of the side whose act is held, or supervises."""
    may_lift: bool
    """Whether the reader may let it go as it is: a crisis is lifted by those who supervise alone."""
    may_agree: bool
    """Whether the reader is of the other side, and may let it go for it."""


@dataclass(frozen=True, slots=True)
class SourceView:
    """A program that may enter outreach."""

    id: int
    name: str
    team: str
    owner: str
    place: str | None
    """The last part of its webhook's address; None for one with a token."""
    active: bool
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Line:
    """What came of one line of a file."""

    number: int
    recorded: Recorded | None
    error: str = ""


Payload = Mapping[str, object]
