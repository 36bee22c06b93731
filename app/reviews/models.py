"""Tables: review_plans, reviews, review_decisions."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base
from app.reviews.types import ReviewState, Rhythm


class ReviewPlan(Base):
    """How often everything is reviewed, and by whom. There is one, with id 1, once somebody said so."""

    __tablename__ = "review_plans"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    every: Mapped[Rhythm]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class Review(Base):
    """A look at a period. What it showed when it was closed is kept in ``facts``."""

    __tablename__ = "reviews"
    __table_args__ = (CheckConstraint("last >= first", name="ends_after_it_starts"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    first: Mapped[date] = mapped_column(Date)
    last: Mapped[date] = mapped_column(Date, unique=True)
    """In UTC, both included."""
    state: Mapped[ReviewState]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    prepared_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    words: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any]]


class ReviewDecision(Base):
    """Something decided in a review, and who sees to it until when."""

    __tablename__ = "review_decisions"
    __table_args__ = (Index("ix_review_decisions_open", "done_at", "due_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id", ondelete="CASCADE"), index=True)
    text: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    due_on: Mapped[date] = mapped_column(Date)
    taken_at: Mapped[datetime]
    reminded: Mapped[bool]
    """Whether its owner was told that the day has come."""
    done_at: Mapped[datetime | None]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
