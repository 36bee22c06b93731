"""What people decided is only ever added to: taking something back is a line of its own."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from app.core import db

revision: str = "0059"
down_revision: str | None = "0058"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

WORDS = "examples are only ever added to"
GONE = "OLD.conversation_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM conversations WHERE id = OLD.conversation_id)"
"""With the conversation it is about an example is removed: the law has people removed who ask for it."""
SQLITE = [
    f"CREATE TRIGGER learning_examples_are_kept_{name} BEFORE {act} ON learning_examples {when} "
    f"BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
    for name, act, when in (
        ("unchanged", "UPDATE", ""),
        ("whole", "DELETE", f"WHEN NOT ({GONE})"),
        ("in_place", "INSERT", "WHEN EXISTS (SELECT 1 FROM learning_examples WHERE id = NEW.id)"),
    )
]
POSTGRESQL = [
    f"""CREATE FUNCTION learning_examples_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            IF {GONE} THEN RETURN OLD; END IF;
        END IF;
        RAISE EXCEPTION '{WORDS}' USING ERRCODE = 'integrity_constraint_violation';
    END $$""",
    """CREATE TRIGGER learning_examples_are_kept BEFORE UPDATE OR DELETE ON learning_examples
    FOR EACH ROW EXECUTE FUNCTION learning_examples_are_kept()""",
]


def upgrade() -> None:
    with op.batch_alter_table("learning_examples", schema=None) as batch_op:
        batch_op.add_column(sa.Column("takes_back_id", db.BigId, nullable=True))
        batch_op.create_unique_constraint(op.f("uq_learning_examples_takes_back_id"), ["takes_back_id"])
        batch_op.create_foreign_key(
            op.f("fk_learning_examples_takes_back_id"),
            "learning_examples",
            ["takes_back_id"],
            ["id"],
            ondelete="CASCADE",
        )
    connection = op.get_bind()
    for statement in SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL:
        connection.exec_driver_sql(statement)
