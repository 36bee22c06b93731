"""Table: audit_log. Triggers (migrations) refuse to change, delete or replace its rows."""

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId


class AuditLine(Base):
    """One act. Nothing here points to another table, so that nothing elsewhere is held back by what was done."""

    __tablename__ = "audit_log"
    __table_args__ = (Index("ix_audit_log_subject", "subject", "seq"),)

    seq: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    """Counts from 1 without gaps."""
    at: Mapped[datetime]
    actor_id: Mapped[int | None]
    acting_for_id: Mapped[int | None]
    address: Mapped[str | None] = mapped_column(String(64))
    request_id: Mapped[str | None] = mapped_column(String(40))
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(80))
    facts: Mapped[str] = mapped_column(Text)
    """JSON as it was hashed."""
    content_hash: Mapped[str | None] = mapped_column(String(64))
    previous: Mapped[str] = mapped_column(String(64), unique=True)
    """Unique: two lines can't follow the same one."""
    hash: Mapped[str] = mapped_column(String(64))
