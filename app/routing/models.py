"""Tables: rule_sets, rule_set_events, rule_trials, routing_decisions, routing_causes."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId
from app.inbox.types import Priority
from app.routing.types import Cause, DecidedBy, RuleSetEventKind, RuleSetState, TrialState


class RuleSet(Base):
    """A version of the rules. At most one is in force."""

    __tablename__ = "rule_sets"
    __table_args__ = (
        Index(
            "uq_rule_sets_in_force",
            "state",
            unique=True,
            sqlite_where=text("state = 'published'"),
            postgresql_where=text("state = 'published'"),
        ),
        CheckConstraint("approved_by_id IS NULL OR approved_by_id <> proposed_by_id", name="second_person"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[RuleSetState]
    source: Mapped[str] = mapped_column(Text)
    """As written, TOML."""
    digest: Mapped[str] = mapped_column(String(32))
    """Of ``source``."""
    revision: Mapped[int]
    """Counts every change; a write that expects another is refused."""
    base_id: Mapped[int | None] = mapped_column(ForeignKey("rule_sets.id"))
    """The version it was made from."""
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """Who wanted it published, where a second person has to agree."""
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    published_at: Mapped[datetime | None]
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class RuleSetEvent(Base):
    """What was done with a version of the rules, by whom."""

    __tablename__ = "rule_set_events"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    rule_set_id: Mapped[int] = mapped_column(ForeignKey("rule_sets.id"), index=True)
    kind: Mapped[RuleSetEventKind]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    data: Mapped[dict[str, Any]]


class RuleTrial(Base):
    """Rules replayed on what is stored: asked for, worked on in slices, kept."""

    __tablename__ = "rule_trials"
    __table_args__ = (Index("ix_rule_trials_state", "state", "id"), Index("ix_rule_trials_digest", "digest", "state"))

    id: Mapped[int] = mapped_column(primary_key=True)
    rule_set_id: Mapped[int] = mapped_column(ForeignKey("rule_sets.id"))
    digest: Mapped[str] = mapped_column(String(32))
    source: Mapped[str] = mapped_column(Text)
    """The rules as they were when asked; a draft may change meanwhile."""
    against_id: Mapped[int | None] = mapped_column(ForeignKey("rule_sets.id"))
    """The version they are compared with."""
    days: Mapped[int]
    state: Mapped[TrialState]
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    finished_at: Mapped[datetime | None]
    last_id: Mapped[int] = mapped_column(BigId)
    """Conversations up to this id are replayed."""
    at_id: Mapped[int] = mapped_column(BigId)
    """Conversations up to this id have been."""
    total: Mapped[int]
    done: Mapped[int]
    tally: Mapped[dict[str, Any]]
    error: Mapped[str | None] = mapped_column(String(500))
    lease_until: Mapped[datetime | None]


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
    cause: Mapped[Cause | None]
    """Why it was decided anew; None for the first decision and for what people did."""
    more: Mapped[dict[str, Any] | None]
    """What else rules did: ``hits`` (other rules with their words), ``tags``, ``assignee``, ``hide``, ``resolve``;
    and what the model thought: ``opinion``."""


class RoutingCause(Base):
    """A changed fact for which a conversation is judged anew, once."""

    __tablename__ = "routing_causes"
    __table_args__ = (
        UniqueConstraint("conversation_id", "cause", "key"),
        Index(
            "ix_routing_causes_open",
            "id",
            sqlite_where=text("settled_at IS NULL"),
            postgresql_where=text("settled_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    conversation_id: Mapped[int] = mapped_column(BigId, ForeignKey("conversations.id", ondelete="CASCADE"))
    cause: Mapped[Cause]
    key: Mapped[str] = mapped_column(String(64))
    """What tells this change from others: the new text's hash, for example."""
    at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
