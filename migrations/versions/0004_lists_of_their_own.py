"""Lists of their own: marked conversations and saved views."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from app.core import db

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("address", sa.String(length=1000), nullable=False),
        sa.Column("created_at", db.UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_saved_views_owner_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_saved_views_team_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
    )
    with op.batch_alter_table("saved_views", schema=None) as batch_op:
        batch_op.create_index(
            "uq_saved_views_owner_name",
            ["owner_id", "name"],
            unique=True,
            sqlite_where=sa.text("team_id IS NULL"),
            postgresql_where=sa.text("team_id IS NULL"),
        )
        batch_op.create_index(
            "uq_saved_views_team_name",
            ["team_id", "name"],
            unique=True,
            sqlite_where=sa.text("team_id IS NOT NULL"),
            postgresql_where=sa.text("team_id IS NOT NULL"),
        )

    op.create_table(
        "conversation_marks",
        sa.Column("conversation_id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("mark", sa.Enum("approval", "unsent", name="mark", native_enum=False, length=20), nullable=False),
        sa.Column("at", db.UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_conversation_marks_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conversation_id", "mark", name=op.f("pk_conversation_marks")),
    )
    with op.batch_alter_table("conversation_marks", schema=None) as batch_op:
        batch_op.create_index("ix_conversation_marks_list", ["mark", "at", "conversation_id"], unique=False)

    op.execute(
        "INSERT INTO conversation_marks (conversation_id, mark, at) "
        "SELECT conversation_id, 'unsent', MAX(created_at) FROM deliveries "
        "WHERE act = 'reply' AND state IN ('failed', 'unclear') GROUP BY conversation_id"
    )
