"""What the composer shows: each voice's text as it is kept or came back, and what a saved reply does besides."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.accounts.types import Actor, TeamView
from app.core.i18n import gettext as _
from app.replies import saved
from app.texts import queries as texts
from app.texts.types import Effects, Offer, SavedReply
from app.web.present import names
from app.writing.types import Begun, DraftView, Voice, Words

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing that sending will do besides; it can be left out."""

    value: str
    text: str
    icon: str
    chosen: bool = True


@dataclass(frozen=True, slots=True)
class Part:
    """An answer that is being written, in public or to the person alone."""

    words: Words
    saved: SavedReply | None
    """What it was made from."""
    chips: tuple[Chip, ...]
    prepared: bool
    """Whether a rule put it there, and nobody has touched it yet."""


@dataclass(frozen=True, slots=True)
class Compose:
    """What is being written, with what the forms have to know about it."""

    answers: dict[Voice, Part]
    note: str
    revisions: dict[Voice, int]
    """Of what is kept; 0 where nothing is."""


def compose(
    session: "Session",
    actor: Actor,
    begun: Begun,
    mode: Voice,
    words: Words | None,
    teams: Sequence[TeamView],
    *,
    offer: Offer | None = None,
    offered_as: Voice = Voice.REPLY,
) -> Compose:
    """What is kept, but for ``words`` that just came back in the voice ``mode``; ``offer`` where there is neither. At
    most one statement, and none for what is kept."""
    kept = {voice: begun.own(actor.id, voice) for voice in Voice}
    texts_ = {voice: as_words(one) for voice, one in kept.items()}
    if words is not None:
        texts_[mode] = words
    prepared = offer is not None and kept[offered_as] is None and (words is None or mode is not offered_as)
    if offer is not None and prepared:
        texts_[offered_as] = Words(offer.text, offer.saved.id, saved.also(offer.saved.effects))
    return Compose(
        answers={
            voice: _part(session, kept[voice], texts_[voice], teams, prepared=prepared and voice is offered_as)
            for voice in Voice
            if voice.answers
        },
        note=texts_[Voice.NOTE].text,
        revisions={voice: found.revision if found else 0 for voice, found in kept.items()},
    )


def _part(
    session: "Session", kept: DraftView | None, words: Words, teams: Sequence[TeamView], *, prepared: bool
) -> Part:
    one = _made_from(session, kept, words.saved_id)
    return Part(words, one, chips(one.effects, teams, words.also) if one else (), prepared)


def as_words(kept: DraftView | None) -> Words:
    """What somebody has begun, as the form has it; empty where nothing was."""
    if kept is None:
        return Words("")
    return Words(kept.text, kept.saved.id if kept.saved else None, kept.also)


def _made_from(session: "Session", kept: DraftView | None, saved_id: int | None) -> SavedReply | None:
    """The saved reply of that number; the one that the kept draft was made from came with it."""
    if kept is not None and kept.saved is not None and kept.saved.id == saved_id:
        return kept.saved
    return texts.one(session, saved_id) if saved_id is not None else None


def chips(effects: Effects, teams: Sequence[TeamView], chosen: Collection[str] | None = None) -> tuple[Chip, ...]:
    """What a saved reply does besides; ``chosen`` None: nothing was left out yet."""
    by_id = {f"{saved.TEAM}{team.id}": team.name for team in teams}
    found = []
    for value in saved.also(effects):
        text, icon = _word(value, by_id)
        found.append(Chip(value, text, icon, chosen is None or value in chosen))
    return tuple(found)


def _word(value: str, teams: dict[str, str]) -> tuple[str, str]:
    if value == saved.RESOLVE:
        return _("Done afterwards"), "check"
    if value == saved.STAY:
        return _("Waits for their answer"), "hourglass"
    if value == saved.REMEDY:
        return _("Asks for a remedy next"), "hand-coins"
    if value in teams:
        return _("Goes to %(team)s", team=names.shown(teams[value])), "users"
    return value.removeprefix(saved.TAG), "tag"
