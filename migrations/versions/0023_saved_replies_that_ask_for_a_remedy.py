"""Saved replies that have a remedy asked for next."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("saved_replies", sa.Column("asks_remedy", sa.Boolean(), server_default=sa.false(), nullable=False))
