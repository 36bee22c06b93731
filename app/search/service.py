"""Keeping the index: triggers note what changed, this reads it and writes its words."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.core.db import run_in_bulk
from app.search import rules, sources
from app.search.models import SearchEntry, SearchWaiting
from app.search.sources import Document
from app.search.types import Kind

BATCH = 500

_Source = tuple[Kind, int]


def index_waiting(session: Session, limit: int = BATCH) -> int:
    """Index what has waited, the latest first; answer how many were taken from the queue.

    Works on what is stored now, so it may be done twice, and in any order. Two at once take different ones; where they
    hit on the same number one fails, and its part waits on.
    """
    sqlite = session.get_bind().dialect.name == "sqlite"
    last = select(SearchWaiting.id).order_by(SearchWaiting.id.desc()).limit(limit)
    taken = session.execute(
        delete(SearchWaiting)
        .where(SearchWaiting.id.in_(last if sqlite else last.with_for_update(skip_locked=True)))
        .returning(SearchWaiting.kind, SearchWaiting.source_id)
        .execution_options(synchronize_session=False)
    ).all()
    wanted: dict[Kind, set[int]] = {}
    for kind, source_id in taken:
        wanted.setdefault(kind, set()).add(source_id)
    documents = [(kind, one) for kind, ids in wanted.items() for one in sources.read(session, kind, ids)]
    _forget(session, {(kind, one) for kind, ids in wanted.items() for one in ids})
    numbers = _numbers(session, documents)
    encode = " ".join if sqlite else rules.as_tsvector
    rows: list[dict[str, Any]] = [
        {
            "id": numbers[kind, one.id],
            "kind": kind,
            "source_id": one.id,
            "conversation_id": one.conversation_id,
            "words": encode(rules.entry_words(kind, one.author, one.text, one.page_id)),
        }
        for kind, one in documents
    ]
    if rows:
        # FTS5 writes a part of its index for every number smaller than the one before.
        session.execute(SearchEntry.__table__.insert(), sorted(rows, key=lambda row: int(row["id"])))  # type: ignore[attr-defined]
    return len(taken)


def _forget(session: Session, known: Collection[_Source]) -> None:
    query = select(SearchEntry.id, SearchEntry.kind, SearchEntry.source_id).where(
        SearchEntry.source_id.in_({source_id for _kind, source_id in known})
    )
    stored = [number for number, *source in session.execute(query) if tuple(source) in known]
    if stored:
        run_in_bulk(session, delete(SearchEntry).where(SearchEntry.id.in_(sorted(stored))))


def _numbers(session: Session, documents: Iterable[tuple[Kind, Document]]) -> dict[_Source, int]:
    """A free number for each: the one its time gives, or one of the next."""
    numbers: dict[_Source, int] = {}
    wanted = {(kind, one.id): rules.key(one.at, one.id) for kind, one in documents}
    used: set[int] = set()
    while wanted:
        query = select(SearchEntry.id).where(SearchEntry.id.in_(set(wanted.values())))
        used.update(session.scalars(query))
        for source, number in list(wanted.items()):
            if number in used:
                wanted[source] = number + 1
            else:
                used.add(number)
                numbers[source] = wanted.pop(source)
    return numbers
