"""How we sound: notes for each page and language, and words that are not said. Services flush; the edge commits."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.accounts.types import Actor
from app.audit import service as audit
from app.audit.types import Action
from app.core import text as texts
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.pages.models import Page
from app.texts import tone
from app.texts.models import VoiceNote, VoiceTerm
from app.texts.types import NoteTyped, NoteView, Term, TermTyped

NOTE_MAXIMUM = 2_000
TERM_MAXIMUM = 80
TERMS_MAXIMUM = 500


def notes(session: Session) -> list[NoteView]:
    """All notes, those for every page first. One statement."""
    query = select(VoiceNote, Page.name).outerjoin(Page, Page.id == VoiceNote.page_id)
    query = query.order_by(VoiceNote.page_id.is_not(None), func.lower(Page.name), VoiceNote.language, VoiceNote.id)
    return [NoteView(one.id, one.page_id, name, one.language, one.text) for one, name in session.execute(query)]


def terms(session: Session) -> list[Term]:
    """All terms, in the order of the alphabet. One statement."""
    query = select(VoiceTerm, Page.name).outerjoin(Page, Page.id == VoiceTerm.page_id)
    return [_term(one, name) for one, name in session.execute(query.order_by(func.lower(VoiceTerm.term), VoiceTerm.id))]


def notes_for(session: Session, page_id: int, language: str | None) -> list[NoteView]:
    """What holds for an answer on that page in that language, the most particular last. One statement."""
    query = select(VoiceNote).where(
        or_(VoiceNote.page_id.is_(None), VoiceNote.page_id == page_id), VoiceNote.language.in_(("", language or ""))
    )
    found = session.scalars(query.order_by(VoiceNote.page_id.is_not(None), VoiceNote.language, VoiceNote.id))
    return [NoteView(one.id, one.page_id, None, one.language, one.text) for one in found]


def terms_for(session: Session, page_id: int, language: str | None) -> list[Term]:
    """Terms that hold there. One statement."""
    query = select(VoiceTerm).where(
        or_(VoiceTerm.page_id.is_(None), VoiceTerm.page_id == page_id), VoiceTerm.language.in_(("", language or ""))
    )
    return [_term(one, None) for one in session.scalars(query.order_by(VoiceTerm.id))]


def check(session: Session, page_id: int, language: str | None, text: str) -> None:
    """Let an answer go that has no banned term. Raises InvalidInput with the first one and what to say instead."""
    banned = [one for one in terms_for(session, page_id, language) if one.banned]
    for finding in tone.find(text, banned):
        said, instead = finding.said, finding.term.instead
        message = (
            _("“%(said)s” is not said here. Say “%(instead)s”.", said=said, instead=instead)
            if instead
            else _("“%(said)s” is not said here.", said=said)
        )
        raise InvalidInput(message, field="text", code="banned")


def set_note(session: Session, actor: Actor, typed: NoteTyped, now: datetime) -> None:
    """Write down how we sound on a page, or on all, in a language, or in all; empty words take it away.

    Raises InvalidInput naming the field.
    """
    text = texts.plain(typed.text).strip()
    if len(text) > NOTE_MAXIMUM:
        raise InvalidInput(_("At most %(n)s characters.", n=NOTE_MAXIMUM), field="text")
    _known_page(session, typed.page_id)
    scope = f"{typed.page_id or 0}:{typed.language}"
    one = session.scalar(select(VoiceNote).where(VoiceNote.scope == scope).with_for_update())
    if not text:
        if one is not None:
            session.delete(one)
    elif one is None:
        session.add(VoiceNote(scope=scope, page_id=typed.page_id, language=typed.language, text=text))
    else:
        one.text = text
    session.flush()
    audit.note(session, Action.VOICE_NOTE_SET, f"voice/{scope}", now, by=actor.id, kept=bool(text))


def add_term(session: Session, actor: Actor, typed: TermTyped, now: datetime) -> None:
    """Say what is not said, or said otherwise. Raises InvalidInput naming the field, Conflict for one that is there."""
    typed = replace(
        typed,
        term=texts.one_line(typed.term, limit=1_000).strip(),
        instead=texts.one_line(typed.instead, limit=1_000).strip(),
    )
    if not typed.term.strip("* ") or len(typed.term) > TERM_MAXIMUM:
        raise InvalidInput(_("Enter a word or a few, at most %(n)s characters.", n=TERM_MAXIMUM), field="term")
    if len(typed.instead) > TERM_MAXIMUM:
        raise InvalidInput(_("At most %(n)s characters.", n=TERM_MAXIMUM), field="instead")
    if not typed.banned and not typed.instead:
        raise InvalidInput(_("Say what is said instead."), field="instead")
    _known_page(session, typed.page_id)
    scope = f"{typed.page_id or 0}:{typed.language}:{typed.term.casefold()}"[:120]
    if session.scalar(select(VoiceTerm.id).where(VoiceTerm.scope == scope)) is not None:
        raise Conflict(_("This is on the list already."), code="taken")
    if (session.scalar(select(func.count()).select_from(VoiceTerm)) or 0) >= TERMS_MAXIMUM:
        raise InvalidInput(_("At most %(n)s terms.", n=TERMS_MAXIMUM), field="term")
    one = VoiceTerm(
        scope=scope,
        page_id=typed.page_id,
        language=typed.language,
        term=typed.term,
        instead=typed.instead,
        banned=typed.banned,
    )
    session.add(one)
    session.flush()
    audit.note(session, Action.TERM_ADDED, f"term/{one.id}", now, by=actor.id, page=one.page_id, banned=one.banned)


def remove_term(session: Session, actor: Actor, term_id: int, now: datetime) -> None:
    """Let it be said again. Raises NotFound."""
    one = session.get(VoiceTerm, term_id)
    if one is None:
        raise NotFound(_("This is no longer on the list."))
    session.delete(one)
    session.flush()
    audit.note(session, Action.TERM_REMOVED, f"term/{term_id}", now, by=actor.id)


def _known_page(session: Session, page_id: int | None) -> None:
    if page_id is not None and session.get(Page, page_id) is None:
        raise InvalidInput(_("There is no such page."), field="page")


def _term(one: VoiceTerm, page: str | None) -> Term:
    return Term(one.id, one.term, one.instead, one.banned, page, one.language)
