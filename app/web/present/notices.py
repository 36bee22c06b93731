"""What people are told, in words and pictures."""

from app.core.i18n import gettext as _
from app.notifications import words as notice_words
from app.notifications.types import Channel, Event, Told


def line(one: Told) -> str:
    """What somebody is told, in one sentence."""
    return notice_words.line(one)


def title(event: Event, *, room: bool = False) -> str:
    """What somebody, or a room, can be told, as a choice."""
    return notice_words.title(event, room=room)


def icon(event: Event) -> str:
    """The icon beside it."""
    return {
        Event.ASSIGNED: "user-check",
        Event.TAKEN_OVER: "hand",
        Event.MENTIONED: "at-sign",
        Event.WOKE: "clock",
        Event.REPLY_FAILED: "triangle-alert",
        Event.REPLY_UNCLEAR: "circle-question-mark",
        Event.APPROVAL_WANTED: "hourglass",
        Event.APPROVAL_DECIDED: "shield-check",
        Event.REMEDY_WANTED: "hand-coins",
        Event.REMEDY_DECIDED: "badge-check",
        Event.REMEDY_LATE: "clock",
        Event.FOLLOW_UP_DUE: "calendar",
        Event.RULE: "route",
        Event.PAGE_STOPPED: "unplug",
        Event.SIGN_IN_ENDS: "key-round",
        Event.POST_WANTED: "hourglass",
        Event.POST_DECIDED: "shield-check",
        Event.POST_FAILED: "triangle-alert",
        Event.POST_UNCLEAR: "circle-question-mark",
        Event.ACT_HELD: "handshake",
        Event.HELD_SAID: "message-square",
        Event.HELD_SETTLED: "handshake",
        Event.HANDED_OVER: "flag",
        Event.CAMPAIGN_OVER: "megaphone",
        Event.KEEP_ALIVE: "heart-pulse",
        Event.PAGE_GIVEN: "activity",
        Event.TARGET_NEAR: "clock",
        Event.TARGET_MISSED: "clock",
        Event.NOT_IN_TIME: "user-x",
        Event.REVIEW: "clipboard-check",
        Event.OWN_FIGURES: "chart-column",
        Event.DECISION: "clipboard-check",
        Event.MODEL_ASKS: "circle-alert",
        Event.NEW_IN_TEAM: "message-square",
        Event.DIGEST: "calendar",
    }[event]


def channel(one: Channel) -> str:
    """A way to be told."""
    return {
        Channel.APP: _("Here"),
        Channel.MAIL: _("E-mail"),
        Channel.PUSH: _("Browser"),
        Channel.CHAT: _("Chat"),
    }[one]
