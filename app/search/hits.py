"""From numbers in the index to what people read: the words as they are stored now, beside their conversation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.types import Actor
from app.inbox import queries as inbox
from app.inbox.models import Conversation
from app.inbox.types import ListFilter, Row
from app.search import marking, sources
from app.search.sources import Document
from app.search.types import Group, Hit, Kind, Piece, Term


@dataclass(frozen=True, slots=True)
class Entry:
    """One hit in the index."""

    number: int
    kind: Kind
    source_id: int
    conversation_id: int | None


def groups(session: Session, actor: Actor, found: Sequence[Entry], terms: Sequence[Term]) -> tuple[Group, ...]:
    """The hits by conversation, in the order of the newest of each. What was removed meanwhile is left out.

    One statement for each kind among them, and two more.
    """
    ids: dict[Kind, list[int]] = {}
    for one in found:
        ids.setdefault(one.kind, []).append(one.source_id)
    documents = {(kind, one.id): one for kind, some in ids.items() for one in sources.read(session, kind, some)}
    latest = _latest(session, ids.get(Kind.CONTACT, []))
    rows = _rows(session, actor, [*latest.values(), *(one.conversation_id for one in documents.values())])
    made: dict[tuple[str, int], tuple[Row | None, list[Hit]]] = {}
    for entry in found:
        document = documents.get((entry.kind, entry.source_id))
        if document is None:
            continue
        if entry.kind is Kind.CONTACT:
            place, row = ("contact", document.id), rows.get(latest.get(document.id, 0))
        else:
            place, row = ("talk", document.conversation_id or 0), rows.get(document.conversation_id or 0)
            if row is None:
                continue
        _add(made.setdefault(place, (row, []))[1], _hit(entry.kind, document, terms))
    return tuple(Group(row, tuple(some)) for row, some in made.values())


def _hit(kind: Kind, document: Document, terms: Sequence[Term]) -> Hit:
    return Hit(
        kind=kind,
        id=document.id,
        author=marking.excerpt(document.author, terms),
        pieces=marking.excerpt(document.text, terms),
        at=document.at,
        private=document.private,
    )


def _add(hits: list[Hit], hit: Hit) -> None:
    """Unless it says the same: a reply of ours comes back as a comment."""
    ours = (Kind.REPLY, Kind.COMMENT)
    if not any({one.kind, hit.kind} == set(ours) and _said(one.pieces) == _said(hit.pieces) for one in hits):
        hits.append(hit)


def _said(pieces: Iterable[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def _latest(session: Session, contact_ids: Sequence[int]) -> dict[int, int]:
    """Each contact's latest conversation."""
    if not contact_ids:
        return {}
    query = (
        select(Conversation.contact_id, func.max(Conversation.id))
        .where(Conversation.contact_id.in_(contact_ids))
        .group_by(Conversation.contact_id)
    )
    return {found[0]: found[1] for found in session.execute(query)}


def _rows(session: Session, actor: Actor, talk_ids: Iterable[int | None]) -> dict[int, Row]:
    wanted = {one for one in talk_ids if one is not None}
    return {row.id: row for row in inbox.some_rows(session, actor, wanted, ListFilter(None))} if wanted else {}
