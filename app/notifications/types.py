"""What people can be told of, and how."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Event(StrEnum):
    """What somebody may want to be told; the order is that of the choices on the account page."""

    ASSIGNED = "assigned"
    TAKEN_OVER = "taken_over"
    MENTIONED = "mentioned"
    WOKE = "woke"
    REPLY_FAILED = "reply_failed"
    REPLY_UNCLEAR = "reply_unclear"
    APPROVAL_WANTED = "approval_wanted"
    APPROVAL_DECIDED = "approval_decided"
    REMEDY_WANTED = "remedy_wanted"
    REMEDY_DECIDED = "remedy_decided"
    REMEDY_LATE = "remedy_late"
    FOLLOW_UP_DUE = "follow_up_due"
    PAGE_STOPPED = "page_stopped"
    SIGN_IN_ENDS = "sign_in_ends"
    POST_WANTED = "post_wanted"
    POST_DECIDED = "post_decided"
    POST_FAILED = "post_failed"
    POST_UNCLEAR = "post_unclear"
    ACT_HELD = "act_held"
    HELD_SAID = "held_said"
    HELD_SETTLED = "held_settled"
    HANDED_OVER = "handed_over"
    CAMPAIGN_OVER = "campaign_over"
    PAGE_GIVEN = "page_given"
    KEEP_ALIVE = "keep_alive"
    RULE = "rule"
    TARGET_NEAR = "target_near"
    TARGET_MISSED = "target_missed"
    NOT_IN_TIME = "not_in_time"
    REVIEW = "review"
    OWN_FIGURES = "own_figures"
    DECISION = "decision"
    MODEL_ASKS = "model_asks"
    NEW_IN_TEAM = "new_in_team"
    DIGEST = "digest"


class Channel(StrEnum):
    """How somebody is told. ``chat`` reaches a room, the others a person."""

    APP = "app"
    MAIL = "mail"
    PUSH = "push"
    CHAT = "chat"


PERSONAL = (Channel.APP, Channel.MAIL, Channel.PUSH)


class MessageState(StrEnum):
    """``open``: waits for its time, more may join it. ``sending``: claimed. ``again``: may have left, is sent once more
    unchanged. ``sent``, ``failed``. ``dropped``: everything in it had been read before it left."""

    OPEN = "open"
    SENDING = "sending"
    AGAIN = "again"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Told:
    """One thing to tell, with all that its words need. ``personal``: to the one it happened to, not to a room."""

    id: int
    event: Event
    at: datetime
    read: bool
    personal: bool
    who: str | None
    """Who did it; None when it did itself."""
    person: str | None
    """The customer whose conversation it is about."""
    page: str | None
    team: str | None
    conversation_id: int | None
    page_id: int | None
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A conversation that has waited for long and belongs to nobody."""

    conversation_id: int
    person: str
    page: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody to tell, and where they can be reached. ``address`` is None when e-mail can't or must not reach them."""

    user_id: int
    language: str | None
    address: str | None
    devices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message claimed by this process. Exactly one of ``address``, ``sealed_device`` and ``sealed_url`` is set."""

    id: int
    channel: Channel
    user_id: int | None
    device_id: int | None
    hook_id: int | None
    name: str
    language: str | None
    address: str | None
    sealed_device: bytes | None
    sealed_url: bytes | None
    told: tuple[Told, ...]
    forgotten: tuple[Forgotten, ...]
    lease: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Device:
    """A browser that takes push messages."""

    id: int
    label: str
    created_at: datetime
    error: str | None


@dataclass(frozen=True, slots=True)
class HookView:
    """A chat room. ``error`` says why the last message did not arrive."""

    id: int
    name: str
    team_id: int | None
    team: str | None
    host: str
    events: frozenset[Event]
    language: str
    active: bool
    error: str | None
    error_at: datetime | None


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a person chose; ``choices`` is complete."""

    choices: dict[tuple[Event, Channel], bool]
    address: str | None
    stopped: bool
    """They left the mails by a link in one: none go out until they choose again."""
    digest_hour: int
    devices: tuple[Device, ...]


@dataclass(frozen=True, slots=True)
class Trouble:
    """A way of telling that does not work: since when, why, how much waits."""

    channel: Channel
    since: datetime
    reason: str
    waiting: int
