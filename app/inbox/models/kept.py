"""Tables that triggers keep: waits, conversation_counts, conversation_count_changes."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId
from app.inbox.types import ConversationState


class Wait(Base):
    """A time that a person waited for us, once it is over. Kept by triggers on ``conversations`` (migration "Times that
    people waited"), so that no writer can forget it; what is being waited now is ``Conversation.waiting_since``."""

    __tablename__ = "waits"
    __table_args__ = (Index("ix_waits_until", "until"),)

    conversation_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    since: Mapped[datetime] = mapped_column(primary_key=True)
    until: Mapped[datetime]
    ended: Mapped[ConversationState]
    """What it ended in; what is done or spam later ends so too."""


class ConversationCount(Base):
    """How many conversations there are of each sort, up to the changes that wait to be added. Kept by triggers on
    ``conversations`` (migration "Counts that are kept"), so that no writer can forget it."""

    __tablename__ = "conversation_counts"

    state: Mapped[ConversationState] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    assignee_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """0: nobody's."""
    page_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(BigInteger)


class ConversationCountChange(Base):
    """What a transaction added to a count. On PostgreSQL each writes rows of its own, so that none waits for another;
    a worker adds them up."""

    __tablename__ = "conversation_count_changes"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    state: Mapped[ConversationState]
    team_id: Mapped[int]
    assignee_id: Mapped[int]
    page_id: Mapped[int]
    n: Mapped[int]
