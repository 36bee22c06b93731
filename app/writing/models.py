"""Tables: drafts, claims."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, JsonData
from app.texts.models import SavedText
from app.writing.types import Voice


class Draft(Base):
    """What somebody has begun to write and not sent."""

    __tablename__ = "drafts"

    conversation_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
    voice: Mapped[Voice] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    saved_id: Mapped[int | None] = mapped_column(ForeignKey(SavedText.id, ondelete="SET NULL"))
    also: Mapped[list[str]] = mapped_column(JsonData)
    revision: Mapped[int]
    """Counts every change; a second window that has not seen the latest is refused."""
    updated_at: Mapped[datetime]


class Claim(Base):
    """Who is writing an answer: one person for each conversation, for as long as signs of it come."""

    __tablename__ = "claims"

    conversation_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    since: Mapped[datetime]
    until: Mapped[datetime]
