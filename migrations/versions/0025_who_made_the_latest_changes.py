"""Who made the latest changes to a conversation: one's own are no news to oneself."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    for name in ("streak_by_id", "streak_from", "streak_to"):
        op.add_column("conversations", sa.Column(name, sa.Integer(), nullable=True))
