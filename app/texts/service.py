"""Writing saved replies, and counting their use. Services flush; the edge commits."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.models import Team
from app.accounts.types import Actor
from app.audit import service as audit
from app.audit.types import Action
from app.core import text as texts
from app.core.db import run_in_bulk
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.pages.models import Page
from app.texts import rules
from app.texts.models import SavedText
from app.texts.types import Wording

_NAMED = 5
"""So many wrong variables are named at once."""


def add(session: Session, actor: Actor, wording: Wording, now: datetime) -> int:
    """Keep a new saved reply; answer its number. Raises InvalidInput."""
    saved_id = add_demo(session, actor, wording, now)
    audit.note(session, Action.TEXT_ADDED, f"text/{saved_id}", now, by=actor.id)
    return saved_id


def add_demo(session: Session, actor: Actor, wording: Wording, now: datetime) -> int:
    """Keep one that the demonstration brings along: nobody decided that, so the audit log has nothing to say.

    Raises InvalidInput.
    """
    one = SavedText(**_fields(session, wording, None), updated_by=actor.id, updated_at=now)
    session.add(one)
    session.flush()
    return one.id


def change(session: Session, actor: Actor, saved_id: int, wording: Wording, version: int, now: datetime) -> None:
    """Write it anew, seen at ``version``. Raises NotFound, InvalidInput, Conflict when somebody else was quicker."""
    one = _held(session, saved_id)
    if one.version != version:
        raise Conflict(_("Somebody changed this saved reply meanwhile. Look at it, then change it again."))
    for name, value in _fields(session, wording, one.id).items():
        setattr(one, name, value)
    _touched(one, actor, now)
    session.flush()
    audit.note(session, Action.TEXT_CHANGED, f"text/{one.id}", now, by=actor.id, version=one.version)


def archive(session: Session, actor: Actor, saved_id: int, *, archived: bool, now: datetime) -> None:
    """Offer it no longer, or again; what it was used for stays known. Raises NotFound."""
    one = _held(session, saved_id)
    if one.archived != archived:
        one.archived = archived
        _touched(one, actor, now)
        session.flush()
        audit.note(session, Action.TEXT_ARCHIVED, f"text/{one.id}", now, by=actor.id, archived=archived)


def count_use(session: Session, saved_id: int, *, unchanged: bool, now: datetime) -> None:
    """It was sent once more."""
    run_in_bulk(
        session,
        update(SavedText)
        .where(SavedText.id == saved_id)
        .values(used=SavedText.used + 1, unchanged=SavedText.unchanged + int(unchanged), last_used_at=now),
    )


def uncount_use(session: Session, saved_id: int, *, unchanged: bool) -> None:
    """A reply made from it was taken back."""
    run_in_bulk(
        session,
        update(SavedText)
        .where(SavedText.id == saved_id, SavedText.used > 0)
        .values(used=SavedText.used - 1, unchanged=SavedText.unchanged - int(unchanged)),
    )


def _held(session: Session, saved_id: int) -> SavedText:
    one = session.scalar(select(SavedText).where(SavedText.id == saved_id).with_for_update())
    if one is None:
        raise NotFound(_("There is no such saved reply."))
    return one


def _touched(one: SavedText, actor: Actor, now: datetime) -> None:
    one.version += 1
    one.updated_by, one.updated_at = actor.id, now


def _fields(session: Session, wording: Wording, own_id: int | None) -> dict[str, Any]:
    """What is stored of a wording. Raises InvalidInput with the field that can't be taken."""
    wording = _tidy(wording)
    _check(wording)
    taken = select(SavedText.id).where(SavedText.shortcut == wording.shortcut)
    if session.scalar(taken if own_id is None else taken.where(SavedText.id != own_id)) is not None:
        raise InvalidInput(_("Another saved reply has this shortcut."), field="shortcut")
    effects = wording.effects
    if any(team is not None and session.get(Team, team) is None for team in (wording.team_id, effects.team_id)):
        raise InvalidInput(_("There is no such team."), field="team")
    if wording.page_id is not None and session.get(Page, wording.page_id) is None:
        raise InvalidInput(_("There is no such page."), field="page")
    return {
        "title": wording.title,
        "shortcut": wording.shortcut,
        "text": wording.text,
        "language": wording.language,
        "team_id": wording.team_id,
        "page_id": wording.page_id,
        "resolve": effects.resolve,
        "to_team_id": effects.team_id,
        "tags": list(effects.tags),
        "asks_remedy": effects.remedy,
    }


def _tidy(wording: Wording) -> Wording:
    return replace(
        wording,
        title=texts.one_line(wording.title, limit=rules.TITLE_MAXIMUM + 1),
        shortcut=wording.shortcut.strip().lstrip("/").lower(),
        text=texts.plain(wording.text).strip(),
        language=wording.language or None,
    )


def _check(wording: Wording) -> None:
    if not wording.title or len(wording.title) > rules.TITLE_MAXIMUM:
        raise InvalidInput(_("Give it a name of at most %(n)s characters.", n=rules.TITLE_MAXIMUM), field="title")
    if not rules.is_shortcut(wording.shortcut):
        raise InvalidInput(_("Use letters, digits and hyphens only, for example “late-parcel”."), field="shortcut")
    if not wording.text or len(wording.text) > rules.TEXT_MAXIMUM:
        raise InvalidInput(
            _("Write what is to be said, in at most %(n)s characters.", n=rules.TEXT_MAXIMUM), field="text"
        )
    if unknown := rules.unknown(wording.text):
        first, known = " ".join(unknown[:_NAMED]), " ".join(rules.PLACEHOLDERS)
        said = _("%(unknown)s can't be filled in. These can: %(known)s.", unknown=first, known=known)
        raise InvalidInput(said, field="text")
    if len(wording.effects.tags) > rules.TAGS_MAXIMUM:
        raise InvalidInput(_("At most %(n)s tags.", n=rules.TAGS_MAXIMUM), field="tags")
