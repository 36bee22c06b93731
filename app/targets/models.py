"""Tables: targets, target_calls."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId
from app.inbox.types import Mark, Priority
from app.targets.types import Figure


class TargetRow(Base):
    """A target. ``scope`` names team, page and priority in one word, so that there is one for each."""

    __tablename__ = "targets"

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(String(60), unique=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    page_id: Mapped[int | None] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"))
    priority: Mapped[Priority | None]
    first_reply: Mapped[int | None]
    """Minutes of work, like the next two."""
    next_reply: Mapped[int | None]
    resolution: Mapped[int | None]
    changed_at: Mapped[datetime]


class TargetCall(Base):
    """That a conversation came close to a target, or past it, and people were told: once for each run of its clock."""

    __tablename__ = "target_calls"

    conversation_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    figure: Mapped[Figure] = mapped_column(primary_key=True)
    level: Mapped[Mark] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    """When it was due."""
