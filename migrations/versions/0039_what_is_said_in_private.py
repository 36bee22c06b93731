"""What is said in private."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0039"
down_revision: str | None = "0038"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Not in a batch: that would make large tables anew on SQLite, and lose the triggers of conversations.
    for table in ("comments", "conversations", "proposals"):
        op.add_column(table, sa.Column("private", sa.Boolean(), server_default=sa.false(), nullable=False))
