"""Tables: saved_views, saved_view_lengths, bulk_jobs."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId
from app.desk.types import Deed


class SavedView(Base):
    """A list that is kept under a name."""

    __tablename__ = "saved_views"
    __table_args__ = (
        Index(
            "uq_saved_views_owner_name",
            "owner_id",
            "name",
            unique=True,
            sqlite_where=text("team_id IS NULL"),
            postgresql_where=text("team_id IS NULL"),
        ),
        Index(
            "uq_saved_views_team_name",
            "team_id",
            "name",
            unique=True,
            sqlite_where=text("team_id IS NOT NULL"),
            postgresql_where=text("team_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(60))
    address: Mapped[str] = mapped_column(String(1000))
    created_at: Mapped[datetime]


class SavedViewLength(Base):
    """How many conversations one of its readers sees in a saved view, counted to ``COUNTED_TO`` by a job."""

    __tablename__ = "saved_view_lengths"

    view_id: Mapped[int] = mapped_column(ForeignKey("saved_views.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
    n: Mapped[int]


class BulkJob(Base):
    """Work on a whole list, done in portions by whichever worker comes along: the queue, and how far it is."""

    __tablename__ = "bulk_jobs"
    __table_args__ = (
        Index(
            "ix_bulk_jobs_open",
            "id",
            sqlite_where=text("finished_at IS NULL"),
            postgresql_where=text("finished_at IS NULL"),
        ),
        Index("ix_bulk_jobs_actor", "actor_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    actor_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    deed: Mapped[Deed]
    to_id: Mapped[int | None]
    """The person, team or tag of the deed."""
    until: Mapped[datetime | None]
    """When what is put off waits for us again."""
    wanted: Mapped[dict[str, Any]]
    seen_at: Mapped[datetime]
    """When its list was looked at: what came in later is left alone."""
    total: Mapped[int]
    cursor: Mapped[int] = mapped_column(BigId, default=0)
    """The last conversation that was worked on; they are taken in the order of their ids."""
    done: Mapped[int] = mapped_column(default=0)
    left: Mapped[int] = mapped_column(default=0)
    entry_id: Mapped[int | None] = mapped_column(BigId)
    """What it adds to in the journal, or with UNDO takes back."""
    stopped_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
