"""Which campaign a remedy belongs to."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Not in a batch: that would make the table anew on SQLite, and lose its guards.
    op.add_column("remedies", sa.Column("campaign_id", sa.Integer(), nullable=True))
    op.create_index("ix_remedies_campaign_id", "remedies", ["campaign_id"])
