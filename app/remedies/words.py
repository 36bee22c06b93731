"""Words for states, reasons why somebody may not decide, and failures; the same for screens and messages."""

from collections.abc import Mapping

from app.core import i18n
from app.core.i18n import gettext as _
from app.core.i18n import lazy
from app.executors import errors
from app.remedies.policy import CHANGED_OFFER, NO_LINE, REFUSED_BEFORE
from app.remedies.types import Barred, Kind, State

OURS = frozenset(
    {
        NO_LINE,
        REFUSED_BEFORE,
        CHANGED_OFFER,
        lazy("Small amounts need nobody else"),
        lazy("Above 25: one supervisor"),
        lazy("Above 100: two people"),
        lazy("Money back without an order: one supervisor at least"),
        lazy("To another account than it was paid from: two people"),
        lazy("More than 150 for one person in 30 days: two people"),
        lazy("More than 1000 by one agent in a day: one supervisor"),
    }
)
"""Names of what decides without a line of anybody's own, and of the first policy's lines."""


def line(name: str) -> str:
    """A line of the policy for the reader; names that people gave are shown as they are."""
    return _(name) if name in OURS else name


def state(one: State) -> str:
    """Where a remedy stands."""
    return {
        State.ASKED: _("to be decided"),
        State.APPROVED: _("approved, not done"),
        State.REFUSED: _("refused"),
        State.WITHDRAWN: _("withdrawn"),
        State.EXPIRED: _("expired"),
        State.EXECUTING: _("being carried out"),
        State.EXECUTED: _("done, not told"),
        State.FAILED: _("failed"),
        State.UNSURE: _("unsure"),
        State.TOLD: _("done and told"),
    }[one]


def kind(one: Kind) -> str:
    """What is given."""
    return {
        Kind.REFUND: _("Refund"),
        Kind.REPLACEMENT: _("Replacement"),
        Kind.CREDIT: _("Credit or voucher"),
        Kind.OTHER: _("Something else"),
    }[one]


def reason(key: str, reasons: Mapping[str, Mapping[str, str]]) -> str:
    """A reason of the policy's list, in the reader's language; its key when the list has it no more."""
    return reasons.get(key, {}).get(i18n.language(), key)


def barred(why: Barred) -> str:
    """Why somebody may not decide."""
    return {
        Barred.OWN: _("You asked for this yourself. Somebody else has to decide."),
        Barred.EDITED: _("You changed this, so you count as who asked. Somebody else has to decide."),
        Barred.PROFITS: _("You would profit from this. Somebody else has to decide."),
        Barred.SAME_PERSON: _("This was asked for under another account of yours. Somebody else has to decide."),
        Barred.DECIDED: _("You have signed this already. It needs another person too."),
        Barred.ROLE: _("Only a supervisor or an admin decides about this."),
        Barred.NOT_YET: _("Others decide first; you can step in when nobody has done so in time."),
        Barred.POLICY: _("You wrote or confirmed the policy less than a day ago. Somebody else has to decide."),
        Barred.OVER_DAY: _("You have signed as much as the policy lets one person sign."),
    }[why]


def failure(code: str) -> str:
    """Why something was not carried out, and what to do."""
    return {
        errors.UNREACHABLE: _("The shop can't be reached."),
        errors.TIMED_OUT: _("The shop did not answer in time."),
        errors.SERVER_ERROR: _("The shop has a fault."),
        errors.RATE_LIMITED: _("The shop asks us to wait."),
        errors.ADDRESS_REFUSED: _("The shop's address is not allowed. An admin can check it."),
        errors.WRONG_CREDENTIALS: _("The shop does not accept our key. An admin can enter another."),
        errors.UNKNOWN_ORDER: _("The shop knows no such order. Check its number."),
        errors.MORE_THAN_PAID: _("The shop says that this is more than is left of what was paid."),
        errors.WRONG_CURRENCY: _("The order was paid in another currency."),
        errors.LINE_NEEDED: _("Say which line of the order is to be replaced."),
        errors.NOT_SUPPORTED: _("This shop can't do that. Carry it out by hand."),
        errors.NOT_SEEN: _("The shop shows nothing of it. Look at the payment provider before it is tried again."),
        errors.NOT_PAID_OUT: _("The shop booked it, but it was not given as approved. Look at it in the shop."),
        errors.DISPUTED: _("The payment is disputed; the bank decides about it."),
        errors.BAD_ANSWER: _("The shop's answer can't be understood."),
        errors.REFUSED: _("The shop refused it."),
        errors.INTERNAL: _("Something went wrong on our side. It has been noted."),
        errors.CONTENT_CHANGED: _("What is stored is not what was signed. It was not carried out; tell an admin."),
        errors.NOT_SIGNED: _("Who signed it may not after all. It was not carried out: withdraw it and ask again."),
    }.get(code, code)


def setting(name: str) -> str:
    """What an admin enters to connect a shop."""
    return {
        "url": _("Address"),
        "signing_key": _("Key that signs requests both ways"),
        "api_key": _("Secret key (sk_… or rk_…)"),
        "webhook_key": _("Signing key of the webhook (whsec_…)"),
        "shop_domain": _("The shop’s own address (….myshopify.com)"),
        "access_token": _("Admin API access token"),
        "webhook_secret": _("Secret that its webhooks are signed with"),
        "consumer_key": _("Consumer key (ck_…)"),
        "consumer_secret": _("Consumer secret (cs_…)"),
    }.get(name, name)
