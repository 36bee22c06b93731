"""Pictures as evidence, which is signed from now on."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from app.core import db

revision: str = "0037"
down_revision: str | None = "0036"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

GUARDS = [
    ("remedy_pictures", "TRUE", "picture kept: a picture is never changed"),
    (
        "remedies",
        "NEW.version = OLD.version AND NEW.evidence IS DISTINCT FROM OLD.evidence",
        "remedy evidence: a change is a new version and has to be signed again",
    ),
]
"""(table, what may not be written over, words), as in 0012."""


def upgrade() -> None:
    op.create_table(
        "remedy_pictures",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("remedy_id", db.BigId, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=20), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", db.UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["remedy_id"], ["remedies.id"], name=op.f("fk_remedy_pictures_remedy_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remedy_pictures")),
        sa.UniqueConstraint("remedy_id", "digest", name=op.f("uq_remedy_pictures_remedy_id_digest")),
    )
    # Links of what is under way were not signed: with them its signature would not hold. They move to its history, under
    # a number that no other event has.
    under_way = "state IN ('asked', 'approved', 'executing', 'failed', 'unsure') AND CAST(evidence AS TEXT) <> '[]'"
    op.execute(
        "INSERT INTO remedy_events (id, remedy_id, act, actor_id, at, text) "
        f"SELECT id, id, 'evidence', requester_id, asked_at, CAST(evidence AS TEXT) FROM remedies WHERE {under_way}"
    )
    op.execute(f"UPDATE remedies SET evidence = '[]' WHERE {under_way}")
    connection = op.get_bind()
    for table, condition, words in GUARDS:
        name = f"{table}_{words.split(':')[0].replace(' ', '_')}"
        if connection.dialect.name == "sqlite":
            distinct = condition.replace("IS DISTINCT FROM", "IS NOT")  # SQLite before 3.39 has no other word for it
            connection.exec_driver_sql(
                f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW WHEN {distinct} "
                f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
            )
        else:
            connection.exec_driver_sql(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {condition} THEN "
                f"RAISE EXCEPTION '{words}' USING ERRCODE = 'integrity_constraint_violation'; "
                "END IF; RETURN NEW; END $$"
            )
            connection.exec_driver_sql(
                f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
            )
