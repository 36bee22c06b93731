"""Tables: pages, connections."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Base, BigId
from app.pages.types import ConnectionState, PageState


class Page(Base):
    __tablename__ = "pages"
    __table_args__ = (UniqueConstraint("connector", "url"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    connector: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200))
    url: Mapped[str] = mapped_column(String(1000))
    state: Mapped[PageState] = mapped_column(default=PageState.ACTIVE)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    """Where conversations go that no rule takes."""
    demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]

    connection: Mapped["Connection"] = relationship(back_populates="page", lazy="raise", passive_deletes=True)


class Connection(Base):
    """How a page is reached: credentials, cursor, health, and who is reading it right now."""

    __tablename__ = "connections"
    __table_args__ = (Index("ix_connections_due", "next_read_at"), Index("ix_connections_verify_due", "next_verify_at"))

    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"), primary_key=True)
    settings: Mapped[dict[str, Any]]
    sealed_secret: Mapped[bytes | None]
    account_name: Mapped[str | None] = mapped_column(String(200))
    account_key: Mapped[str | None] = mapped_column(String(200), index=True)
    """The platform's own name for our account; what it tells us by itself may name nothing else."""
    can_log_in: Mapped[bool] = mapped_column(default=False)
    cursor: Mapped[dict[str, Any] | None]
    since: Mapped[datetime | None]
    """How far back the first read goes; None means everything."""

    state: Mapped[ConnectionState] = mapped_column(default=ConnectionState.NEW)
    error_code: Mapped[str | None] = mapped_column(String(40))
    error_detail: Mapped[str | None] = mapped_column(Text)
    failing_since: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    last_try_at: Mapped[datetime | None]
    last_read_at: Mapped[datetime | None]
    """When the page was last read completely."""
    last_item_at: Mapped[datetime | None]
    """When the newest comment was published; how fresh the page is decides how often it is read."""
    next_read_at: Mapped[datetime]
    next_verify_at: Mapped[datetime]
    lease: Mapped[str | None] = mapped_column(String(40))
    lease_until: Mapped[datetime | None]

    page: Mapped[Page] = relationship(back_populates="connection", lazy="raise")


class TokenLife(Base):
    """When a page's tokens are renewed and when its sign-in ends. The tokens themselves are in the connection."""

    __tablename__ = "token_lives"

    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"), primary_key=True)
    refresh_at: Mapped[datetime | None] = mapped_column(index=True)
    ends_at: Mapped[datetime | None]
    announced_at: Mapped[datetime | None]
    failures: Mapped[int]
    spent: Mapped[str | None] = mapped_column(String(64))
    """Digest of a refresh token that left us; kept until its answer is."""
    lease: Mapped[str | None] = mapped_column(String(40))
    lease_until: Mapped[datetime | None]


class Spending(Base):
    """What was used of a budget in one period."""

    __tablename__ = "spending"

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    used: Mapped[int] = mapped_column(BigId)
    ends_at: Mapped[datetime]


class SignInAttempt(Base):
    """Somebody on their way to sign in at a platform."""

    __tablename__ = "sign_in_attempts"

    state: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Digest of what the platform gives back."""
    browser: Mapped[str] = mapped_column(String(64))
    """Digest of the session it was begun in."""
    sealed: Mapped[bytes]
    expires_at: Mapped[datetime] = mapped_column(index=True)
