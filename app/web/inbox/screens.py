"""What the inbox's lists show, gathered in a fixed number of statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from werkzeug.datastructures import MultiDict

from app.accounts.types import Actor
from app.desk import bulk
from app.desk import queries as desk
from app.desk import rules as desk_rules
from app.desk.types import COUNTED_TO, JobView, SavedView
from app.inbox import queries as inbox
from app.inbox.filters import counted
from app.inbox.types import (
    ConversationState,
    Length,
    Position,
    Row,
    View,
)
from app.pages import queries as pages
from app.pages.types import ConnectionState, PageState, PageView
from app.web.inbox import narrow
from app.web.inbox import place as places
from app.web.inbox.narrow import Chip
from app.web.inbox.place import Place
from app.web.present import words

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_COUNTED = (View.TEAM, View.MINE, View.UNASSIGNED, View.APPROVAL, View.UNSENT, View.PUT_OFF)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many wait for us: by view and saved view, and in the list at hand with its filters."""

    views: dict[str, Length]
    here: Length


@dataclass(frozen=True, slots=True)
class ListScreen:
    """One list."""

    place: Place
    rows: Sequence[Row]
    more: str | None
    """Where the list goes on; None when this is the end of it."""
    concerns: Sequence[PageView]
    """Pages of which something may be missing."""
    connected: bool
    """Whether there is any page; asked only where nothing else is shown."""
    chips: Sequence[Chip]
    saved: Sequence[SavedView]
    counts: Counts
    read_at: datetime
    all_of_them: bool
    """Whether this person may act on the list as a whole."""
    job: JobView | None
    """Work on a list that this person asked for, while it lasts."""

    @property
    def length(self) -> Length:
        """How long the list is, as far as that is known."""
        return self.counts.here if self.place.state is ConversationState.NEW else Length(0)

    @property
    def title(self) -> str:
        """What the list is called."""
        return next((one.name for one in self.saved if one.id == self.place.saved), words.view(self.place.view).text)

    @property
    def troubled(self) -> list[PageView]:
        """Pages that this list may lack comments of."""
        bad = (ConnectionState.FAILING, ConnectionState.STOPPED)
        return [
            page
            for page in self.concerns
            if page.state is PageState.ACTIVE and page.connection_state in bad and self.place.page_id in (None, page.id)
        ]

    @property
    def unread(self) -> list[PageView]:
        """Pages whose first read is still to come."""
        return [page for page in self.concerns if page.connection_state is ConnectionState.NEW]


def list_screen(session: "Session", actor: Actor, place: Place, now: datetime) -> ListScreen:
    """Six statements, and one for each filter in force."""
    found = inbox.rows(session, place.filter(actor), after=place.after, limit=inbox.PAGE_LENGTH + 1)
    saved = desk.saved_views(session, actor)
    rows = found[: inbox.PAGE_LENGTH]
    return ListScreen(
        place=place,
        rows=rows,
        more=places.mark(rows[-1].at, rows[-1].id) if len(found) > len(rows) else None,
        concerns=pages.concerns(session),
        connected=bool(rows) or pages.any_connected(session),
        chips=narrow.chips(session, place),
        saved=saved,
        counts=_counts(session, actor, place, saved),
        read_at=now,
        all_of_them=desk_rules.may_act_on_all(actor, place.filter(actor)),
        job=bulk.running(session, actor),
    )


def counts(session: "Session", actor: Actor, place: Place) -> Counts:
    """Two statements."""
    return _counts(session, actor, place, desk.saved_views(session, actor))


def _counts(session: "Session", actor: Actor, place: Place, saved: Sequence[SavedView]) -> Counts:
    """One statement. Saved views whose length is not kept bring the number that a job counted."""
    wanted = {view.value: place.at(view).filter(actor) for view in _COUNTED}
    for one in saved:
        shown = places.read(MultiDict(parse_qsl(one.address)), actor).filter(actor)
        if counted(shown):
            wanted[f"saved-{one.id}"] = shown
    told = {f"saved-{one.id}": one.length for one in saved if one.length is not None}
    here = place.in_state(ConversationState.NEW).filter(actor)
    *views, length = inbox.lengths(session, [*wanted.values(), here], COUNTED_TO)
    return Counts(told | dict(zip(wanted, views, strict=True)), length)


def row(session: "Session", actor: Actor, place: Place, conversation_id: int) -> Row | None:
    """A conversation's line in a list; None when there is no such conversation."""
    found = inbox.some_rows(session, actor, [conversation_id], place.filter(actor))
    return found[0] if found else None


def next_after(session: "Session", actor: Actor, place: Place, left: Row | None) -> int | None:
    """Where to go on once ``left`` has left the list: the conversation below it, else the first; None at the end."""
    wanted = place.filter(actor)
    if left is not None and left.here:
        below = inbox.rows(session, wanted, after=Position(left.at, left.id), limit=1)
        if below:
            return below[0].id
    first = inbox.rows(session, wanted, limit=2)
    return next((one.id for one in first if left is None or one.id != left.id), None)
