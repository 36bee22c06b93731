"""One time zone for each person: that of their digest becomes that of their account, where they chose none there."""

from collections.abc import Sequence

from alembic import op

revision: str = "0035"
down_revision: str | None = "0034"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute(
        "UPDATE users SET time_zone = (SELECT s.time_zone FROM notice_settings s WHERE s.user_id = users.id) "
        "WHERE time_zone IS NULL AND EXISTS "
        "(SELECT 1 FROM notice_settings s WHERE s.user_id = users.id AND s.time_zone <> 'UTC')"
    )
    # No release has known the column.
    with op.batch_alter_table("notice_settings", schema=None) as batch_op:
        batch_op.drop_column("time_zone")
