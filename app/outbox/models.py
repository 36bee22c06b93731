"""Table: deliveries."""

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId
from app.outbox.types import Act
from app.sending.models import Leaving


class Delivery(Leaving, Base):
    """One act to be carried out on a platform, at most once."""

    __tablename__ = "deliveries"
    __table_args__ = (Index("ix_deliveries_due", "state", "due_at"), Index("ix_deliveries_page", "page_id", "state"))

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
    external_id: Mapped[str | None] = mapped_column(String(500), index=True)
    held: Mapped[bool] = mapped_column(default=False)
    """Sent, but the platform keeps it back for its own moderation."""
