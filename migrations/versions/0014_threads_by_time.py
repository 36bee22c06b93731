"""Find the newest comments of a thread without sorting all of it."""

from collections.abc import Sequence

from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.drop_index("ix_comments_thread", table_name="comments")
    op.create_index("ix_comments_thread", "comments", ["page_id", "thread_root", "published_at", "id"])
