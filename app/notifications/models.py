"""Tables: notifications, notice_messages, notice_parts, notice_choices, notice_settings, push_devices, push_keys,
chat_hooks."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId
from app.notifications.rules import DIGEST_HOUR
from app.notifications.types import Channel, Event, MessageState

_UNREAD = text("read_at IS NULL AND in_app")
_OPEN = text("state = 'open'")


class Notification(Base):
    """One thing one reader, a person or a chat room, is told; however it reaches them."""

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("reader", "key"),
        Index("ix_notifications_list", "user_id", "in_app", "id"),
        Index("ix_notifications_unread", "user_id", sqlite_where=_UNREAD, postgresql_where=_UNREAD),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    reader: Mapped[str] = mapped_column(String(24))
    """``user:5`` or ``hook:3``."""
    key: Mapped[str] = mapped_column(String(80))
    """What happened; the same thing is told to nobody twice."""
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    hook_id: Mapped[int | None] = mapped_column(ForeignKey("chat_hooks.id", ondelete="CASCADE"), index=True)
    event: Mapped[Event]
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    conversation_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    page_id: Mapped[int | None] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    facts: Mapped[dict[str, Any]]
    in_app: Mapped[bool]
    read_at: Mapped[datetime | None]


class Message(Base):
    """A mail, a push or a chat message on its way: what happened within a short while goes in one."""

    __tablename__ = "notice_messages"
    __table_args__ = (
        Index("ix_notice_messages_due", "state", "due_at"),
        Index("uq_notice_messages_open", "target", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    target: Mapped[str] = mapped_column(String(24))
    """``mail:5``, ``push:7`` or ``chat:3``: one message at a time gathers what its reader is to be told."""
    channel: Mapped[Channel]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    device_id: Mapped[int | None] = mapped_column(ForeignKey("push_devices.id", ondelete="CASCADE"))
    hook_id: Mapped[int | None] = mapped_column(ForeignKey("chat_hooks.id", ondelete="CASCADE"))
    state: Mapped[MessageState]
    created_at: Mapped[datetime] = mapped_column(index=True)
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    lease: Mapped[str | None] = mapped_column(String(40))
    lease_until: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(300))
    sent_at: Mapped[datetime | None]


class Part(Base):
    __tablename__ = "notice_parts"

    message_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("notice_messages.id", ondelete="CASCADE"), primary_key=True
    )
    notification_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("notifications.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Choice(Base):
    """What a person wants otherwise than it is by default."""

    __tablename__ = "notice_choices"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    event: Mapped[Event] = mapped_column(primary_key=True)
    channel: Mapped[Channel] = mapped_column(primary_key=True)
    wanted: Mapped[bool]


class NoticeSettings(Base):
    """Where and when a person is told."""

    __tablename__ = "notice_settings"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    address: Mapped[str | None] = mapped_column(String(254))
    stopped: Mapped[bool] = mapped_column(default=False)
    digest_hour: Mapped[int] = mapped_column(default=DIGEST_HOUR)
    """Of the day in the time zone that the person chose for all times; UTC where they chose none."""
    digested_on: Mapped[date] = mapped_column(Date)


class PushDevice(Base):
    """A browser's push subscription. Its address is a way to reach a person: it is kept sealed."""

    __tablename__ = "push_devices"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    endpoint_hash: Mapped[str] = mapped_column(String(64), unique=True)
    sealed: Mapped[bytes]
    """endpoint, p256dh, auth"""
    label: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]
    error: Mapped[str | None] = mapped_column(String(300))


class PushKey(Base):
    """The pair of keys that push services know this installation by; made once."""

    __tablename__ = "push_keys"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    public: Mapped[str] = mapped_column(String(120))
    sealed_private: Mapped[bytes]


class ChatHook(Base):
    """A chat room that takes messages at a secret address."""

    __tablename__ = "chat_hooks"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    """None: what happens in any team."""
    sealed_url: Mapped[bytes]
    host: Mapped[str] = mapped_column(String(255))
    events: Mapped[list[str]]
    language: Mapped[str] = mapped_column(String(8))
    digest_hour: Mapped[int] = mapped_column(default=DIGEST_HOUR)
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    digested_on: Mapped[date] = mapped_column(Date)
    active: Mapped[bool] = mapped_column(default=True)
    error: Mapped[str | None] = mapped_column(String(300))
    error_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
