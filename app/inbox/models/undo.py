"""Tables of what can be taken back: undo_entries, undo_items."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId
from app.inbox.types import EventKind


class UndoEntry(Base):
    """One thing that somebody did, to one conversation or to thousands, as far as it can be taken back."""

    __tablename__ = "undo_entries"
    __table_args__ = (Index("ix_undo_entries_actor", "actor_id", "id"), Index("ix_undo_entries_at", "at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    actor_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[EventKind]
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


class UndoItem(Base):
    """How a conversation was before, and its version after: taking back is refused once that has moved on."""

    __tablename__ = "undo_items"

    entry_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("undo_entries.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    conversation_id: Mapped[int] = mapped_column(
        BigId,
        ForeignKey("conversations.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        index=True,
    )
    version: Mapped[int]
    before: Mapped[dict[str, Any]]
