"""What people decided can't be thrown away by emptying its table either: only PostgreSQL knows TRUNCATE."""

from collections.abc import Sequence

from alembic import op

revision: str = "0060"
down_revision: str | None = "0059"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

WHOLE = """CREATE TRIGGER learning_examples_are_kept_whole BEFORE TRUNCATE ON learning_examples
    FOR EACH STATEMENT EXECUTE FUNCTION learning_examples_are_kept()"""


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(WHOLE)
