"""Conversations with an answer that is held say so in lists."""

from collections.abc import Sequence

from alembic import op

revision: str = "0056"
down_revision: str | None = "0055"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

HELD = """
INSERT INTO conversation_marks (conversation_id, mark, at)
SELECT conversation_id, 'held', min(created_at) FROM held_acts
WHERE conversation_id IS NOT NULL AND state IN ('held', 'aligning')
GROUP BY conversation_id
"""


def upgrade() -> None:
    op.execute(HELD)
