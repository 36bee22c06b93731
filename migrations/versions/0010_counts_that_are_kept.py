"""Counts that are kept: triggers note how many conversations there are of each sort.

A change that rebuilds ``conversations`` on SQLite loses its triggers and has to make them again;
tests/architecture/test_migrations.py notices.
"""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from alembic import op

from app.core import db

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "conversation_count_changes",
        sa.Column("id", db.BigId, nullable=False),
        sa.Column(
            "state",
            sa.Enum("new", "waiting", "done", "spam", name="conversationstate", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("assignee_id", sa.Integer(), nullable=False),
        sa.Column("page_id", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation_count_changes")),
    )
    op.create_table(
        "conversation_counts",
        sa.Column(
            "state",
            sa.Enum("new", "waiting", "done", "spam", name="conversationstate", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("team_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("assignee_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("page_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("state", "team_id", "assignee_id", "page_id", name=op.f("pk_conversation_counts")),
    )

    postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in postgresql_parts() if postgresql else sqlite_parts():
        op.execute(statement)
    # The triggers' lock keeps writers out until this is done.
    op.execute(
        f"INSERT INTO conversation_counts ({KEY}, n) "
        f"SELECT state, team_id, COALESCE(assignee_id, 0), page_id, COUNT(*) FROM conversations GROUP BY 1, 2, 3, 4"
    )


KEY = "state, team_id, assignee_id, page_id"
CHANGED = " OR ".join(f"OLD.{name} IS {{}} NEW.{name}" for name in KEY.split(", "))


def row(name: str) -> str:
    """The key of the trigger's row."""
    return f"{name}.state, {name}.team_id, COALESCE({name}.assignee_id, 0), {name}.page_id"


def sqlite_parts() -> Iterator[str]:
    """One writes at a time: the numbers change at once."""

    def add(name: str, n: int) -> str:
        return (
            f"INSERT INTO conversation_counts ({KEY}, n) VALUES ({row(name)}, {n}) "
            f"ON CONFLICT ({KEY}) DO UPDATE SET n = n + {n};"
        )

    create = "CREATE TRIGGER conversations_counted_{} AFTER {} ON conversations {} BEGIN {} END"
    yield create.format("come", "INSERT", "", add("NEW", 1))
    yield create.format("gone", "DELETE", "", add("OLD", -1))
    changed = CHANGED.format(*["NOT"] * 4)
    yield create.format("changed", f"UPDATE OF {KEY}", f"WHEN {changed}", add("OLD", -1) + " " + add("NEW", 1))


def postgresql_parts() -> Iterator[str]:
    """Each transaction adds rows of its own, one for each sort; nobody waits for anybody."""
    for name, rows, n in (("come", "NEW", 1), ("gone", "OLD", -1)):
        event = {"come": "INSERT", "gone": "DELETE"}[name]
        yield f"""
            CREATE FUNCTION conversations_counted_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              INSERT INTO conversation_count_changes ({KEY}, n)
              SELECT {row("one")}, {n} * COUNT(*) FROM some_rows AS one GROUP BY 1, 2, 3, 4;
              RETURN NULL;
            END $$"""
        yield (
            f"CREATE TRIGGER conversations_counted_{name} AFTER {event} ON conversations "
            f"REFERENCING {rows} TABLE AS some_rows "
            f"FOR EACH STATEMENT EXECUTE FUNCTION conversations_counted_{name}()"
        )
    yield f"""
        CREATE FUNCTION conversations_counted_changed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO conversation_count_changes ({KEY}, n) VALUES ({row("OLD")}, -1), ({row("NEW")}, 1);
          RETURN NULL;
        END $$"""
    changed = CHANGED.format(*["DISTINCT FROM"] * 4)
    yield (
        f"CREATE TRIGGER conversations_counted_changed AFTER UPDATE OF {KEY} ON conversations "
        f"FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION conversations_counted_changed()"
    )
