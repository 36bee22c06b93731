"""Times that people waited, kept by triggers, and targets for them.

A change that rebuilds ``conversations`` on SQLite loses its triggers and has to make them again;
tests/architecture/test_migrations.py notices.
"""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from alembic import op

from app.core import db

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "targets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=60), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("page_id", sa.Integer(), nullable=True),
        sa.Column("priority", sa.Enum("normal", "high", name="priority", native_enum=False, length=20), nullable=True),
        sa.Column("first_reply", sa.Integer(), nullable=True),
        sa.Column("next_reply", sa.Integer(), nullable=True),
        sa.Column("resolution", sa.Integer(), nullable=True),
        sa.Column("changed_at", db.UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_targets_page_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_targets_team_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_targets")),
        sa.UniqueConstraint("scope", name=op.f("uq_targets_scope")),
    )
    op.create_table(
        "target_calls",
        sa.Column("conversation_id", db.BigId, autoincrement=False, nullable=False),
        sa.Column(
            "figure",
            sa.Enum("first_reply", "next_reply", "resolution", name="figure", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column(
            "level",
            sa.Enum("approval", "unsent", "soon", "late", name="mark", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("since", db.UtcTime(timezone=True), nullable=False),
        sa.Column("at", db.UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_target_calls_conversation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("conversation_id", "figure", "level", "since", name=op.f("pk_target_calls")),
    )
    op.create_table(
        "waits",
        sa.Column("conversation_id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("since", db.UtcTime(timezone=True), nullable=False),
        sa.Column("until", db.UtcTime(timezone=True), nullable=False),
        sa.Column(
            "ended",
            sa.Enum("new", "waiting", "done", "spam", name="conversationstate", native_enum=False, length=20),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_waits_conversation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("conversation_id", "since", name=op.f("pk_waits")),
    )
    postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in postgresql_parts() if postgresql else sqlite_parts():
        op.execute(statement)


WAITED = "OLD.waiting_since IS NOT NULL AND NEW.waiting_since IS NULL"
ENDED_OTHERWISE = "OLD.waiting_since IS NULL AND NEW.waiting_since IS NULL AND OLD.state <> NEW.state"
FORGET = "DELETE FROM conversation_marks WHERE conversation_id = NEW.id AND mark IN ('soon', 'late');"
END_OTHERWISE = (
    "UPDATE waits SET ended = NEW.state WHERE conversation_id = NEW.id "
    "AND since = (SELECT MAX(since) FROM waits WHERE conversation_id = NEW.id);"
)


def keep(latest: str) -> str:
    """The statement that keeps a wait which is over. What comes next is sorted by when it was over."""
    return (
        "INSERT INTO waits (conversation_id, since, until, ended) "
        f"VALUES (NEW.id, OLD.waiting_since, {latest}(OLD.waiting_since, NEW.sort_at), NEW.state) "
        "ON CONFLICT (conversation_id, since) DO UPDATE SET until = excluded.until, ended = excluded.ended;"
    )


def sqlite_parts() -> Iterator[str]:
    create = "CREATE TRIGGER conversations_waited_{} AFTER UPDATE OF state, waiting_since ON conversations WHEN {} BEGIN {} END"
    yield create.format("enough", WAITED, keep("MAX") + " " + FORGET)
    yield create.format("otherwise", ENDED_OTHERWISE, END_OTHERWISE)


def postgresql_parts() -> Iterator[str]:
    for name, when, statements in (
        ("enough", WAITED, keep("GREATEST") + " " + FORGET),
        ("otherwise", ENDED_OTHERWISE, END_OTHERWISE),
    ):
        yield f"""
            CREATE FUNCTION conversations_waited_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              {statements}
              RETURN NULL;
            END $$"""
        yield (
            f"CREATE TRIGGER conversations_waited_{name} AFTER UPDATE OF state, waiting_since ON conversations "
            f"FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION conversations_waited_{name}()"
        )
