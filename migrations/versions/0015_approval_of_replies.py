"""approval of replies."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from app.core import db

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "approval_requirements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("page_id", sa.Integer(), nullable=True),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", db.UtcTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(CASE WHEN user_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN page_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN team_id IS NULL THEN 0 ELSE 1 END) = 1",
            name=op.f("ck_approval_requirements_one_subject"),
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_approval_requirements_created_by"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["page_id"], ["pages.id"], name=op.f("fk_approval_requirements_page_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_approval_requirements_team_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_approval_requirements_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_requirements")),
        sa.UniqueConstraint("page_id", name=op.f("uq_approval_requirements_page_id")),
        sa.UniqueConstraint("team_id", name=op.f("uq_approval_requirements_team_id")),
        sa.UniqueConstraint("user_id", name=op.f("uq_approval_requirements_user_id")),
    )
    op.create_table(
        "proposals",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("conversation_id", db.BigId, nullable=False),
        sa.Column("comment_id", db.BigId, nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("resolve", sa.Boolean(), nullable=False),
        sa.Column("saved_id", sa.Integer(), nullable=True),
        sa.Column("also", db.JsonData, nullable=False),
        sa.Column("created_at", db.UtcTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum("waiting", "approved", "refused", "withdrawn", name="proposalstate", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("reviewer_id", sa.Integer(), nullable=True),
        sa.Column("remark", sa.String(length=1000), nullable=True),
        sa.Column("decided_at", db.UtcTime(timezone=True), nullable=True),
        sa.Column("reply_id", db.BigId, nullable=True),
        sa.CheckConstraint(
            "state <> 'approved' OR reviewer_id IS NOT NULL", name=op.f("ck_proposals_approved_by_somebody")
        ),
        sa.CheckConstraint("reviewer_id IS NULL OR reviewer_id <> author_id", name=op.f("ck_proposals_four_eyes")),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_proposals_author_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_proposals_comment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_proposals_conversation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["reply_id"], ["replies.id"], name=op.f("fk_proposals_reply_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["reviewer_id"], ["users.id"], name=op.f("fk_proposals_reviewer_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["saved_id"], ["saved_replies.id"], name=op.f("fk_proposals_saved_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
        sa.UniqueConstraint("key", name=op.f("uq_proposals_key")),
        sa.UniqueConstraint("reply_id", name=op.f("uq_proposals_reply_id")),
    )
    with op.batch_alter_table("proposals", schema=None) as batch_op:
        batch_op.create_index("ix_proposals_conversation", ["conversation_id", "state"], unique=False)
