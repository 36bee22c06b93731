"""The state of posts: whether visitors see them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    kind = sa.Enum("live", "held", "spam", "trash", "deleted", name="status", native_enum=False, length=20)
    op.add_column("posts", sa.Column("status", kind, server_default="live", nullable=False))
