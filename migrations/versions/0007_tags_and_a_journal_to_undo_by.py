"""Tags, and a journal to undo by."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from app.core import db

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "tags",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("created_at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("removed_at", db.UtcTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tags")),
        sa.UniqueConstraint("key", name=op.f("uq_tags_key")),
    )
    op.create_table(
        "undo_entries",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
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
                "tagged",
                "untagged",
                "undone",
                "noted",
                name="eventkind",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("undone_at", db.UtcTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_undo_entries_actor_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_undo_entries")),
    )
    with op.batch_alter_table("undo_entries", schema=None) as batch_op:
        batch_op.create_index("ix_undo_entries_actor", ["actor_id", "id"], unique=False)
        batch_op.create_index("ix_undo_entries_at", ["at"], unique=False)

    op.create_table(
        "conversation_tags",
        sa.Column("conversation_id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("tag_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_conversation_tags_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_conversation_tags_tag_id")),
        sa.PrimaryKeyConstraint("conversation_id", "tag_id", name=op.f("pk_conversation_tags")),
    )
    with op.batch_alter_table("conversation_tags", schema=None) as batch_op:
        batch_op.create_index("ix_conversation_tags_tag", ["tag_id", "conversation_id"], unique=False)

    op.create_table(
        "undo_items",
        sa.Column("entry_id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("conversation_id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("before", db.JsonData, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_undo_items_conversation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["undo_entries.id"], name=op.f("fk_undo_items_entry_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("entry_id", "conversation_id", name=op.f("pk_undo_items")),
    )
    with op.batch_alter_table("undo_items", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_undo_items_conversation_id"), ["conversation_id"], unique=False)

    op.add_column("notes", sa.Column("key", sa.String(length=64), nullable=True))
    op.create_index("uq_notes_key", "notes", ["key"], unique=True)
