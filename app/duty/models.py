"""Tables: duties, team_ways, handouts."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId
from app.duty.types import Availability, Mode


class Duty(Base):
    """Somebody's being at work. Who has no row has never said anything, and is not given anything."""

    __tablename__ = "duties"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    availability: Mapped[Availability] = mapped_column(default=Availability.OFFLINE)
    since: Mapped[datetime]
    seen_at: Mapped[datetime]
    """When a browser of theirs was last heard of."""
    capacity: Mapped[int] = mapped_column(default=20)
    per_hour: Mapped[int | None]
    """How many they are given within an hour at most."""
    languages: Mapped[list[str]] = mapped_column(default=list)
    skills: Mapped[list[str]] = mapped_column(default=list)
    hours: Mapped[str] = mapped_column(Text, default="")


class TeamWay(Base):
    """How a team's conversations are given out; a team without a row does it by hand."""

    __tablename__ = "team_ways"

    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    mode: Mapped[Mode] = mapped_column(default=Mode.BY_HAND)
    back_after_minutes: Mapped[int | None]
    hours: Mapped[str] = mapped_column(Text, default="")
    days_off: Mapped[str] = mapped_column(Text, default="")


class Handout(Base):
    """A conversation that was given to somebody by itself: what fairness is counted from, and who let it lie."""

    __tablename__ = "handouts"
    __table_args__ = (Index("ix_handouts_user", "user_id", "at"), Index("ix_handouts_at", "at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    conversation_id: Mapped[int] = mapped_column(BigId, ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    how: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    over_at: Mapped[datetime | None]
    """When it was taken from them again, or given out anew."""
    lapsed_at: Mapped[datetime | None]
    """When it was taken from them because they had not answered in time."""
