"""States and kinds in words, each with the icon that goes with it."""

from app.accounts.types import Role
from app.connectors.ports import Status
from app.core.i18n import gettext as _
from app.core.i18n import lazy, ngettext
from app.desk.types import Deed
from app.inbox.types import ConversationState, Mark, View
from app.outbox.types import Act
from app.pages.types import ConnectionState, PageState
from app.web.present.word import Word

_VIEWS = {
    View.TEAM: Word(lazy("My teams"), "users"),
    View.MINE: Word(lazy("Mine"), "user-check"),
    View.UNASSIGNED: Word(lazy("Unassigned"), "hand"),
    View.APPROVAL: Word(lazy("Waiting for approval"), "check-check"),
    View.UNSENT: Word(lazy("Could not be sent"), "triangle-alert"),
    View.PUT_OFF: Word(lazy("Put off"), "clock"),
    View.ALL: Word(lazy("Everything"), "layers"),
    View.SPAM: Word(lazy("Spam"), "shield-alert"),
}
_STATES = {
    ConversationState.NEW: Word(lazy("New"), "inbox", "attention"),
    ConversationState.WAITING: Word(lazy("Waiting"), "hourglass"),
    ConversationState.DONE: Word(lazy("Done"), "check"),
    ConversationState.SPAM: Word(lazy("Spam"), "shield-alert"),
}
"""These two stand on every list, a dozen times; so only what is shown is translated."""


def view(one: View) -> Word:
    """A list of the inbox."""
    return _VIEWS[one].translated()


def state(one: ConversationState) -> Word:
    """Where a conversation stands."""
    return _STATES[one].translated()


def mark(one: Mark) -> Word:
    """Why a conversation stands in a list of its own."""
    return {
        Mark.APPROVAL: Word(_("Waits for approval"), "check-check", "attention"),
        Mark.UNSENT: Word(_("Not sent"), "triangle-alert", "bad"),
        Mark.SOON: Word(_("Due"), "clock", "attention"),
        Mark.LATE: Word(_("Late"), "clock", "bad"),
        Mark.OWED: Word(_("Remedy owed"), "hand-coins"),
        Mark.HELD: Word(_("Conflict"), "scale", "attention"),
        Mark.FOLLOW_UP: Word(_("Follow-up due"), "calendar", "attention"),
    }[one]


def status(one: Status) -> Word | None:
    """Where a comment stands at its source; nothing needs saying about one that simply stands there."""
    return {
        Status.LIVE: None,
        Status.HELD: Word(_("Held for moderation at the page"), "hourglass", "attention"),
        Status.SPAM: Word(_("Spam at the page"), "shield-alert", "bad"),
        Status.TRASH: Word(_("In the trash at the page"), "trash-2", "bad"),
        Status.DELETED: Word(_("Deleted at the page"), "eye-off", "bad"),
    }[one]


def post_status(one: Status) -> Word | None:
    """Where a post stands at its source; nothing needs saying about one that can be seen."""
    return {
        Status.LIVE: None,
        Status.HELD: Word(_("Visitors can’t see this post"), "eye-off"),
        Status.SPAM: Word(_("Post set aside as spam"), "shield-alert", "bad"),
        Status.TRASH: Word(_("Post in the trash"), "trash-2", "bad"),
        Status.DELETED: Word(_("Post deleted"), "trash-2", "bad"),
    }[one]


def moderation(act: Act) -> Word:
    """What can be done to a comment at its source."""
    return {
        Act.REPLY: Word(_("Reply"), "reply"),
        Act.PRIVATE_REPLY: Word(_("Private reply"), "mail"),
        Act.APPROVE: Word(_("Approve at the page"), "check"),
        Act.HOLD: Word(_("Hold back at the page"), "pause"),
        Act.SPAM: Word(_("Spam at the page"), "shield-alert"),
        Act.TRASH: Word(_("Trash at the page"), "trash-2"),
        Act.DELETE: Word(_("Delete for good at the page"), "trash-2", "bad"),
        Act.LIKE: Word(_("Like at the page"), "heart"),
        Act.BAN: Word(_("Ban the author"), "ban", "bad"),
    }[act]


def connection(one: ConnectionState) -> Word:
    """How a page's connection is."""
    return {
        ConnectionState.NEW: Word(_("Not read yet"), "hourglass"),
        ConnectionState.OK: Word(_("Reading"), "circle-check", "good"),
        ConnectionState.FAILING: Word(_("Failing"), "triangle-alert", "bad"),
        ConnectionState.STOPPED: Word(_("Stopped"), "unplug", "bad"),
    }[one]


def page_state(one: PageState) -> Word:
    """Whether we look after a page."""
    return {
        PageState.ACTIVE: Word(_("Active"), "play"),
        PageState.PAUSED: Word(_("Paused"), "pause"),
        PageState.REMOVED: Word(_("Removed"), "x"),
    }[one]


def role(one: Role) -> str:
    """What somebody is here."""
    return {
        Role.AGENT: _("Agent"),
        Role.MARKETER: _("Marketer"),
        Role.SUPERVISOR: _("Supervisor"),
        Role.ADMIN: _("Admin"),
    }[one]


def already(act: Act, standing: Status) -> bool:
    """Whether an act would change nothing."""
    return {
        Act.APPROVE: Status.LIVE,
        Act.HOLD: Status.HELD,
        Act.SPAM: Status.SPAM,
        Act.TRASH: Status.TRASH,
    }.get(act) is standing or standing is Status.DELETED


def work(one: Deed) -> str:
    """What is done to many conversations, as a noun."""
    return {
        Deed.TAKE: _("Taking"),
        Deed.ASSIGN: _("Giving"),
        Deed.MOVE: _("Handing over"),
        Deed.RESOLVE: _("Marking as done"),
        Deed.REOPEN: _("Opening again"),
        Deed.PUT_OFF: _("Putting off"),
        Deed.SPAM: _("Setting aside as spam"),
        Deed.TAG: _("Putting a tag on"),
        Deed.UNTAG: _("Taking a tag off"),
        Deed.UNDO: _("Taking back"),
    }[one]


def did(done: int, left: int) -> str:
    """To how many it was done, and how many were left as they are because they changed in between."""
    said = ngettext("%(num)s conversation.", "%(num)s conversations.", done)
    if left:
        said += " " + ngettext(
            "%(num)s has changed meanwhile and was left alone.",
            "%(num)s have changed meanwhile and were left alone.",
            left,
        )
    return said
