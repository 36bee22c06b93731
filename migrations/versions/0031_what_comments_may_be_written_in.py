"""What comments may be written in."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from app.core import db

revision: str = "0031"
down_revision: str | None = "0030"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("learning_state", schema=None) as batch_op:
        batch_op.add_column(sa.Column("languages", db.JsonData, nullable=True))
