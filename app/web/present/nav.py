"""The ways through the product, for the rail of every screen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import current_app, request, url_for

from app.accounts import rules
from app.accounts.types import Actor, Permission
from app.core.i18n import gettext as _
from app.desk.types import SavedView
from app.edge.context import maybe_actor, reading
from app.inbox.types import Length, View
from app.notifications import queries as notifications
from app.web.present import words

ASKING = frozenset({View.TEAM, View.MINE, View.UNSENT})
"""Lists whose number says what waits for this very person."""


@dataclass(frozen=True, slots=True)
class Way:
    text: str
    icon: str
    href: str
    here: bool
    key: str = ""
    """Where scripts find its number."""
    count: Length | None = None
    asks: bool = False
    """Whether the number is what waits for this very person."""
    quiet: bool = False
    """Whether it is shown only while there is something in it."""


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    ways: tuple[Way, ...]


def ways(counts: Mapping[str, Length] | None = None, saved: Sequence[SavedView] = ()) -> list[Section]:
    """All ways that the person may go, in sections; none for somebody who is not signed in.

    ``counts`` says how many wait in which list of the inbox, ``saved`` are the lists kept under names.
    """
    asking = maybe_actor()
    if asking is None:
        return []

    def to(endpoint: str, text: str, icon: str, needs: Permission) -> list[Way]:
        if endpoint not in current_app.view_functions or not rules.may(asking.role, needs):
            return []
        here = (request.endpoint or "").partition(".")[0] == endpoint.partition(".")[0]
        return [Way(text, icon, url_for(endpoint), here)]

    return [
        Section(_("Inbox"), tuple(_views(counts or {}))),
        *([Section(_("Saved views"), tuple(_saved(saved, counts or {})))] if saved else []),
        Section(
            _("Porch"),
            (
                *to("search.show", _("Search"), "search", Permission.READ_INBOX),
                *to("contacts.overview", _("Contacts"), "book-user", Permission.READ_INBOX),
                *to("outreach.overview", _("Outreach"), "handshake", Permission.READ_INBOX),
                *to("remedies.overview", _("Remedies"), "hand-coins", Permission.ASK_REMEDY),
                *to("pages.overview", _("Pages"), "activity", Permission.READ_PAGES),
                *to("campaigns.overview", _("Campaigns"), "megaphone", Permission.READ_PAGES),
                *to("rules.overview", _("Routing"), "route", Permission.READ_ROUTING),
                *to("duty.overview", _("At work"), "user-check", Permission.READ_INBOX),
                *to("targets.overview", _("Targets"), "clock", Permission.READ_INBOX),
                *to("texts.overview", _("Saved replies"), "message-square", Permission.ANSWER),
                *to("approvals.overview", _("Approval"), "check-check", Permission.APPROVE_REPLIES),
                *to("people.overview", _("People"), "users", Permission.OWN_ACCOUNT),
                *to("rooms.overview", _("Chat rooms"), "hash", Permission.MANAGE_ROOMS),
            ),
        ),
        Section(
            asking.name, (_bell(asking), *to("account.show", _("Your account"), "settings", Permission.OWN_ACCOUNT))
        ),
    ]


def _bell(asking: Actor) -> Way:
    """What one has been told; the number of what is not read asks for a look."""
    here = (request.endpoint or "").startswith("notifications.")
    with reading() as session:
        unread = notifications.unread(session, asking.id)
    return Way(_("Notifications"), "bell", url_for("notifications.overview"), here, "count-notices", unread, asks=True)


def _views(counts: Mapping[str, Length]) -> list[Way]:
    shown = _shown_view()
    return [
        Way(
            text=words.view(one).text,
            icon=words.view(one).icon,
            href=url_for("inbox.overview", view=one.value),
            here=shown == one,
            key=f"count-{one.value}",
            count=counts.get(one.value),
            asks=one in ASKING,
            quiet=one in (View.APPROVAL, View.UNSENT),
        )
        for one in View
    ]


def _saved(saved: Sequence[SavedView], counts: Mapping[str, Length]) -> list[Way]:
    opened = request.args.get("saved")
    return [
        Way(
            text=one.name,
            icon="bookmark" if one.team_id is None else "users",
            href=f"{url_for('inbox.overview')}?{one.address}&saved={one.id}",
            here=opened == str(one.id),
            key=f"count-saved-{one.id}",
            count=counts.get(f"saved-{one.id}"),
        )
        for one in saved
    ]


def _shown_view() -> str | None:
    """The list of the inbox that is on the screen."""
    asking = maybe_actor()
    if asking is None or not (request.endpoint or "").startswith("inbox."):
        return None
    if request.args.get("saved"):
        return None
    return request.args.get("view") or (View.TEAM if asking.team_ids else View.ALL)
