"""The ways through the product, for the rail of every screen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import request, url_for

from app.accounts.types import Actor
from app.core.i18n import gettext as _
from app.desk.types import SavedView
from app.edge.context import maybe_actor, reading
from app.edge.routes import may_open
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


_SET_UP = frozenset(
    {
        "settings",
        "rules",
        "learning",
        "targets",
        "texts",
        "voice",
        "people",
        "rooms",
        "health",
        "connect",
        "remedies.policy",
        "remedies.shops",
        "remedies.book",
        "inbox.tags",
        "inbox.saved_views",
    }
)
"""What the settings lead to: whole rooms, and single pages of others."""


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

    return [
        Section(_("Inbox"), tuple(_views(counts or {}))),
        *([Section(_("Saved views"), tuple(_saved(saved, counts or {})))] if saved else []),
        Section(
            _("Porch"),
            _open(
                asking,
                ("search.show", _("Search"), "search"),
                ("contacts.overview", _("Contacts"), "book-user"),
                ("outreach.overview", _("Outreach"), "handshake"),
                ("remedies.overview", _("Remedies"), "hand-coins"),
                ("approvals.overview", _("Approval"), "check-check"),
                ("pages.overview", _("Pages"), "activity"),
                ("vitality.board", _("Vitality"), "heart-pulse"),
                ("campaigns.overview", _("Campaigns"), "megaphone"),
                ("duty.overview", _("At work"), "user-check"),
            ),
        ),
        Section(
            asking.name,
            (
                _bell(asking),
                *_open(
                    asking,
                    ("account.show", _("Your account"), "settings"),
                    ("settings.overview", _("Settings"), "sliders-horizontal"),
                ),
            ),
        ),
    ]


def settings() -> list[Section]:
    """What is set up once and looked at now and then, in sections; the page of the settings shows it."""
    asking = maybe_actor()
    if asking is None:
        return []
    sections = [
        Section(
            _("Where things go"),
            _open(
                asking,
                ("rules.overview", _("Routing"), "route"),
                ("learning.overview", _("Judging"), "scale"),
                ("targets.overview", _("Targets"), "clock"),
            ),
        ),
        Section(
            _("What we say"),
            _open(
                asking,
                ("texts.overview", _("Saved replies"), "message-square"),
                ("voice.overview", _("How we sound"), "languages"),
                ("inbox.tags", _("Tags"), "tag"),
                ("inbox.saved_views", _("Saved views"), "bookmark"),
            ),
        ),
        Section(
            _("What we give"),
            _open(
                asking,
                ("remedies.policy", _("Rules for remedies"), "badge-check"),
                ("remedies.shops", _("Shops"), "store"),
                ("remedies.book", _("Ledger"), "file-text"),
            ),
        ),
        Section(
            _("Who we are"),
            _open(
                asking,
                ("people.overview", _("People"), "users"),
                ("rooms.overview", _("Chat rooms"), "hash"),
            ),
        ),
        Section(
            _("The house"),
            _open(
                asking,
                ("connect.start", _("Connect a page"), "plus"),
                ("health.show", _("Health"), "activity"),
            ),
        ),
    ]
    return [one for one in sections if one.ways]


def _open(asking: Actor, *ways: tuple[str, str, str]) -> tuple[Way, ...]:
    """Those of the ways (endpoint, text, icon) that the person may go."""
    return tuple(
        Way(text, icon, url_for(endpoint), _here(endpoint))
        for endpoint, text, icon in ways
        if may_open(endpoint, asking.role)
    )


def _here(endpoint: str) -> bool:
    """Whether the page on the screen belongs there; what has no way of its own belongs to the settings."""
    at = request.endpoint or ""
    room = at.partition(".")[0]
    if endpoint == "settings.overview":
        return room in _SET_UP or at in _SET_UP
    return room == endpoint.partition(".")[0] and at not in _SET_UP


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
    at = request.endpoint or ""
    if asking is None or not at.startswith("inbox.") or at in _SET_UP:
        return None
    if request.args.get("saved"):
        return None
    return request.args.get("view") or (View.TEAM if asking.team_ids else View.ALL)
