"""Table: replies."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId


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
