"""Outreach and held acts in words, for screens."""

from app.core.i18n import gettext as _
from app.outreach.types import HeldKind, HeldState, IdKind, Key, Kind, OutreachState, OutreachView, Source, Stance
from app.web.present.word import Word


def kind(one: Kind) -> str:
    """What was done."""
    return {
        Kind.INVITATION: _("Invitation"),
        Kind.PRESS_CONTACT: _("Press contact"),
        Kind.AFFILIATE: _("Affiliate application"),
        Kind.PARTNERSHIP: _("Partnership"),
        Kind.COMPLAINT: _("Complaint"),
    }[one]


def stance(one: Stance) -> Word:
    """How a department stands towards somebody."""
    return {
        Stance.COURTING: Word(_("Courting"), "handshake"),
        Stance.NEUTRAL: Word(_("Neutral"), "user"),
        Stance.DECLINING: Word(_("Declining"), "ban"),
        Stance.DISPUTE: Word(_("In dispute"), "scale"),
        Stance.OWING: Word(_("Owes them something"), "hand-coins"),
        Stance.CRISIS: Word(_("The page is in a crisis"), "triangle-alert"),
    }[one]


def state(one: OutreachView, *, lasting: bool) -> Word:
    """Where an outreach stands. Amber: somebody has to say how to go on."""
    if one.state is OutreachState.HELD:
        return Word(_("Held"), "hand", "attention")
    if one.state is OutreachState.DROPPED:
        return Word(_("Dropped"), "x")
    return Word(_("Holds"), "check") if lasting else Word(_("Over or still to come"), "clock")


def held_kind(one: HeldKind) -> str:
    """What is held."""
    return {HeldKind.OUTREACH: _("an entry"), HeldKind.POST: _("a post"), HeldKind.REPLY: _("an answer")}[one]


def held_state(one: HeldState) -> Word:
    """Where a held act stands."""
    return {
        HeldState.HELD: Word(_("Held"), "hand", "attention"),
        HeldState.ALIGNING: Word(_("Both sides talk"), "message-square", "attention"),
        HeldState.ALIGNED: Word(_("Agreed"), "handshake", "good"),
        HeldState.GONE_ON: Word(_("Done all the same"), "send"),
        HeldState.DROPPED: Word(_("Dropped"), "x"),
        HeldState.OVER: Word(_("Nothing against it any more"), "check"),
    }[one]


def outcome(one: HeldState) -> str:
    """What somebody is told who settled it."""
    return {
        HeldState.ALIGNED: _("Done, as both sides agreed. The other side is told."),
        HeldState.GONE_ON: _("Done. The other side is told, with your reason."),
        HeldState.DROPPED: _("Dropped. The other side is told."),
    }[one]


def source(one: Source) -> str:
    """How it came in."""
    return {
        Source.PAGE: _("entered here"),
        Source.CSV: _("from a file"),
        Source.API: _("by a program"),
        Source.WEBHOOK: _("by a signed call"),
    }[one]


def key(one: Key) -> str:
    """One way in which they are known."""
    return {
        IdKind.SITE: _("site %(key)s", key=one.value),
        IdKind.ACCOUNT: _("account %(key)s", key=one.value),
        IdKind.EMAIL: one.value,
    }[one.kind]
