"""Versions of rules with their history, trials of them, and reasons to judge a conversation anew."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op

from app.core import db

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "rule_set_events",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("rule_set_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "created",
                "changed",
                "tried",
                "proposed",
                "refused",
                "approved",
                "published",
                "replaced",
                "rolled_back",
                "restored",
                "discarded",
                name="ruleseteventkind",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("data", db.JsonData, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_rule_set_events_actor_id")),
        sa.ForeignKeyConstraint(["rule_set_id"], ["rule_sets.id"], name=op.f("fk_rule_set_events_rule_set_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_set_events")),
    )
    with op.batch_alter_table("rule_set_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rule_set_events_rule_set_id"), ["rule_set_id"], unique=False)

    op.create_table(
        "rule_trials",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rule_set_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("against_id", sa.Integer(), nullable=True),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("waiting", "running", "done", "failed", "stopped", name="trialstate", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("asked_at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("finished_at", db.UtcTime(timezone=True), nullable=True),
        sa.Column("last_id", db.BigId, nullable=False),
        sa.Column("at_id", db.BigId, nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("tally", db.JsonData, nullable=False),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.Column("lease_until", db.UtcTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["against_id"], ["rule_sets.id"], name=op.f("fk_rule_trials_against_id")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["users.id"], name=op.f("fk_rule_trials_asked_by_id")),
        sa.ForeignKeyConstraint(["rule_set_id"], ["rule_sets.id"], name=op.f("fk_rule_trials_rule_set_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_trials")),
    )
    with op.batch_alter_table("rule_trials", schema=None) as batch_op:
        batch_op.create_index("ix_rule_trials_digest", ["digest", "state"], unique=False)
        batch_op.create_index("ix_rule_trials_state", ["state", "id"], unique=False)

    op.create_table(
        "routing_causes",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("conversation_id", db.BigId, nullable=False),
        sa.Column(
            "cause", sa.Enum("edited", "author", "held", name="cause", native_enum=False, length=20), nullable=False
        ),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("settled_at", db.UtcTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_routing_causes_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_causes")),
        sa.UniqueConstraint(
            "conversation_id", "cause", "key", name=op.f("uq_routing_causes_conversation_id_cause_key")
        ),
    )
    with op.batch_alter_table("routing_causes", schema=None) as batch_op:
        batch_op.create_index(
            "ix_routing_causes_open",
            ["id"],
            unique=False,
            sqlite_where=sa.text("settled_at IS NULL"),
            postgresql_where=sa.text("settled_at IS NULL"),
        )

    with _triggers_kept("deliveries"), op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.alter_column("actor_id", existing_type=sa.INTEGER(), nullable=True)

    with op.batch_alter_table("routing_decisions", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "cause", sa.Enum("edited", "author", "held", name="cause", native_enum=False, length=20), nullable=True
            )
        )
        batch_op.add_column(sa.Column("more", db.JsonData, nullable=True))

    _rule_sets()


@contextmanager
def _triggers_kept(table: str) -> Iterator[None]:
    """SQLite rebuilds a table to change a column, and drops its triggers with the old one."""
    connection = op.get_bind()
    kept: list[str] = []
    if connection.dialect.name == "sqlite":
        query = sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table")
        kept = list(connection.scalars(query, {"table": table}))
    yield
    for trigger in kept:
        connection.exec_driver_sql(trigger)


def _rule_sets() -> None:
    """What was the newest text is the version in force; the others were before it."""
    state = sa.Enum(
        "draft", "proposed", "published", "replaced", "rolled_back", "discarded",
        name="rulesetstate", native_enum=False, length=20,
    )  # fmt: skip
    with op.batch_alter_table("rule_sets", schema=None) as batch_op:
        batch_op.add_column(sa.Column("state", state, nullable=True))
        batch_op.add_column(sa.Column("digest", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("revision", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("base_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("created_at", db.UtcTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("created_by_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("changed_at", db.UtcTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("changed_by_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("proposed_by_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("approved_by_id", sa.Integer(), nullable=True))
    _fill()
    with op.batch_alter_table("rule_sets", schema=None) as batch_op:
        batch_op.alter_column("state", existing_type=state, nullable=False)
        batch_op.alter_column("digest", existing_type=sa.String(length=32), nullable=False)
        batch_op.alter_column("revision", existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column("created_at", existing_type=db.UtcTime(timezone=True), nullable=False)
        batch_op.alter_column("changed_at", existing_type=db.UtcTime(timezone=True), nullable=False)
        batch_op.alter_column("published_at", existing_type=db.UtcTime(timezone=True), nullable=True)
        batch_op.create_check_constraint("second_person", "approved_by_id IS NULL OR approved_by_id <> proposed_by_id")
        for column, other in (
            ("approved_by_id", "users"),
            ("changed_by_id", "users"),
            ("proposed_by_id", "users"),
            ("created_by_id", "users"),
            ("base_id", "rule_sets"),
        ):
            batch_op.create_foreign_key(batch_op.f(f"fk_rule_sets_{column}"), other, [column], ["id"])
    one_in_force = sa.text("state = 'published'")
    with op.batch_alter_table("rule_sets", schema=None) as batch_op:
        batch_op.create_index(
            "uq_rule_sets_in_force", ["state"], unique=True, sqlite_where=one_in_force, postgresql_where=one_in_force
        )


def _fill() -> None:
    table = sa.table(
        "rule_sets",
        sa.column("id", sa.Integer()),
        sa.column("source", sa.Text()),
        sa.column("state", sa.String()),
        sa.column("digest", sa.String()),
        sa.column("revision", sa.Integer()),
        *(sa.column(name, db.UtcTime()) for name in ("published_at", "created_at", "changed_at")),
        *(sa.column(name, sa.Integer()) for name in ("published_by_id", "created_by_id", "changed_by_id")),
    )
    connection = op.get_bind()
    newest = connection.scalar(sa.select(sa.func.max(table.c.id)))
    for number, source in connection.execute(sa.select(table.c.id, table.c.source)).all():
        values = {
            "state": "published" if number == newest else "replaced",
            "digest": hashlib.blake2b(source.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest(),
            "revision": 1,
            "created_at": table.c.published_at,
            "changed_at": table.c.published_at,
            "created_by_id": table.c.published_by_id,
            "changed_by_id": table.c.published_by_id,
        }
        connection.execute(sa.update(table).where(table.c.id == number).values(values))
