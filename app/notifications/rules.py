"""Who is told what, how, and when; no database, no clock."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo

from app.accounts.types import Role
from app.core.chance import spread
from app.notifications.types import Channel, Event
from app.signals.types import SignalKind

EVENTS = {
    SignalKind.ASSIGNED: Event.ASSIGNED,
    SignalKind.TAKEN_OVER: Event.TAKEN_OVER,
    SignalKind.MENTIONED: Event.MENTIONED,
    SignalKind.REPLY_FAILED: Event.REPLY_FAILED,
    SignalKind.REPLY_UNCLEAR: Event.REPLY_UNCLEAR,
    SignalKind.PAGE_STOPPED: Event.PAGE_STOPPED,
    SignalKind.SIGN_IN_ENDS: Event.SIGN_IN_ENDS,
    SignalKind.APPROVAL_WANTED: Event.APPROVAL_WANTED,
    SignalKind.APPROVAL_DECIDED: Event.APPROVAL_DECIDED,
    SignalKind.ACT_HELD: Event.ACT_HELD,
    SignalKind.HELD_SAID: Event.HELD_SAID,
    SignalKind.HELD_SETTLED: Event.HELD_SETTLED,
    SignalKind.POST_WANTED: Event.POST_WANTED,
    SignalKind.POST_DECIDED: Event.POST_DECIDED,
    SignalKind.POST_FAILED: Event.POST_FAILED,
    SignalKind.POST_UNCLEAR: Event.POST_UNCLEAR,
    SignalKind.HANDED_OVER: Event.HANDED_OVER,
    SignalKind.CAMPAIGN_OVER: Event.CAMPAIGN_OVER,
    SignalKind.PAGE_GIVEN: Event.PAGE_GIVEN,
    SignalKind.REMEDY_WANTED: Event.REMEDY_WANTED,
    SignalKind.REMEDY_DECIDED: Event.REMEDY_DECIDED,
    SignalKind.REMEDY_LATE: Event.REMEDY_LATE,
    SignalKind.FOLLOW_UP_DUE: Event.FOLLOW_UP_DUE,
    SignalKind.KEEP_ALIVE: Event.KEEP_ALIVE,
    SignalKind.RULE: Event.RULE,
    SignalKind.TARGET_NEAR: Event.TARGET_NEAR,
    SignalKind.TARGET_MISSED: Event.TARGET_MISSED,
    SignalKind.REVIEW_READY: Event.REVIEW,
    SignalKind.OWN_FIGURES: Event.OWN_FIGURES,
    SignalKind.DECISION: Event.DECISION,
    SignalKind.NOT_IN_TIME: Event.NOT_IN_TIME,
    SignalKind.WOKE: Event.WOKE,
    SignalKind.MODEL_ASKS: Event.MODEL_ASKS,
    SignalKind.NEW_IN_TEAM: Event.NEW_IN_TEAM,
}
"""What each signal is to the people who hear of it."""

_OFF: dict[Event, frozenset[Channel]] = {
    Event.TAKEN_OVER: frozenset({Channel.MAIL, Channel.PUSH}),
    Event.APPROVAL_DECIDED: frozenset({Channel.MAIL}),
    Event.POST_DECIDED: frozenset({Channel.MAIL}),
    Event.WOKE: frozenset({Channel.MAIL}),
    Event.NOT_IN_TIME: frozenset({Channel.MAIL}),
    Event.TARGET_NEAR: frozenset({Channel.MAIL, Channel.PUSH}),
    Event.REMEDY_DECIDED: frozenset({Channel.MAIL}),
    Event.NEW_IN_TEAM: frozenset(Channel),
    Event.OWN_FIGURES: frozenset(Channel),
    Event.DIGEST: frozenset({Channel.PUSH}),
}
ROOM_EVENTS = (
    Event.REPLY_FAILED,
    Event.REPLY_UNCLEAR,
    Event.APPROVAL_WANTED,
    Event.POST_WANTED,
    Event.POST_FAILED,
    Event.REMEDY_WANTED,
    Event.REMEDY_LATE,
    Event.PAGE_STOPPED,
    Event.TARGET_MISSED,
    Event.SIGN_IN_ENDS,
    Event.NEW_IN_TEAM,
    Event.DIGEST,
)
"""What a chat room can be told; the rest concerns one person."""

WINDOW = {Channel.MAIL: timedelta(seconds=60), Channel.PUSH: timedelta(seconds=5), Channel.CHAT: timedelta(seconds=10)}
"""How long a message waits for more to join it, and for the person to have seen it already."""
TRIES = 12
SUPERVISING = frozenset({Role.SUPERVISOR, Role.ADMIN})
FOR_SUPERVISORS = frozenset(
    {Event.PAGE_STOPPED, Event.SIGN_IN_ENDS, Event.APPROVAL_WANTED, Event.POST_WANTED, Event.MODEL_ASKS}
)
"""What all who supervise are told, where nobody in particular is named."""
SEVERAL = frozenset({Event.TARGET_NEAR, Event.TARGET_MISSED, Event.NOT_IN_TIME, Event.NEW_IN_TEAM})
"""What one piece of word may say of many conversations."""
FORGOTTEN_AFTER = timedelta(hours=24)
NAMED_AT_MOST = 10
FRESH = timedelta(hours=1)
"""Older comments, read for the first time, are no news: a page's whole past comes in when it is connected."""
KEEP_READ = timedelta(days=30)
KEEP_UNREAD = timedelta(days=90)
DIGEST_HOUR = 8
_LONGEST = timedelta(minutes=30)


def default(event: Event, channel: Channel) -> bool:
    """What holds for somebody who chose nothing."""
    return channel not in _OFF.get(event, frozenset())


def chosen(own: Mapping[tuple[Event, Channel], bool], event: Event, channel: Channel) -> bool:
    """Whether a person wants to be told this way, by their own choice or else by default."""
    return own.get((event, channel), default(event, channel))


def retry_at(now: datetime, attempts: int, jitter: float, named: datetime | None = None) -> datetime | None:
    """When a message that certainly did not arrive is tried again; None when it was tried often enough (about 4 hours).

    A time the other side named is kept to. ``jitter`` is 0 to 1.
    """
    if attempts >= TRIES:
        return None
    wait: timedelta = min(timedelta(seconds=10) * 2.0 ** min(attempts, 12), _LONGEST)
    when = now + spread(wait, jitter)
    return max(when, named) if named else when


def digest_day(now: datetime, zone: tzinfo, hour: int, last: date) -> date | None:
    """The day whose digest is due in that zone; None when it is too early, or today's was made.

    A digest missed while nothing ran is made late on the same day, never on the next.
    """
    local = now.astimezone(zone)
    return local.date() if local.hour >= hour and local.date() > last else None
