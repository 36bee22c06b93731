"""Numbers of saved views whose length is not kept by triggers."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from app.core import db

revision: str = "0057"
down_revision: str | None = "0056"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "saved_view_lengths",
        sa.Column("view_id", db.BigId, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_saved_view_lengths_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["view_id"], ["saved_views.id"], name=op.f("fk_saved_view_lengths_view_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("view_id", "user_id", name=op.f("pk_saved_view_lengths")),
    )
    op.create_index(op.f("ix_saved_view_lengths_user_id"), "saved_view_lengths", ["user_id"])
