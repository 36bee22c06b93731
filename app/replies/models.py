"""Tables: replies, saved_reply_uses, proposals, approval_requirements."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, JsonData
from app.replies.types import ProposalState
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


class Proposal(Base):
    """An answer that waits for approval, or did: by somebody else than its author, which the database holds."""

    __tablename__ = "proposals"
    __table_args__ = (
        CheckConstraint("reviewer_id IS NULL OR reviewer_id <> author_id", name="four_eyes"),
        CheckConstraint("state <> 'approved' OR reviewer_id IS NOT NULL", name="approved_by_somebody"),
        Index("ix_proposals_conversation", "conversation_id", "state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    conversation_id: Mapped[int] = mapped_column(BigId, ForeignKey("conversations.id", ondelete="CASCADE"))
    comment_id: Mapped[int] = mapped_column(BigId, ForeignKey("comments.id", ondelete="CASCADE"))
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(Text)
    """As its author wrote it; what was sent stands in the reply."""
    resolve: Mapped[bool]
    private: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether it goes to the person alone."""
    saved_id: Mapped[int | None] = mapped_column(ForeignKey(SavedText.id, ondelete="SET NULL"))
    also: Mapped[list[str]] = mapped_column(JsonData)
    created_at: Mapped[datetime]

    state: Mapped[ProposalState]
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    remark: Mapped[str | None] = mapped_column(String(1000))
    """What the reviewer said to it."""
    decided_at: Mapped[datetime | None]
    reply_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("replies.id", ondelete="CASCADE"), unique=True)


class ApprovalRequirement(Base):
    """Whose answers, or answers where, need approval; exactly one of the four."""

    __tablename__ = "approval_requirements"
    __table_args__ = (
        CheckConstraint(
            "(CASE WHEN user_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN page_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN team_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN campaign_id IS NULL THEN 0 ELSE 1 END) = 1",
            name="one_subject",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    page_id: Mapped[int | None] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"), unique=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), unique=True)
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"), unique=True)
    reason: Mapped[str] = mapped_column(String(200))
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
