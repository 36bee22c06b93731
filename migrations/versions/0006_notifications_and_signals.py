"""What happened that somebody may want to be told, and how people are told."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from app.core import db

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "push_keys",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("public", sa.String(length=120), nullable=False),
        sa.Column("sealed_private", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_keys")),
    )
    op.create_table(
        "signals",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "assigned",
                "taken_over",
                "mentioned",
                "reply_failed",
                "reply_unclear",
                "page_stopped",
                "approval_wanted",
                "approval_decided",
                "new_in_team",
                name="signalkind",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("people", db.JsonData, nullable=False),
        sa.Column("conversation_id", db.BigId, nullable=True),
        sa.Column("page_id", sa.Integer(), nullable=True),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("facts", db.JsonData, nullable=False),
        sa.Column("due_at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=120), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signals")),
    )
    with op.batch_alter_table("signals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signals_due_at"), ["due_at"], unique=False)

    op.create_table(
        "chat_hooks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("sealed_url", sa.LargeBinary(), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("events", db.JsonData, nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("digest_hour", sa.Integer(), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("digested_on", sa.Date(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("error", sa.String(length=300), nullable=True),
        sa.Column("error_at", db.UtcTime(timezone=True), nullable=True),
        sa.Column("created_at", db.UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_chat_hooks_team_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_hooks")),
    )
    op.create_table(
        "notice_choices",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column(
            "event",
            sa.Enum(
                "assigned",
                "taken_over",
                "mentioned",
                "reply_failed",
                "reply_unclear",
                "approval_wanted",
                "approval_decided",
                "page_stopped",
                "new_in_team",
                "digest",
                name="event",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "channel",
            sa.Enum("app", "mail", "push", "chat", name="channel", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_notice_choices_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "event", "channel", name=op.f("pk_notice_choices")),
    )
    op.create_table(
        "notice_settings",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=True),
        sa.Column("stopped", sa.Boolean(), nullable=False),
        sa.Column("digest_hour", sa.Integer(), nullable=False),
        sa.Column("digested_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_notice_settings_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_notice_settings")),
    )
    op.create_table(
        "push_devices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("endpoint_hash", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("created_at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("error", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_push_devices_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_devices")),
        sa.UniqueConstraint("endpoint_hash", name=op.f("uq_push_devices_endpoint_hash")),
    )
    with op.batch_alter_table("push_devices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_push_devices_user_id"), ["user_id"], unique=False)

    op.create_table(
        "notice_messages",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("target", sa.String(length=24), nullable=False),
        sa.Column(
            "channel",
            sa.Enum("app", "mail", "push", "chat", name="channel", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("device_id", sa.Integer(), nullable=True),
        sa.Column("hook_id", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "sending",
                "again",
                "sent",
                "failed",
                "dropped",
                name="messagestate",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("created_at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("due_at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease", sa.String(length=40), nullable=True),
        sa.Column("lease_until", db.UtcTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=300), nullable=True),
        sa.Column("sent_at", db.UtcTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["device_id"], ["push_devices.id"], name=op.f("fk_notice_messages_device_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["hook_id"], ["chat_hooks.id"], name=op.f("fk_notice_messages_hook_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_notice_messages_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_messages")),
    )
    with op.batch_alter_table("notice_messages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notice_messages_created_at"), ["created_at"], unique=False)
        batch_op.create_index("ix_notice_messages_due", ["state", "due_at"], unique=False)
        batch_op.create_index(
            "uq_notice_messages_open",
            ["target"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "notifications",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("reader", sa.String(length=24), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("hook_id", sa.Integer(), nullable=True),
        sa.Column(
            "event",
            sa.Enum(
                "assigned",
                "taken_over",
                "mentioned",
                "reply_failed",
                "reply_unclear",
                "approval_wanted",
                "approval_decided",
                "page_stopped",
                "new_in_team",
                "digest",
                name="event",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("conversation_id", db.BigId, nullable=True),
        sa.Column("page_id", sa.Integer(), nullable=True),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("facts", db.JsonData, nullable=False),
        sa.Column("in_app", sa.Boolean(), nullable=False),
        sa.Column("read_at", db.UtcTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["users.id"], name=op.f("fk_notifications_actor_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_notifications_conversation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["hook_id"], ["chat_hooks.id"], name=op.f("fk_notifications_hook_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_notifications_page_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_notifications_team_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_notifications_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sa.UniqueConstraint("reader", "key", name=op.f("uq_notifications_reader_key")),
    )
    with op.batch_alter_table("notifications", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notifications_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_notifications_conversation_id"), ["conversation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notifications_hook_id"), ["hook_id"], unique=False)
        batch_op.create_index("ix_notifications_list", ["user_id", "in_app", "id"], unique=False)
        batch_op.create_index(
            "ix_notifications_unread",
            ["user_id"],
            unique=False,
            sqlite_where=sa.text("read_at IS NULL AND in_app"),
            postgresql_where=sa.text("read_at IS NULL AND in_app"),
        )

    op.create_table(
        "notice_parts",
        sa.Column("message_id", db.BigId, nullable=False),
        sa.Column("notification_id", db.BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["notice_messages.id"], name=op.f("fk_notice_parts_message_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notifications.id"], name=op.f("fk_notice_parts_notification_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", "notification_id", name=op.f("pk_notice_parts")),
    )
    with op.batch_alter_table("notice_parts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notice_parts_notification_id"), ["notification_id"], unique=False)
