"""Tables: page_stewards, post_beginnings, upkeep_marks, page_days, page_pulses, keep_alive_plans, noted_posts,
upkeep_tasks."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId
from app.upkeep.types import Life, TaskKind

_OPEN = text("done_at IS NULL")


class PageSteward(Base):
    """Who keeps a page alive, and who does it while they are away."""

    __tablename__ = "page_stewards"
    __table_args__ = (CheckConstraint("deputy_id <> steward_id", name="another"),)

    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"), primary_key=True)
    steward_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    deputy_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    since: Mapped[datetime]


class PostBeginning(Base):
    """When the first thing we know was said under a post: platforms do not tell when it was published."""

    __tablename__ = "post_beginnings"
    __table_args__ = (Index("ix_post_beginnings_page", "page_id", "at"),)

    post_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"))
    at: Mapped[datetime]


class UpkeepMark(Base):
    """How far a job that goes through everything once has come."""

    __tablename__ = "upkeep_marks"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)


class UpkeepZone(Base):
    """In which zone days are added up; one row."""

    __tablename__ = "upkeep_zone"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    zone: Mapped[str] = mapped_column(String(64))


class PageDay(Base):
    """A page's day, added up: what a month of it says must not depend on how much was said."""

    __tablename__ = "page_days"

    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    """In the zone of ``UpkeepZone``."""
    comments: Mapped[int] = mapped_column(default=0)
    ours: Mapped[int] = mapped_column(default=0)
    answered: Mapped[int] = mapped_column(default=0)
    """Waits that ended on that day, by an answer or otherwise."""
    in_time: Mapped[int] = mapped_column(default=0)
    """Those of them that lasted no longer than was promised then."""
    life: Mapped[Life | None]
    """As it was judged last on that day."""


class PagePulse(Base):
    """How alive a page is, as it was judged last."""

    __tablename__ = "page_pulses"

    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime]
    since: Mapped[datetime]
    """Since when it is as it is."""
    life: Mapped[Life]
    last_reply_at: Mapped[datetime | None]
    suggested_id: Mapped[int | None] = mapped_column(ForeignKey("library_posts.id", ondelete="SET NULL"))
    """The post of the library that it could use, when it was judged."""
    facts: Mapped[dict[str, Any]]


class KeepAlivePlan(Base):
    """What a page is held to, campaign or not."""

    __tablename__ = "keep_alive_plans"
    __table_args__ = (CheckConstraint("quieting_days < at_risk_days AND at_risk_days < ghost_days", name="ever_worse"),)

    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"), primary_key=True)
    post_every_days: Mapped[int | None]
    answer_within_hours: Mapped[int]
    quieting_days: Mapped[int]
    at_risk_days: Mapped[int]
    ghost_days: Mapped[int]
    quiet: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime]


class NotedPost(Base):
    """Somebody said that they posted: a post that nobody has commented on yet is known to us from them only."""

    __tablename__ = "noted_posts"
    __table_args__ = (Index("ix_noted_posts_page", "page_id", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"))
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]


class UpkeepTask(Base):
    """Something to be done for a page: warned of, due, taken further, done. One of a kind at a time."""

    __tablename__ = "upkeep_tasks"
    __table_args__ = (
        Index("uq_upkeep_tasks_open", "page_id", "kind", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"))
    kind: Mapped[TaskKind]
    due_at: Mapped[datetime]
    warned_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
