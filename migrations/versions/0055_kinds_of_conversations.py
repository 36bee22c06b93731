"""What a conversation began as, and indexes for those that did not begin as a comment and for private ones."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0055"
down_revision: str | None = "0054"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FIRST = """
UPDATE conversations SET said_as = (
    SELECT said_as FROM comments
    WHERE comments.conversation_id = conversations.id AND NOT comments.is_us
    ORDER BY published_at, id LIMIT 1
)
WHERE id IN (SELECT conversation_id FROM comments WHERE said_as IS NOT NULL)
"""


def upgrade() -> None:
    kind = sa.Enum("mention", "review", name="saidas", native_enum=False, length=20)
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("said_as", kind, nullable=True))
    op.execute(FIRST)
    order = ["state", "sort_at", "id"]
    op.create_index(
        "ix_conversations_private",
        "conversations",
        order,
        sqlite_where=sa.text("private = 1"),
        postgresql_where=sa.text("private"),
    )
    op.create_index(
        "ix_conversations_said_as",
        "conversations",
        ["said_as", *order],
        sqlite_where=sa.text("said_as IS NOT NULL"),
        postgresql_where=sa.text("said_as IS NOT NULL"),
    )
