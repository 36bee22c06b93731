"""The ways through the product, for the rail of every screen."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from flask import request, url_for
from markupsafe import Markup

from app.accounts.types import Actor
from app.core import i18n
from app.core.i18n import gettext as _
from app.core.i18n import lazy
from app.desk.types import SavedView
from app.edge.context import maybe_actor, reading
from app.edge.routes import may_open
from app.inbox.types import Length, View
from app.notifications import queries as notifications
from app.web.present import words
from app.web.present.kept import Kept

ASKING = frozenset({View.TEAM, View.MINE, View.UNSENT})
"""Lists whose number says what waits for this very person."""
_kept = Kept(1_000)


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


_Table = tuple[tuple[str, str, str], ...]
"""Ways as endpoint, text and icon."""

_PORCH: _Table = (
    ("search.show", lazy("Search"), "search"),
    ("contacts.overview", lazy("Contacts"), "book-user"),
    ("outreach.overview", lazy("Outreach"), "handshake"),
    ("remedies.overview", lazy("Remedies"), "hand-coins"),
    ("approvals.overview", lazy("Approval"), "check-check"),
    ("pages.overview", lazy("Pages"), "activity"),
    ("vitality.board", lazy("Vitality"), "heart-pulse"),
    ("campaigns.overview", lazy("Campaigns"), "megaphone"),
    ("reports.overview", lazy("Reports"), "chart-column"),
    ("goals.overview", lazy("Goals"), "goal"),
    ("duty.overview", lazy("At work"), "user-check"),
)
_OWN: _Table = (
    ("account.show", lazy("Your account"), "settings"),
    ("settings.overview", lazy("Settings"), "sliders-horizontal"),
)
_SETTINGS: tuple[tuple[str, _Table], ...] = (
    (
        lazy("Where things go"),
        (
            ("rules.overview", lazy("Routing"), "route"),
            ("learning.overview", lazy("Judging"), "scale"),
            ("targets.overview", lazy("Targets"), "clock"),
        ),
    ),
    (
        lazy("What we say"),
        (
            ("texts.overview", lazy("Saved replies"), "message-square"),
            ("voice.overview", lazy("How we sound"), "languages"),
            ("inbox.tags", lazy("Tags"), "tag"),
            ("inbox.saved_views", lazy("Saved views"), "bookmark"),
        ),
    ),
    (
        lazy("What we give"),
        (
            ("remedies.policy", lazy("Rules for remedies"), "badge-check"),
            ("remedies.shops", lazy("Shops"), "store"),
            ("remedies.book", lazy("Ledger"), "file-text"),
        ),
    ),
    (
        lazy("Who we are"),
        (
            ("people.overview", lazy("People"), "users"),
            ("rooms.overview", lazy("Chat rooms"), "hash"),
        ),
    ),
    (
        lazy("The house"),
        (
            ("connect.start", lazy("Connect a page"), "plus"),
            ("health.show", lazy("Health"), "activity"),
        ),
    ),
)


_PART_OF = {"belonging": "campaigns", "library": "vitality"}
"""Rooms that are reached from another one."""


def _room(endpoint: str) -> str:
    room = endpoint.partition(".")[0]
    return _PART_OF.get(room, room)


_BESIDE = {"reviews": "goals"}
"""Rooms that are entered through another's way."""
_IN_THE_RAIL = {"inbox", *(_room(endpoint) for endpoint, _text, _icon in _PORCH)}
_SET_UP = frozenset(
    {
        "settings",
        *(
            endpoint if _room(endpoint) in _IN_THE_RAIL else _room(endpoint)
            for _title, ways in _SETTINGS
            for endpoint, _text, _icon in ways
        ),
    }
)
"""What the settings lead to: whole rooms, and single pages of those that have a way in the rail."""


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
        Section(_("Inbox"), (*_views(counts or {}), _to_do())),
        *([Section(_("Saved views"), tuple(_saved(saved, counts or {})))] if saved else []),
        Section(_("Porch"), _open(asking, _PORCH)),
        Section(asking.name, (_bell(asking), *_open(asking, _OWN))),
    ]


def kept_ways(section: Section, make: Callable[[Section], Markup]) -> Markup:
    """A section's ways as ``make`` gives them, which is the same for everybody who reads this language."""
    key = section, i18n.language(), request.script_root
    return _kept.get(key) or _kept.keep(key, make(section))


def settings() -> list[Section]:
    """What is set up once and looked at now and then, in sections; the page of the settings shows it."""
    asking = maybe_actor()
    if asking is None:
        return []
    sections = [Section(_(title), _open(asking, ways)) for title, ways in _SETTINGS]
    return [one for one in sections if one.ways]


def _open(asking: Actor, ways: _Table) -> tuple[Way, ...]:
    """Those of the ways that the person may go."""
    return tuple(
        Way(_(text), icon, _address(endpoint, request.script_root), _here(endpoint))
        for endpoint, text, icon in ways
        if may_open(endpoint, asking.role)
    )


@cache
def _address(endpoint: str, _root: str, view: View | None = None) -> str:
    """Where a way leads: the same at every request below the same root, and made thirty times for each page."""
    return url_for(endpoint, view=view.value if view else None)


def _here(endpoint: str) -> bool:
    """Whether the page on the screen belongs there; what has no way of its own belongs to the settings."""
    at = request.endpoint or ""
    room = _room(at)
    if endpoint == "settings.overview":
        return room in _SET_UP or at in _SET_UP
    return _BESIDE.get(room, room) == _room(endpoint) and at not in _SET_UP


def _bell(asking: Actor) -> Way:
    """What one has been told; the number of what is not read asks for a look."""
    here = (request.endpoint or "").startswith("notifications.")
    with reading() as session:
        unread = notifications.unread(session, asking.id)
    return Way(_("Notifications"), "bell", url_for("notifications.overview"), here, "count-notices", unread, asks=True)


def _to_do() -> Way:
    """What waits besides answers; the number comes with the goals, after the page is there."""
    here = (request.endpoint or "").startswith("to_do.")
    return Way(_("To do"), "clipboard-check", _address("to_do.overview", request.script_root), here, "count-to-do")


def _views(counts: Mapping[str, Length]) -> list[Way]:
    shown = _shown_view()
    return [
        Way(
            text=word.text,
            icon=word.icon,
            href=_address("inbox.overview", request.script_root, one),
            here=shown == one,
            key=f"count-{one.value}",
            count=counts.get(one.value),
            asks=one in ASKING,
            quiet=one in (View.APPROVAL, View.UNSENT, View.PUT_OFF),
        )
        for one, word in ((one, words.view(one)) for one in View)
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
