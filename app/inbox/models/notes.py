"""Tables of what colleagues tell each other: notes, mentions."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId


class Note(Base):
    """Words between colleagues; never sent."""

    __tablename__ = "notes"
    __table_args__ = (Index("uq_notes_key", "key", unique=True),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    conversation_id: Mapped[int] = mapped_column(BigId, ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    key: Mapped[str | None] = mapped_column(String(64))
    """Made by the form: the same note sent twice is one."""
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class Mention(Base):
    """A colleague named in a note with ``@``: whoever tells people of such things reads the rows they have not seen."""

    __tablename__ = "mentions"
    __table_args__ = (UniqueConstraint("note_id", "user_id"), Index("ix_mentions_user", "user_id", "id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    note_id: Mapped[int] = mapped_column(BigId, ForeignKey("notes.id", ondelete="CASCADE"))
    conversation_id: Mapped[int] = mapped_column(BigId, ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
