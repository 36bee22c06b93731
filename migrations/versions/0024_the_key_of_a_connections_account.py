"""The key of a connection's account."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("connections", sa.Column("account_key", sa.String(length=200), nullable=True))
    op.create_index(op.f("ix_connections_account_key"), "connections", ["account_key"])
