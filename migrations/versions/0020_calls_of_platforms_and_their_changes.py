"""Calls of platforms and their changes."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from app.core import db

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:

    op.create_table(
        "hook_calls",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("page_id", sa.Integer(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", db.UtcTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum("waiting", "split", "failed", name="callstate", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("error_code", sa.String(length=40), nullable=True),
        sa.Column("error_detail", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_hook_calls_page_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook_calls")),
        sa.UniqueConstraint("digest", name=op.f("uq_hook_calls_digest")),
    )
    with op.batch_alter_table("hook_calls", schema=None) as batch_op:
        batch_op.create_index("ix_hook_calls_received", ["received_at"], unique=False)
        batch_op.create_index("ix_hook_calls_state", ["state", "id"], unique=False)

    op.create_table(
        "hook_changes",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=500), nullable=False),
        sa.Column("page_id", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("told_at", db.UtcTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum("waiting", "done", "ignored", "failed", name="changestate", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("due_at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease", sa.String(length=40), nullable=True),
        sa.Column("lease_until", db.UtcTime(timezone=True), nullable=True),
        sa.Column("error_code", sa.String(length=40), nullable=True),
        sa.Column("error_detail", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_hook_changes_page_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook_changes")),
        sa.UniqueConstraint("digest", name=op.f("uq_hook_changes_digest")),
    )
    with op.batch_alter_table("hook_changes", schema=None) as batch_op:
        batch_op.create_index("ix_hook_changes_due", ["state", "due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_hook_changes_lease"), ["lease"], unique=False)
        batch_op.create_index("ix_hook_changes_page", ["page_id"], unique=False)
        batch_op.create_index("ix_hook_changes_told", ["told_at"], unique=False)

    op.create_table(
        "hooks",
        sa.Column("page_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=True),
        sa.Column("settings", db.JsonData, nullable=False),
        sa.Column("renew_at", db.UtcTime(timezone=True), nullable=True),
        sa.Column("created_at", db.UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_hooks_page_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("page_id", name=op.f("pk_hooks")),
        sa.UniqueConstraint("place", name=op.f("uq_hooks_place")),
    )
    with op.batch_alter_table("hooks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hooks_renew_at"), ["renew_at"], unique=False)
