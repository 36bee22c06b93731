"""Follow-ups that are worked through, deadlines that are told of, remedies told by answers that wait for approval."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from app.core import db

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("guard_answers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reminded_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("done_by_id", sa.Integer(), nullable=True))
        batch_op.create_index("ix_guard_answers_owner", ["owner_id", "due_on", "id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_guard_answers_done_by_id"), "users", ["done_by_id"], ["id"])
    # Not in a batch: that would make the table anew on SQLite, and lose its guards.
    op.add_column("remedies", sa.Column("told_proposal_id", db.BigId, nullable=True))
    op.add_column("remedies", sa.Column("late_at", db.UtcTime(timezone=True), nullable=True))
    op.execute(
        "INSERT INTO conversation_marks (conversation_id, mark, at) "
        "SELECT conversation_id, 'owed', MAX(asked_at) FROM remedies "
        "WHERE state IN ('asked', 'approved', 'executing', 'failed', 'unsure', 'executed') GROUP BY conversation_id"
    )
