"""Table: deliveries."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId
from app.outbox.types import Act, DeliveryState


class Delivery(Base):
    """One act to be carried out on a platform, at most once."""

    __tablename__ = "deliveries"
    __table_args__ = (Index("ix_deliveries_due", "state", "due_at"), Index("ix_deliveries_page", "page_id", "state"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    """Made where the act was asked for; the same request twice makes one delivery."""
    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id"))
    conversation_id: Mapped[int] = mapped_column(BigId, ForeignKey("conversations.id"), index=True)
    comment_id: Mapped[int] = mapped_column(BigId, ForeignKey("comments.id"))
    """The comment that is answered or moderated."""
    act: Mapped[Act]
    text: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """None for what a rule asked for."""
    created_at: Mapped[datetime]

    state: Mapped[DeliveryState]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    first_sent_at: Mapped[datetime | None]
    """When the first try may have left us; a look-up searches from here."""
    lease: Mapped[str | None] = mapped_column(String(40))
    lease_until: Mapped[datetime | None]

    external_id: Mapped[str | None] = mapped_column(String(500), index=True)
    external_url: Mapped[str | None] = mapped_column(String(2000))
    held: Mapped[bool] = mapped_column(default=False)
    sent_at: Mapped[datetime | None]
    error_code: Mapped[str | None] = mapped_column(String(40))
    error_detail: Mapped[str | None] = mapped_column(Text)
