"""The ways through the product, for the rail of every screen."""

from dataclasses import dataclass

from flask import current_app, request, url_for

from app.accounts import rules
from app.accounts.types import Permission
from app.core.i18n import gettext as _
from app.edge.context import maybe_actor
from app.inbox.types import View
from app.web.present import words


@dataclass(frozen=True, slots=True)
class Way:
    text: str
    icon: str
    href: str
    here: bool


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    ways: tuple[Way, ...]


def ways() -> list[Section]:
    """All ways that the person may go, in sections; empty for somebody who is not signed in."""
    asking = maybe_actor()
    if asking is None:
        return []

    def to(endpoint: str, text: str, icon: str, needs: Permission) -> list[Way]:
        if endpoint not in current_app.view_functions or not rules.may(asking.role, needs):
            return []
        here = (request.endpoint or "").partition(".")[0] == endpoint.partition(".")[0]
        return [Way(text, icon, url_for(endpoint), here)]

    return [
        Section(_("Inbox"), tuple(_views())),
        Section(
            _("Porch"),
            (
                *to("pages.overview", _("Pages"), "activity", Permission.READ_PAGES),
                *to("rules.overview", _("Routing"), "route", Permission.READ_ROUTING),
                *to("people.overview", _("People"), "users", Permission.OWN_ACCOUNT),
            ),
        ),
        Section(asking.name, tuple(to("account.show", _("Your account"), "settings", Permission.OWN_ACCOUNT))),
    ]


def _views() -> list[Way]:
    shown = request.args.get("view", View.TEAM) if (request.endpoint or "").startswith("inbox.") else None
    found = []
    for one in View:
        word = words.view(one)
        found.append(Way(word.text, word.icon, url_for("inbox.overview", view=one.value), shown == one))
    return found
