"""Table: signals."""

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, JsonData
from app.signals.types import SignalKind


class SignalRow(Base):
    """Something that has not been told yet. Names others by number only: it lives for a second, and what it names may
    be gone by then."""

    __tablename__ = "signals"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    kind: Mapped[SignalKind]
    at: Mapped[datetime]
    actor_id: Mapped[int | None]
    people: Mapped[list[int]] = mapped_column(JsonData)
    conversation_id: Mapped[int | None] = mapped_column(BigId)
    page_id: Mapped[int | None]
    team_id: Mapped[int | None]
    facts: Mapped[dict[str, Any]]
    due_at: Mapped[datetime] = mapped_column(index=True)
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(String(120))
