"""Work on whole lists."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from app.core import db

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "bulk_jobs",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column(
            "deed",
            sa.Enum(
                "take",
                "assign",
                "move",
                "resolve",
                "reopen",
                "spam",
                "tag",
                "untag",
                "undo",
                name="deed",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("to_id", sa.Integer(), nullable=True),
        sa.Column("wanted", db.JsonData, nullable=False),
        sa.Column("seen_at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("cursor", db.BigId, nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("left", sa.Integer(), nullable=False),
        sa.Column("entry_id", db.BigId, nullable=True),
        sa.Column("stopped_at", db.UtcTime(timezone=True), nullable=True),
        sa.Column("finished_at", db.UtcTime(timezone=True), nullable=True),
        sa.Column("created_at", db.UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_bulk_jobs_actor_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_jobs")),
    )
    with op.batch_alter_table("bulk_jobs", schema=None) as batch_op:
        batch_op.create_index("ix_bulk_jobs_actor", ["actor_id", "id"], unique=False)
        batch_op.create_index(
            "ix_bulk_jobs_open",
            ["id"],
            unique=False,
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )
