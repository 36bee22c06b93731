"""Tables: outreach_sources, outreaches, outreach_keys, held_acts, held_sides, held_messages."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId
from app.outreach.types import HeldKind, HeldState, IdKind, Kind, OutreachState, Source, Stance

_OPEN = text("state IN ('held', 'aligning')")
_Value = String(320).with_variant(String(320, collation="C"), "postgresql")


class OutreachSource(Base):
    """A program that may enter outreach for a team: by token, or by signed calls to an address of its own."""

    __tablename__ = "outreach_sources"
    __table_args__ = (
        CheckConstraint("(token_hash IS NULL) <> (place IS NULL)", name="one_way"),
        CheckConstraint("(place IS NULL) = (sealed_secret IS NULL)", name="signed"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    """Who answers for what it enters."""
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    place: Mapped[str | None] = mapped_column(String(64), unique=True)
    sealed_secret: Mapped[bytes | None]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Outreach(Base):
    """Something a department does towards a person or a site."""

    __tablename__ = "outreaches"
    __table_args__ = (UniqueConstraint("source_key"), Index("ix_outreaches_state", "state", "id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    kind: Mapped[Kind]
    stance: Mapped[Stance]
    state: Mapped[OutreachState]
    name: Mapped[str] = mapped_column(String(200))
    """For people to read; identifies nobody."""
    message: Mapped[str] = mapped_column(Text)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    source: Mapped[Source]
    source_id: Mapped[int | None] = mapped_column(ForeignKey("outreach_sources.id", ondelete="SET NULL"))
    source_key: Mapped[str | None] = mapped_column(String(64))
    """Of where it came from and its number there: the same again is the same one."""
    said: Mapped[str] = mapped_column(String(64))
    """Hash of what was entered: later it may be said otherwise."""
    created_at: Mapped[datetime]


class OutreachKey(Base):
    """Whom an outreach is about."""

    __tablename__ = "outreach_keys"
    __table_args__ = (Index("ix_outreach_keys_value", "value", "kind"),)

    outreach_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("outreaches.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    kind: Mapped[IdKind] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(_Value, primary_key=True)


class HeldAct(Base):
    """Something that one department was about to do and another would contradict."""

    __tablename__ = "held_acts"
    __table_args__ = (
        CheckConstraint(
            "(kind = 'post' AND outreach_id IS NULL AND conversation_id IS NULL)"
            " OR (kind <> 'post' AND (outreach_id IS NULL) <> (conversation_id IS NULL))",
            name="one_act",
        ),
        CheckConstraint("state <> 'gone_on' OR reason <> ''", name="gone_on_with_a_reason"),
        Index("ix_held_acts_state", "state", "id"),
        Index("uq_held_acts_key", "key", unique=True),
        Index("uq_held_acts_outreach", "outreach_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    kind: Mapped[HeldKind]
    key: Mapped[str | None] = mapped_column(String(80))
    """Of the form that a reply was written in: sent twice, it is held once."""
    state: Mapped[HeldState]
    version: Mapped[int] = mapped_column(default=1)
    name: Mapped[str] = mapped_column(String(200))
    stance: Mapped[Stance]
    message: Mapped[str] = mapped_column(Text)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    outreach_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("outreaches.id", ondelete="CASCADE"))
    conversation_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    details: Mapped[dict[str, Any]]
    """Of a reply: what else its form said."""
    keys: Mapped[list[str]]
    """``kind:value`` of everything that identifies whom it is about."""
    created_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(1000), default="")
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    settled_at: Mapped[datetime | None]


class HeldSide(Base):
    """What the act contradicts, as it was when it was held."""

    __tablename__ = "held_sides"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    held_id: Mapped[int] = mapped_column(BigId, ForeignKey("held_acts.id", ondelete="CASCADE"), index=True)
    stance: Mapped[Stance]
    what: Mapped[str] = mapped_column(Text)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    since: Mapped[datetime]
    outreach_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("outreaches.id", ondelete="SET NULL"))
    conversation_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("conversations.id", ondelete="SET NULL"))


class HeldMessage(Base):
    """What both sides say to each other about it; never sent."""

    __tablename__ = "held_messages"
    __table_args__ = (Index("ix_held_messages_held", "held_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    held_id: Mapped[int] = mapped_column(BigId, ForeignKey("held_acts.id", ondelete="CASCADE"))
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
