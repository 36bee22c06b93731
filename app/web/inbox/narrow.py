"""Filters on the screen: what is chosen, what there is to choose."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.core import i18n
from app.core.i18n import gettext as _
from app.edge.context import services
from app.inbox.filters import FILTERS, Choice
from app.web.inbox.place import Place
from app.web.present import names

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force. ``without`` is the list it would leave."""

    name: str
    title: str
    text: str
    icon: str
    without: Place


@dataclass(frozen=True, slots=True)
class Field:
    """A filter with all its choices (value, text); ``value`` is the one in force."""

    name: str
    title: str
    options: Sequence[tuple[str, str]]
    value: str


def chips(session: "Session", place: Place) -> list[Chip]:
    """The filters in force; one statement each."""
    return [
        Chip(name, _(FILTERS[name].title), _text(session, name, value), FILTERS[name].icon, place.without(name))
        for name, value in place.chosen
    ]


def fields(session: "Session", place: Place) -> list[Field]:
    """All filters; those with nothing to choose between are left out. One statement each."""
    chosen = dict(place.chosen)
    found = []
    for one in FILTERS.values():
        options = [(choice.value, word(one.name, choice)) for choice in one.choices(session)]
        enough = 1 if one.some_have_none else 2
        if len(options) >= enough or one.name in chosen:
            found.append(Field(one.name, _(one.title), options, chosen.get(one.name, "")))
    return found


def word(name: str, choice: Choice) -> str:
    """A choice as people call it, in the reader's language."""
    if name == "platform":
        try:
            return services().connectors.get(choice.value).label
        except KeyError:
            return choice.value
    if name == "language":
        return str(i18n.locale().languages.get(choice.value, choice.value))
    return names.shown(choice.text) if name == "team" else choice.text


def _text(session: "Session", name: str, value: str) -> str:
    one = FILTERS[name]
    if one.named is not None:
        return one.named(session, value) or _("gone")
    found = (word(name, choice) for choice in one.choices(session) if choice.value == value)
    return next(found, _("gone"))
