"""Tables: replies, saved_reply_uses."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId
from app.texts.models import SavedText


class Reply(Base):
    """An answer written here. Its way to the platform is the delivery's."""

    __tablename__ = "replies"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    conversation_id: Mapped[int] = mapped_column(BigId, ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    delivery_id: Mapped[int] = mapped_column(BigId, ForeignKey("deliveries.id"), unique=True)
    comment_id: Mapped[int] = mapped_column(BigId, ForeignKey("comments.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    before: Mapped[dict[str, Any]]
    """The conversation's state before the answer; undo puts it back."""


class SavedUse(Base):
    """A reply that was made from a saved reply."""

    __tablename__ = "saved_reply_uses"

    reply_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("replies.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    saved_id: Mapped[int] = mapped_column(ForeignKey(SavedText.id, ondelete="CASCADE"), index=True)
    unchanged: Mapped[bool]
    """Whether it was sent as the saved reply has it."""
