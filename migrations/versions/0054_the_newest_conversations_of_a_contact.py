"""An index for the newest conversations of a contact."""

from collections.abc import Sequence

from alembic import op

revision: str = "0054"
down_revision: str | None = "0053"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index("ix_conversations_contact", "conversations", ["contact_id", "id"])
    op.drop_index("ix_conversations_contact_id", "conversations")
