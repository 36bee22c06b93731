"""Reading saved replies."""

from collections.abc import Collection

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.texts import rules
from app.texts.models import SavedText
from app.texts.types import Effects, SavedReply

OFFERED = 20
KNOWN_AT_MOST = 2_000
"""How many are looked through for a conversation, the most used first."""


def saved(session: Session, query: str = "", *, archived: bool = False) -> list[SavedReply]:
    """All saved replies, or those that a few letters may mean; the most used first."""
    found = session.scalars(
        select(SavedText)
        .where(SavedText.archived.is_(archived))
        .order_by(SavedText.used.desc(), func.lower(SavedText.title), SavedText.id)
    )
    return rules.find(query, [view(one) for one in found])


def one(session: Session, saved_id: int) -> SavedReply | None:
    """A saved reply by its number, archived or not."""
    found = session.get(SavedText, saved_id)
    return view(found) if found else None


def called(session: Session, shortcut: str) -> SavedReply | None:
    """The saved reply with a shortcut, unless it is archived. One statement."""
    found = session.scalars(select(SavedText).where(SavedText.shortcut == shortcut, SavedText.archived.is_(False)))
    first = found.first()
    return view(first) if first else None


def offered(
    session: Session, query: str, *, page_id: int, team_ids: Collection[int], language: str | None
) -> list[SavedReply]:
    """What is offered in a conversation on that page, in that language, to somebody of these teams. One statement."""
    conditions = [
        SavedText.archived.is_(False),
        or_(SavedText.page_id.is_(None), SavedText.page_id == page_id),
        or_(SavedText.team_id.is_(None), SavedText.team_id.in_(sorted(team_ids))),
    ]
    if language:
        conditions.append(or_(SavedText.language.is_(None), SavedText.language == language))
    found = session.scalars(
        select(SavedText).where(*conditions).order_by(SavedText.used.desc(), SavedText.id).limit(KNOWN_AT_MOST)
    )
    return rules.find(query, [view(one) for one in found])[:OFFERED]


def view(one: SavedText) -> SavedReply:
    """A saved reply that has been read already."""
    return SavedReply(
        id=one.id,
        version=one.version,
        title=one.title,
        shortcut=one.shortcut,
        text=one.text,
        language=one.language,
        team_id=one.team_id,
        page_id=one.page_id,
        effects=Effects(one.resolve, one.to_team_id, tuple(one.tags), one.asks_remedy),
        archived=one.archived,
        used=one.used,
        unchanged=one.unchanged,
        last_used_at=one.last_used_at,
        updated_at=one.updated_at,
    )
