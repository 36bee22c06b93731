"""Where somebody is in the inbox: which list, and where in it. Everything stands in the address."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from werkzeug.datastructures import MultiDict

from app.accounts.types import Actor
from app.inbox import filters, lists
from app.inbox.lists import ONE_STATE, TABS, Named
from app.inbox.types import ConversationState, ListFilter, Position, View

SHOWN_AT_MOST = 200
_TOLD = {
    "page": int, "team": int, "assignee": int, "tag": int, "campaign": int,
    "kind": str, "language": str, "platform": str, "target": str,
}  # fmt: skip
"""Filters by what news carry (``app.inbox.intake``), and what as."""


@dataclass(frozen=True, slots=True)
class Place:
    """A list, and the row it goes on after."""

    view: View
    state: ConversationState | None
    chosen: tuple[tuple[str, str], ...] = ()
    """Filters and their values, as ``app.inbox.filters`` reads them."""
    saved: int | None = None
    """The saved view it was opened by."""
    after: Position | None = None
    guided: bool = False
    """Whether the person is served one conversation after another."""

    @property
    def args(self) -> dict[str, Any]:
        """For ``url_for``: the way back to this list."""
        found: dict[str, Any] = {"view": self.view.value}
        if self.has_tabs and self.state is not None and self.state is not ConversationState.NEW:
            found["state"] = self.state.value
        found.update(self.chosen)
        if self.saved is not None:
            found["saved"] = self.saved
        if self.guided:
            found["guided"] = 1
        return found

    @property
    def has_tabs(self) -> bool:
        """Whether it comes in several states."""
        return self.view not in ONE_STATE

    @property
    def narrowed(self) -> bool:
        """Whether a filter of the person's own choice hides something."""
        return bool(self.chosen)

    @property
    def page_id(self) -> int | None:
        """The one page it shows, when it was narrowed down to one."""
        return number(dict(self.chosen).get("page"))

    def filter(self, actor: Actor) -> ListFilter:
        """What the list shows to this person."""
        return Named(self.view, self.state, self.chosen).shown_to(actor.id, actor.team_ids)

    def holds(self, actor: Actor) -> dict[str, list[Any]] | None:
        """By what a script knows that a conversation which waits for us belongs here: one of these ids (0: none) or
        values for each name that news carry. None where they do not say."""
        if not self.has_tabs or self.state is not ConversationState.NEW:
            return None
        wanted = self.filter(actor)
        found: dict[str, list[Any]] = {}
        if wanted.team_ids is not None:
            found["team"] = sorted(wanted.team_ids)
        if wanted.assignee_id is not None or wanted.unassigned:
            found["assignee"] = [wanted.assignee_id or 0]
        for name, value in self.chosen:
            if name not in _TOLD or name in found:
                return None
            found[name] = [0 if value == filters.NOBODY else _TOLD[name](value)]
        return found

    def at(self, view: View) -> "Place":
        """What waits for us in another list, everywhere."""
        return Place(view, ONE_STATE.get(view, ConversationState.NEW))

    def led(self, on: bool) -> "Place":
        """The same list, with or without being served one after another."""
        return replace(self, guided=on, after=None)

    @property
    def tabs(self) -> list["Place"]:
        """This list in all its states."""
        return [self.in_state(state) for state in TABS]

    def in_state(self, state: ConversationState) -> "Place":
        """Another tab of this list."""
        return replace(self, state=state, after=None) if self.has_tabs else replace(self, after=None)

    def narrowed_to(self, chosen: Iterable[tuple[str, str]]) -> "Place":
        """The same list with these filters instead of its own."""
        return replace(self, chosen=filters.read(chosen), saved=None, after=None)

    def without(self, name: str) -> "Place":
        """The same list without a filter."""
        return self.narrowed_to([one for one in self.chosen if one[0] != name])


def read(args: MultiDict[str, str], actor: Actor) -> Place:
    """The place that an address names; what makes no sense in it counts as not said."""
    named = lists.read(args, in_teams=bool(actor.team_ids))
    return Place(
        view=named.view,
        state=named.state,
        chosen=named.chosen,
        saved=number(args.get("saved"), 2**63 - 1),
        after=position(args.get("after", "")),
        guided=args.get("guided") == "1",
    )


def mark(at: datetime, key: int) -> str:
    """A position, for an address or a form."""
    return f"{at.isoformat()}~{key}"


def position(text: str) -> Position | None:
    """The position that ``mark`` wrote; None for anything else."""
    at, _tilde, key = text.partition("~")
    when = moment(at)
    return Position(when, int(key)) if when and is_id(key) else None


def versions(texts: Iterable[str]) -> dict[int, int]:
    """Conversations and the versions of them that were seen, each written ``12.3``; the first 200."""
    found = {}
    for text in islice(texts, SHOWN_AT_MOST):
        key, _dot, version = text.partition(".")
        if is_id(key) and is_id(version):
            found[int(key)] = int(version)
    return found


def moment(text: str) -> datetime | None:
    """A time that an address or a form carries."""
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def number(text: str | None, most: int = 2**31 - 1) -> int | None:
    """The number of a person, team or page in an address or a form; None for anything no such number can be."""
    found = int(text) if text and is_id(text) else 0
    return found if 0 < found <= most else None


def is_id(text: str) -> bool:
    """Whether it is a number that fits a 64-bit column."""
    return text.isascii() and text.isdigit() and len(text) < 19
