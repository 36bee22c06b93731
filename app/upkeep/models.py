"""Tables: page_stewards, post_beginnings, upkeep_marks."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId


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
