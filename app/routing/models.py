"""Tables: rule_sets, routing_decisions."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId
from app.inbox.types import Priority
from app.routing.types import DecidedBy


class RuleSet(Base):
    """A version of the rules; the newest is in force."""

    __tablename__ = "rule_sets"

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    """As written, TOML."""
    published_at: Mapped[datetime]
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class RoutingDecision(Base):
    """Where a conversation was sent, why, and what people later corrected."""

    __tablename__ = "routing_decisions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    conversation_id: Mapped[int] = mapped_column(BigId, ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    decided_by: Mapped[DecidedBy]
    rule_set_id: Mapped[int | None] = mapped_column(ForeignKey("rule_sets.id"))
    rule: Mapped[str | None] = mapped_column(String(120))
    matched: Mapped[list[str]]
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    from_team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    """Set when a person moved it: the team it was taken from."""
    priority: Mapped[Priority]
    spam: Mapped[bool]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str | None] = mapped_column(String(500))
    at: Mapped[datetime]
