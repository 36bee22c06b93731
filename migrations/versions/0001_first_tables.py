"""The first tables, and the two teams that every installation has."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from app.core import db

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "contacts",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", db.UtcTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
    )
    op.create_table(
        "setup_links",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", db.UtcTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_setup_links")),
    )
    op.create_table(
        "teams",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teams")),
        sa.UniqueConstraint("key", name=op.f("uq_teams_key")),
    )
    op.create_table(
        "throttles",
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("window_ends_at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_throttles")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("login", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column(
            "role",
            sa.Enum("agent", "marketer", "supervisor", "admin", name="role", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", db.UtcTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("login", name=op.f("uq_users_login")),
    )
    op.create_table(
        "identities",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("contact_id", db.BigId, nullable=False),
        sa.Column("realm", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("url", sa.String(length=1000), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("created_at", db.UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_identities_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
        sa.UniqueConstraint("realm", "key", name=op.f("uq_identities_realm_key")),
    )
    with op.batch_alter_table("identities", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identities_contact_id"), ["contact_id"], unique=False)

    op.create_table(
        "pages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connector", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("url", sa.String(length=1000), nullable=False),
        sa.Column(
            "state",
            sa.Enum("active", "paused", "removed", name="pagestate", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", db.UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_pages_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pages")),
        sa.UniqueConstraint("connector", "url", name=op.f("uq_pages_connector_url")),
    )
    op.create_table(
        "rule_sets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("published_at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("published_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["published_by_id"], ["users.id"], name=op.f("fk_rule_sets_published_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_sets")),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("expires_at", db.UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sessions_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_sessions_user_id"), ["user_id"], unique=False)

    op.create_table(
        "team_members",
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_team_members_team_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_team_members_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("team_id", "user_id", name=op.f("pk_team_members")),
    )
    with op.batch_alter_table("team_members", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_team_members_user_id"), ["user_id"], unique=False)

    op.create_table(
        "connections",
        sa.Column("page_id", sa.Integer(), nullable=False),
        sa.Column("settings", db.JsonData, nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=True),
        sa.Column("account_name", sa.String(length=200), nullable=True),
        sa.Column("can_log_in", sa.Boolean(), nullable=False),
        sa.Column("cursor", db.JsonData, nullable=True),
        sa.Column("since", db.UtcTime(timezone=True), nullable=True),
        sa.Column(
            "state",
            sa.Enum("new", "ok", "failing", "stopped", name="connectionstate", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("error_code", sa.String(length=40), nullable=True),
        sa.Column("error_detail", sa.Text(), nullable=True),
        sa.Column("failing_since", db.UtcTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_try_at", db.UtcTime(timezone=True), nullable=True),
        sa.Column("last_read_at", db.UtcTime(timezone=True), nullable=True),
        sa.Column("last_item_at", db.UtcTime(timezone=True), nullable=True),
        sa.Column("next_read_at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("next_verify_at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("lease", sa.String(length=40), nullable=True),
        sa.Column("lease_until", db.UtcTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_connections_page_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("page_id", name=op.f("pk_connections")),
    )
    with op.batch_alter_table("connections", schema=None) as batch_op:
        batch_op.create_index("ix_connections_due", ["next_read_at"], unique=False)
        batch_op.create_index("ix_connections_verify_due", ["next_verify_at"], unique=False)

    op.create_table(
        "posts",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("page_id", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.String(length=500), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=True),
        sa.Column("title", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_posts_page_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
        sa.UniqueConstraint("page_id", "external_id", name=op.f("uq_posts_page_id_external_id")),
    )
    op.create_table(
        "raw_payloads",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("page_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("read_at", db.UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_raw_payloads_page_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_raw_payloads")),
    )
    with op.batch_alter_table("raw_payloads", schema=None) as batch_op:
        batch_op.create_index("ix_raw_payloads_page", ["page_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_raw_payloads_read_at"), ["read_at"], unique=False)

    op.create_table(
        "conversations",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("page_id", sa.Integer(), nullable=False),
        sa.Column("post_id", db.BigId, nullable=False),
        sa.Column("identity_id", db.BigId, nullable=False),
        sa.Column("contact_id", db.BigId, nullable=False),
        sa.Column("thread_root", sa.String(length=500), nullable=False),
        sa.Column(
            "state",
            sa.Enum("new", "waiting", "done", "spam", name="conversationstate", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("priority", sa.Enum("normal", "high", name="priority", native_enum=False, length=20), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("assignee_id", sa.Integer(), nullable=True),
        sa.Column("routed_at", db.UtcTime(timezone=True), nullable=True),
        sa.Column("waiting_since", db.UtcTime(timezone=True), nullable=True),
        sa.Column("sort_at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("news_at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("opened_at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("snippet", sa.String(length=200), nullable=False),
        sa.Column("comment_count", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("author_known", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["assignee_id"], ["users.id"], name=op.f("fk_conversations_assignee_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_conversations_contact_id")),
        sa.ForeignKeyConstraint(["identity_id"], ["identities.id"], name=op.f("fk_conversations_identity_id")),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_conversations_page_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_conversations_post_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_conversations_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
        sa.UniqueConstraint(
            "page_id", "thread_root", "identity_id", name=op.f("uq_conversations_page_id_thread_root_identity_id")
        ),
    )
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.create_index("ix_conversations_assignee", ["assignee_id", "state", "sort_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_conversations_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index("ix_conversations_news", ["state", "news_at"], unique=False)
        batch_op.create_index("ix_conversations_queue", ["team_id", "state", "sort_at", "id"], unique=False)
        batch_op.create_index("ix_conversations_state", ["state", "sort_at", "id"], unique=False)
        batch_op.create_index(
            "ix_conversations_unrouted",
            ["id"],
            unique=False,
            sqlite_where=sa.text("routed_at IS NULL"),
            postgresql_where=sa.text("routed_at IS NULL"),
        )

    op.create_table(
        "comments",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("page_id", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.String(length=500), nullable=False),
        sa.Column("post_id", db.BigId, nullable=False),
        sa.Column("conversation_id", db.BigId, nullable=True),
        sa.Column("identity_id", db.BigId, nullable=True),
        sa.Column("parent_external_id", sa.String(length=500), nullable=True),
        sa.Column("thread_root", sa.String(length=500), nullable=False),
        sa.Column("author_name", sa.String(length=200), nullable=False),
        sa.Column("is_us", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(length=32), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=True),
        sa.Column(
            "status",
            sa.Enum("live", "held", "spam", "trash", "deleted", name="status", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("published_at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("first_seen_at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("changed_at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("edited_at", db.UtcTime(timezone=True), nullable=True),
        sa.Column("verify_at", db.UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_comments_conversation_id")),
        sa.ForeignKeyConstraint(["identity_id"], ["identities.id"], name=op.f("fk_comments_identity_id")),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_comments_page_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_comments_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
        sa.UniqueConstraint("page_id", "external_id", name=op.f("uq_comments_page_id_external_id")),
    )
    with op.batch_alter_table("comments", schema=None) as batch_op:
        batch_op.create_index("ix_comments_conversation", ["conversation_id", "published_at"], unique=False)
        batch_op.create_index("ix_comments_thread", ["page_id", "thread_root"], unique=False)
        batch_op.create_index("ix_comments_verify", ["page_id", "verify_at"], unique=False)

    op.create_table(
        "conversation_events",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("conversation_id", db.BigId, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "routed",
                "handed_over",
                "taken",
                "assigned",
                "released",
                "resolved",
                "reopened",
                "came_back",
                "spam",
                "not_spam",
                "reply_undone",
                "reply_failed",
                "reply_unclear",
                "moderated",
                "vanished",
                name="eventkind",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("data", db.JsonData, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_conversation_events_actor_id")),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_conversation_events_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation_events")),
    )
    with op.batch_alter_table("conversation_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_conversation_events_conversation_id"), ["conversation_id"], unique=False)

    op.create_table(
        "notes",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("conversation_id", db.BigId, nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", db.UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_notes_author_id")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_notes_conversation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    with op.batch_alter_table("notes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notes_conversation_id"), ["conversation_id"], unique=False)

    op.create_table(
        "routing_decisions",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("conversation_id", db.BigId, nullable=False),
        sa.Column(
            "decided_by",
            sa.Enum("rule", "default", "person", name="decidedby", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("rule_set_id", sa.Integer(), nullable=True),
        sa.Column("rule", sa.String(length=120), nullable=True),
        sa.Column("matched", db.JsonData, nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("from_team_id", sa.Integer(), nullable=True),
        sa.Column("priority", sa.Enum("normal", "high", name="priority", native_enum=False, length=20), nullable=False),
        sa.Column("spam", sa.Boolean(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("at", db.UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_routing_decisions_actor_id")),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_routing_decisions_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["from_team_id"], ["teams.id"], name=op.f("fk_routing_decisions_from_team_id")),
        sa.ForeignKeyConstraint(["rule_set_id"], ["rule_sets.id"], name=op.f("fk_routing_decisions_rule_set_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_routing_decisions_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_decisions")),
    )
    with op.batch_alter_table("routing_decisions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_routing_decisions_conversation_id"), ["conversation_id"], unique=False)

    op.create_table(
        "comment_versions",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("comment_id", db.BigId, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("replaced_at", db.UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_comment_versions_comment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_versions")),
    )
    with op.batch_alter_table("comment_versions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_comment_versions_comment_id"), ["comment_id"], unique=False)

    op.create_table(
        "deliveries",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("page_id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", db.BigId, nullable=False),
        sa.Column("comment_id", db.BigId, nullable=False),
        sa.Column(
            "act",
            sa.Enum("reply", "approve", "hold", "spam", "trash", name="act", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("created_at", db.UtcTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "sending",
                "unknown",
                "sent",
                "failed",
                "unclear",
                "cancelled",
                name="deliverystate",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("due_at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_sent_at", db.UtcTime(timezone=True), nullable=True),
        sa.Column("lease", sa.String(length=40), nullable=True),
        sa.Column("lease_until", db.UtcTime(timezone=True), nullable=True),
        sa.Column("external_id", sa.String(length=500), nullable=True),
        sa.Column("external_url", sa.String(length=2000), nullable=True),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("sent_at", db.UtcTime(timezone=True), nullable=True),
        sa.Column("error_code", sa.String(length=40), nullable=True),
        sa.Column("error_detail", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_deliveries_actor_id")),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name=op.f("fk_deliveries_comment_id")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_deliveries_conversation_id")),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_deliveries_page_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("key", name=op.f("uq_deliveries_key")),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deliveries_conversation_id"), ["conversation_id"], unique=False)
        batch_op.create_index("ix_deliveries_due", ["state", "due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_deliveries_external_id"), ["external_id"], unique=False)
        batch_op.create_index("ix_deliveries_page", ["page_id", "state"], unique=False)

    op.create_table(
        "replies",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("conversation_id", db.BigId, nullable=False),
        sa.Column("delivery_id", db.BigId, nullable=False),
        sa.Column("comment_id", db.BigId, nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("before", db.JsonData, nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_replies_author_id")),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name=op.f("fk_replies_comment_id")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_replies_conversation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_replies_delivery_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replies")),
        sa.UniqueConstraint("delivery_id", name=op.f("uq_replies_delivery_id")),
    )
    with op.batch_alter_table("replies", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_replies_conversation_id"), ["conversation_id"], unique=False)

    teams = sa.table("teams", sa.column("key", sa.String), sa.column("name", sa.String), sa.column("demo", sa.Boolean))
    op.bulk_insert(
        teams,
        [
            {"key": "customer_service", "name": "Customer service", "demo": False},
            {"key": "marketing", "name": "Marketing", "demo": False},
        ],
    )
