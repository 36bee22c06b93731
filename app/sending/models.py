"""What every table has whose rows leave for a platform."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import BigId
from app.sending.types import SendState


class Leaving:
    """Where something on its way stands. Tables with these columns can be worked through by a ``Queue``."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    page_id: Mapped[int]
    """The page that it goes to."""
    created_at: Mapped[datetime]

    state: Mapped[SendState]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    first_sent_at: Mapped[datetime | None]
    """When the first try may have left us; a look-up searches from here."""
    lease: Mapped[str | None] = mapped_column(String(40))
    lease_until: Mapped[datetime | None]

    external_id: Mapped[str | None] = mapped_column(String(500))
    external_url: Mapped[str | None] = mapped_column(String(2000))
    sent_at: Mapped[datetime | None]
    error_code: Mapped[str | None] = mapped_column(String(40))
    error_detail: Mapped[str | None] = mapped_column(Text)
