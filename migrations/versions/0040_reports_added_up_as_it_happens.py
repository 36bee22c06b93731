"""Reports added up as it happens.

Triggers note which conversations have to be counted anew. A change that rebuilds ``conversations``,
``conversation_tags`` or ``campaign_posts`` on SQLite loses them and has to make them again;
tests/architecture/test_migrations.py notices.
"""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from alembic import op

from app.core import db

revision: str = "0040"
down_revision: str | None = "0039"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BUCKETS = 65
_BY = ("all", "agent", "team", "page", "platform", "campaign", "tag")
_FIGURES = ("first_reply", "next_reply", "resolution")


def upgrade() -> None:
    by = sa.Enum(*_BY, name="by", native_enum=False, length=20)
    figure = sa.Enum(*_FIGURES, name="figure", native_enum=False, length=20)
    for table, column in (("report_changes", "conversation_id"), ("report_post_changes", "post_id")):
        op.create_table(
            table,
            sa.Column("id", db.BigId, nullable=False),
            sa.Column(column, db.BigId, nullable=False),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        )
    op.create_table(
        "report_posts",
        sa.Column("post_id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_report_posts")),
    )
    op.create_table(
        "report_parts",
        sa.Column("conversation_id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("part", db.JsonData, nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_report_parts")),
    )
    op.create_table(
        "report_days",
        sa.Column("by", by, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("of", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("comments", "opened", "answered", "settled")),
        sa.PrimaryKeyConstraint("by", "day", "of", name=op.f("pk_report_days")),
    )
    op.create_table(
        "report_times",
        sa.Column("by", by, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("of", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("figure", figure, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        *(sa.Column(f"b{place:02}", sa.Integer(), nullable=False) for place in range(BUCKETS)),
        sa.PrimaryKeyConstraint("by", "day", "of", "figure", name=op.f("pk_report_times")),
    )
    # Whose conversations are counted for another campaign when a post is.
    op.create_index("ix_conversations_post", "conversations", ["post_id"])
    postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in postgresql_parts() if postgresql else sqlite_parts():
        op.execute(statement)
    op.execute("INSERT INTO report_post_changes (post_id) SELECT post_id FROM campaign_posts")
    op.execute("INSERT INTO report_changes (conversation_id) SELECT id FROM conversations ORDER BY id DESC")


WATCHED = (
    ("conversations", "id", "report_changes", "conversation_id"),
    ("conversation_tags", "conversation_id", "report_changes", "conversation_id"),
    ("campaign_posts", "post_id", "report_post_changes", "post_id"),
)
"""Table, its column, and where changes of it are noted."""
COUNTED = {
    "conversations": "state, team_id, assignee_id, waiting_since, comment_count",
    "campaign_posts": "campaign_id",
}
"""What is counted by, where anything is."""


def sqlite_parts() -> Iterator[str]:
    for table, column, queue, name in WATCHED:
        events = [("come", "INSERT", "NEW"), ("gone", "DELETE", "OLD")]
        if table in COUNTED:
            events.append(("changed", f"UPDATE OF {COUNTED[table]}", "NEW"))
        for what, event, row in events:
            yield (
                f"CREATE TRIGGER report_{table}_{what} AFTER {event} ON {table} "
                f"BEGIN INSERT INTO {queue} ({name}) VALUES ({row}.{column}); END"
            )


def postgresql_parts() -> Iterator[str]:
    for table, column, queue, name in WATCHED:
        yield f"""
            CREATE FUNCTION report_note_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF TG_OP = 'DELETE' THEN
                INSERT INTO {queue} ({name}) VALUES (OLD.{column});
              ELSE
                INSERT INTO {queue} ({name}) VALUES (NEW.{column});
              END IF;
              RETURN NULL;
            END $$"""
        changed = f" OR UPDATE OF {COUNTED[table]}" if table in COUNTED else ""
        yield (
            f"CREATE TRIGGER report_{table} AFTER INSERT OR DELETE{changed} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION report_note_{table}()"
        )
