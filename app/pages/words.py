"""Why a page can't be read or an act was refused, and what to do about it: words for every code of
``app.connectors.errors``, for ``internal`` and ``busy``, which ``app.collecting`` adds, and for what ``app.outbox``
holds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.connectors import errors
from app.connectors.ports import LACKING, LACKING_TO_MODERATE, LACKING_TO_PUBLISH
from app.core.i18n import gettext as _
from app.core.i18n import lazy

INTERNAL = "internal"
BUSY = "busy"
DO_NOT_CONTACT = "do_not_contact"
TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True)
class Advice:
    """Two sentences or a few: what is the matter, and what to do."""

    what: str
    do: str


def advice(code: str, detail: str = "") -> Advice:
    """The words for a code. ``detail`` is what came with it; some codes say nothing without it."""
    what, do = _WORDS.get(code, _WORDS[errors.REFUSED])
    if code == errors.ADDRESS_REFUSED and detail:
        return Advice(detail, "")
    if code == errors.MISSING_SCOPES and detail:
        return Advice(_("The access token lacks: %(permissions)s.", permissions=detail), _(do))
    if code == errors.MISSING_PERMISSION and detail:
        return Advice(_("The account may not do all that is needed (%(missing)s).", missing=detail), _(do))
    if code == errors.NOT_SET_UP and detail:
        return Advice(_("This kind of page needs to be set up first: %(settings)s.", settings=detail), _(do))
    if code == errors.OTHER_ACCOUNT and detail:
        return Advice(_("These credentials belong to another account: %(name)s.", name=detail), _(do))
    return Advice(_(what), _(do))


def not_recognised(tried: Iterable[tuple[str, str, str]]) -> list[str]:
    """Why an address was taken as none of the kinds it was tried as: (label, code, detail) of each. What they all have
    in common is said once."""
    labels: dict[tuple[str, str], list[str]] = {}
    for label, code, detail in tried:
        labels.setdefault((code, detail), []).append(label)
    return [f"{', '.join(known)}: {_why(*reason)}" for reason, known in labels.items()]


def _why(code: str, detail: str) -> str:
    if code == errors.NOT_SUPPORTED and not detail:
        return _("nothing at this address says that it is one.")
    what = advice(code, detail).what
    return f"{what} ({detail})" if detail and detail != what else what


_WORDS: dict[str, tuple[str, str]] = {
    DO_NOT_CONTACT: (
        lazy("This person is marked “Do not contact”."),
        lazy("A supervisor or an admin can lift that on the contact's page; then send it again."),
    ),
    TOO_LATE: (
        lazy("Its time had passed before it could be published."),
        lazy("If it still fits, publish it now; if not, leave it."),
    ),
    errors.UNREACHABLE: (
        lazy("The site can't be reached."),
        lazy(
            "Check the address, and whether it opens in a browser. If it does, the server Porchlight runs on may have "
            "no way out. Porchlight keeps trying."
        ),
    ),
    errors.TIMED_OUT: (
        lazy("The site did not answer in time."),
        lazy("Porchlight keeps trying. If it stays like this, tell whoever looks after the site."),
    ),
    errors.SERVER_ERROR: (
        lazy("The site answered with an error of its own."),
        lazy("Porchlight keeps trying. If it stays like this, tell whoever looks after the site."),
    ),
    errors.RATE_LIMITED: (
        lazy("The site asks us to come back later."),
        lazy("There is nothing to do: Porchlight waits as long as the site wants."),
    ),
    errors.TOO_LARGE: (
        lazy("The site's answer is too large."),
        lazy(
            "Have the site show fewer comments at a time. A feed may hold 5 MB; for others, outgoing.max_bytes can be "
            "raised."
        ),
    ),
    errors.TOO_MANY_REDIRECTS: (
        lazy("The site sends us from one address to the next without end."),
        lazy("Open the address in a browser and connect the one you end up at."),
    ),
    errors.ADDRESS_REFUSED: (
        lazy("The address leads into a private network, or is no web address."),
        lazy(
            "If this is meant, list the network in outgoing.allow_networks in config.toml and start Porchlight again."
        ),
    ),
    errors.NOT_FOUND: (
        lazy("There is nothing at this address any more."),
        lazy("If the page has moved, connect its new address and remove this one."),
    ),
    errors.GONE: (
        lazy("The site says that this page is gone for good."),
        lazy("If it has moved, connect its new address; then remove this one."),
    ),
    errors.FORBIDDEN: (
        lazy("The site does not let us in."),
        lazy(
            "A security plug-in or a firewall may be in the way: let this server through. If only members may read "
            "there, enter a login."
        ),
    ),
    errors.WRONG_CREDENTIALS: (
        lazy("The site does not accept this login and password."),
        lazy("Make a new application password or token at the site and enter it under Pages."),
    ),
    errors.MISSING_PERMISSION: (
        lazy("The account may not do all that is needed."),
        lazy("Give it a role that may moderate comments (WordPress: Editor; Blogger: admin), or use another account."),
    ),
    errors.MISSING_SCOPES: (
        lazy("The access token lacks a permission."),
        lazy("Give the application at the platform what is missing, make a new token, and enter that."),
    ),
    errors.BUDGET_SPENT: (
        lazy("What may be spent there is spent."),
        lazy(
            "It goes on by itself when the count begins anew, which the page names; whoever runs Porchlight can raise "
            "the limit."
        ),
    ),
    errors.REPLY_RESTRICTED: (
        lazy("The platform lets no program answer this comment."),
        lazy("Answer at the page itself; the answer is recognised here when it stands there."),
    ),
    errors.SIGN_IN_LOST: (
        lazy("The platform did not answer when our sign-in was renewed."),
        lazy("Sign in again under Pages; nothing is lost."),
    ),
    errors.OTHER_ACCOUNT: (
        lazy("These credentials belong to another account."),
        lazy("Sign in as the account whose page this is."),
    ),
    errors.NOT_SET_UP: (
        lazy("This kind of page needs to be set up first."),
        lazy("An operator enters it in config.toml and starts Porchlight again; docs/connectors says how."),
    ),
    errors.ACTS_BLOCKED: (
        lazy("The platform has stopped this account from writing for a while."),
        lazy("It takes such acts for spam. Porchlight waits some hours; look at what the platform told the account."),
    ),
    errors.LOGIN_UNAVAILABLE: (
        lazy("The site takes no application passwords."),
        lazy("WordPress offers them only with HTTPS, and security plug-ins can switch them off."),
    ),
    errors.NOT_A_FEED: (
        lazy("What came is not a feed."),
        lazy("Open the address in a browser: it may have moved, or ask for a login."),
    ),
    errors.NOT_JSON: (
        lazy("The site answered with a web page where data was due."),
        lazy("It may be under maintenance, or a security plug-in may be in the way. Porchlight keeps trying."),
    ),
    errors.BAD_ANSWER: (
        lazy("The site's answer makes no sense."),
        lazy("Porchlight keeps trying. If it stays like this, a plug-in of the site may spoil its answers."),
    ),
    errors.COMMENTS_CLOSED: (
        lazy("Comments are closed there."),
        lazy("Open them at the site, or answer the person another way."),
    ),
    errors.TARGET_GONE: (
        lazy("The comment is no longer there."),
        lazy("It was deleted at the site; there is nothing left to answer."),
    ),
    errors.INVALID_TEXT: (
        lazy("The site does not take this text."),
        lazy("Change it, perhaps shorten it, and send it again."),
    ),
    errors.ANSWERED_BEFORE: (
        lazy("The page has a private reply to this comment already, and takes no second."),
        lazy("Look into the page's messages: it was written there by hand, or is this one after all."),
    ),
    errors.REFUSED: (
        lazy("The site said no."),
        lazy("What it answered may tell why. If it does not, ask whoever looks after the site."),
    ),
    errors.NOT_SUPPORTED: (
        lazy("This kind of page can't do that."),
        lazy("Do it at the site itself."),
    ),
    INTERNAL: (
        lazy("Something went wrong on our side."),
        lazy("Porchlight keeps trying, and the log has the details. If it stays like this, please report it."),
    ),
    BUSY: (
        lazy("Somebody else is reading this page right now."),
        lazy("Try again in a few minutes."),
    ),
}


def shortfalls(settings: Mapping[str, Any]) -> list[str]:
    """What a connection can't do besides private replies, each with the permissions that its account lacks for it."""
    said = []
    if names := _named(settings, LACKING_TO_MODERATE):
        said.append(
            _(
                "Comments that wait are not read, and none can be approved or taken down: the account lacks %(names)s.",
                names=names,
            )
        )
    if names := _named(settings, LACKING_TO_PUBLISH):
        said.append(_("Posts can’t be published: the account lacks %(names)s.", names=names))
    return said


def _named(settings: Mapping[str, Any], key: str) -> str:
    return ", ".join(str(one) for one in settings.get(key) or ())


def without_private_replies(settings: Mapping[str, Any]) -> str:
    """What a connection's token lacks for private replies; empty when nothing is known to be lacking."""
    names = _named(settings, LACKING)
    return _("Private replies are not possible: the access token lacks %(names)s.", names=names) if names else ""
