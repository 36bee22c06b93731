"""Nothing replaces a line of the audit log: SQLite's INSERT OR REPLACE deletes without asking a trigger about it."""

from collections.abc import Sequence

from alembic import op

revision: str = "0052"
down_revision: str | None = "0051"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return  # every other way of replacing a row is an update, which is refused already
    op.execute(
        "CREATE TRIGGER audit_log_is_kept_in_place BEFORE INSERT ON audit_log "
        "WHEN EXISTS (SELECT 1 FROM audit_log WHERE seq = NEW.seq) "
        "OR EXISTS (SELECT 1 FROM audit_log WHERE previous = NEW.previous) "
        "BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END"
    )
