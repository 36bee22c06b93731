"""Tables: hooks, hook_calls, hook_changes."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId
from app.hooks.types import CallState, ChangeState


class Hook(Base):
    """A page's own address for calls."""

    __tablename__ = "hooks"

    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"), primary_key=True)
    place: Mapped[str] = mapped_column(String(64), unique=True)
    """The unguessable part of the address."""
    sealed_secret: Mapped[bytes | None]
    """None: the page's credentials are what calls are proved with; a page without any is closed."""
    settings: Mapped[dict[str, Any]]
    renew_at: Mapped[datetime | None] = mapped_column(index=True)
    """When the platform has to be asked again to go on calling; None where that is not needed."""
    created_at: Mapped[datetime]


class HookCall(Base):
    """A call as it came."""

    __tablename__ = "hook_calls"
    __table_args__ = (Index("ix_hook_calls_state", "state", "id"), Index("ix_hook_calls_received", "received_at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(40))
    page_id: Mapped[int | None] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"))
    """None: it came to the address of all pages of its kind."""
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    """Of address and body: the same call again is not stored again."""
    media_type: Mapped[str] = mapped_column(String(100))
    body: Mapped[bytes | None]
    """zlib; None once it is older than raw answers are kept. The row stays, so that a recording of it stays known."""
    received_at: Mapped[datetime]
    state: Mapped[CallState]
    error_code: Mapped[str | None] = mapped_column(String(40))
    error_detail: Mapped[str | None] = mapped_column(Text)


class HookChange(Base):
    """One thing a call told us."""

    __tablename__ = "hook_changes"
    __table_args__ = (
        Index("ix_hook_changes_due", "state", "due_at"),
        Index("ix_hook_changes_page", "page_id"),
        Index("ix_hook_changes_told", "told_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    """Of what it is about and its key: the same event told again is one."""
    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(500))
    page_id: Mapped[int | None] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"))
    """None: about no page we look after."""
    body: Mapped[bytes | None]
    """zlib; None once it is older than raw answers are kept."""
    told_at: Mapped[datetime]
    state: Mapped[ChangeState]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    lease: Mapped[str | None] = mapped_column(String(40), index=True)
    lease_until: Mapped[datetime | None]
    error_code: Mapped[str | None] = mapped_column(String(40))
    error_detail: Mapped[str | None] = mapped_column(Text)
