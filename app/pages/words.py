"""Why a page can't be read or an act was refused, and what to do about it: words for every code of
``app.connectors.errors``, and for ``internal`` and ``busy``, which ``app.collecting`` adds.
"""

from dataclasses import dataclass

from app.connectors import errors
from app.core.i18n import gettext as _
from app.core.i18n import lazy as mark

INTERNAL = "internal"
BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Advice:
    """Two sentences or a few: what is the matter, and what to do."""

    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.what} {self.remedy}"


def advice(code: str, detail: str = "") -> Advice:
    """The words for a code. ``detail`` is what came with it; some codes say nothing without it."""
    what, remedy = _WORDS.get(code, _WORDS[errors.REFUSED])
    if code == errors.ADDRESS_REFUSED and detail:
        return Advice(detail, "")
    return Advice(_(what), _(remedy))


def not_recognised(label: str, code: str, detail: str) -> str:
    """Why an address was not taken as a page of the kind ``label``."""
    if code == errors.NOT_SUPPORTED and not detail:
        return _("%(kind)s: nothing at this address says that it is one.", kind=label)
    why = advice(code, detail)
    shown = f"{why.what} ({detail})" if detail and detail != why.what else why.what
    return _("%(kind)s: %(why)s", kind=label, why=shown)


_WORDS: dict[str, tuple[str, str]] = {
    errors.UNREACHABLE: (
        mark("The site can't be reached."),
        mark(
            "Check the address, and whether it opens in a browser. If it does, the server Porchlight runs on may have "
            "no way out. Porchlight keeps trying."
        ),
    ),
    errors.TIMED_OUT: (
        mark("The site did not answer in time."),
        mark("Porchlight keeps trying. If it stays like this, tell whoever looks after the site."),
    ),
    errors.SERVER_ERROR: (
        mark("The site answered with an error of its own."),
        mark("Porchlight keeps trying. If it stays like this, tell whoever looks after the site."),
    ),
    errors.RATE_LIMITED: (
        mark("The site asks us to come back later."),
        mark("There is nothing to do: Porchlight waits as long as the site wants."),
    ),
    errors.TOO_LARGE: (
        mark("The site's answer is too large."),
        mark("Have the site show fewer comments at a time, or raise outgoing.max_bytes in config.toml."),
    ),
    errors.TOO_MANY_REDIRECTS: (
        mark("The site sends us from one address to the next without end."),
        mark("Open the address in a browser and connect the one you end up at."),
    ),
    errors.ADDRESS_REFUSED: (
        mark("The address leads into a private network, or is no web address."),
        mark(
            "If this is meant, list the network in outgoing.allow_networks in config.toml and start Porchlight again."
        ),
    ),
    errors.NOT_FOUND: (
        mark("There is nothing at this address any more."),
        mark("If the page has moved, connect its new address and remove this one."),
    ),
    errors.GONE: (
        mark("The site says that this page is gone for good."),
        mark("If it has moved, connect its new address; then remove this one."),
    ),
    errors.FORBIDDEN: (
        mark("The site does not let us in."),
        mark(
            "A security plug-in or a firewall may be in the way: let this server through. If only members may read "
            "there, enter a login."
        ),
    ),
    errors.WRONG_CREDENTIALS: (
        mark("The site does not accept this login and password."),
        mark("Make a new application password at the site and enter it here."),
    ),
    errors.MISSING_PERMISSION: (
        mark("The account may not do all that is needed."),
        mark("Give it a role that may moderate comments (in WordPress: Editor), or use another account."),
    ),
    errors.LOGIN_UNAVAILABLE: (
        mark("The site takes no application passwords."),
        mark("WordPress offers them only with HTTPS, and security plug-ins can switch them off."),
    ),
    errors.NOT_A_FEED: (
        mark("What came is not a feed."),
        mark("Open the address in a browser: it may have moved, or ask for a login."),
    ),
    errors.NOT_JSON: (
        mark("The site answered with a web page where data was due."),
        mark("It may be under maintenance, or a security plug-in may be in the way. Porchlight keeps trying."),
    ),
    errors.BAD_ANSWER: (
        mark("The site's answer makes no sense."),
        mark("Porchlight keeps trying. If it stays like this, a plug-in of the site may spoil its answers."),
    ),
    errors.COMMENTS_CLOSED: (
        mark("Comments are closed there."),
        mark("Open them at the site, or answer the person another way."),
    ),
    errors.TARGET_GONE: (
        mark("The comment is no longer there."),
        mark("It was deleted at the site; there is nothing left to answer."),
    ),
    errors.INVALID_TEXT: (
        mark("The site does not take this text."),
        mark("Change it, perhaps shorten it, and send it again."),
    ),
    errors.REFUSED: (
        mark("The site said no."),
        mark("What it answered may tell why. If it does not, ask whoever looks after the site."),
    ),
    errors.NOT_SUPPORTED: (
        mark("This kind of page can't do that."),
        mark("Do it at the site itself."),
    ),
    INTERNAL: (
        mark("Something went wrong on our side."),
        mark("Porchlight keeps trying, and the log has the details. If it stays like this, please report it."),
    ),
    BUSY: (
        mark("Somebody else is reading this page right now."),
        mark("Try again in a few minutes."),
    ),
}
