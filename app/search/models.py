"""Tables: search_entries, search_queue.

On SQLite the words of the entries are indexed in ``search_words``, which a migration makes, since FTS5 has no place in
models, and which triggers on ``search_entries`` keep.
"""

from sqlalchemy import Index, Text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId
from app.search.types import Kind


class SearchEntry(Base):
    """One comment, reply, note or contact that can be found. Its number grows with the time it was written."""

    __tablename__ = "search_entries"
    __table_args__ = (Index("ix_search_entries_source", "source_id", "kind", unique=True),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    kind: Mapped[Kind]
    source_id: Mapped[int] = mapped_column(BigId)
    conversation_id: Mapped[int | None] = mapped_column(BigId)
    """None for contacts. Points to what may be removed any moment; the entry follows a little later."""
    words: Mapped[str] = mapped_column(Text().with_variant(TSVECTOR(), "postgresql"))


class SearchWaiting(Base):
    """Something that was written, changed or removed since it was last indexed. Triggers put it here."""

    __tablename__ = "search_queue"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[Kind]
    source_id: Mapped[int] = mapped_column(BigId)
