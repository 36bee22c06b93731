"""Orders that shops speak of by themselves, and what was given back at the shop itself."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from app.core import db

revision: str = "0038"
down_revision: str | None = "0037"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "shop_news",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("named", sa.String(length=120), nullable=False),
        sa.Column("told_at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("due_at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", db.UtcTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_shop_news_shop_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("shop_id", "named", name=op.f("pk_shop_news")),
    )
    op.create_index("ix_shop_news_due_at", "shop_news", ["due_at"])
    op.add_column("remedy_orders", sa.Column("elsewhere", sa.BigInteger(), server_default="0", nullable=False))
