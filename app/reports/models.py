"""Tables: report_changes, report_post_changes, report_posts, report_parts, report_days, report_times, report_zone."""

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Column, Date, Enum, Integer, String, Table
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, JsonData
from app.reports.rules import BUCKETS
from app.reports.types import By
from app.targets.types import Figure


class ReportChange(Base):
    """A conversation that has to be counted anew. Written by triggers (migration "Reports added up as it happens"), so
    that no writer can forget it; one row for each change, so that none waits for another."""

    __tablename__ = "report_changes"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(BigId)


class ReportPostChange(Base):
    """A post that may belong to another campaign than before; written by triggers too."""

    __tablename__ = "report_post_changes"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    post_id: Mapped[int] = mapped_column(BigId)


class ReportPost(Base):
    """Which campaign the conversations under a post were counted for."""

    __tablename__ = "report_posts"

    post_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    campaign_id: Mapped[int]


class ReportPart(Base):
    """What a conversation has added, so that it can be taken away: also when the conversation is gone, which is why
    nothing here points to it."""

    __tablename__ = "report_parts"

    conversation_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    part: Mapped[list[Any]] = mapped_column(JsonData)
    """As ``app.reports.rules.packed`` has it."""


class ReportDay(Base):
    """A day of somebody or something, added up. ``of`` is the id of whom or what; 0 of all."""

    __tablename__ = "report_days"

    by: Mapped[By] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    """In the zone of ``ReportZone``."""
    of: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    comments: Mapped[int] = mapped_column(default=0)
    opened: Mapped[int] = mapped_column(default=0)
    answered: Mapped[int] = mapped_column(default=0)
    settled: Mapped[int] = mapped_column(default=0)


BUCKET_NAMES = tuple(f"b{place:02}" for place in range(BUCKETS))


def _kind(enum: type[By] | type[Figure]) -> Enum:
    return Enum(enum, native_enum=False, length=20, values_callable=lambda kind: [one.value for one in kind])


class ReportTimes(Base):
    """How long something took on a day, for somebody or something: how often, seconds of work together, and how many
    fell into each bucket of ``app.reports.rules.EDGES``. In columns, so that the database adds up months."""

    __table__ = Table(
        "report_times",
        Base.metadata,
        Column("by", _kind(By), primary_key=True),
        Column("day", Date, primary_key=True),
        Column("of", Integer, primary_key=True, autoincrement=False),
        Column("figure", _kind(Figure), primary_key=True),
        Column("n", Integer, nullable=False),
        Column("seconds", BigInteger, nullable=False),
        *(Column(name, Integer, nullable=False) for name in BUCKET_NAMES),
    )


class ReportZone(Base):
    """In which zone days are counted; one row. ``recounted``: how far counting anew has come since that changed, by
    conversation; None: all of it is right."""

    __tablename__ = "report_zone"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    zone: Mapped[str] = mapped_column(String(64))
    recounted: Mapped[int | None] = mapped_column(BigInteger)
