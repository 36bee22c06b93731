"""The search index. Triggers note what is written, changed or removed; a worker indexes it, what is stored already first.

A change that rebuilds one of the tables watched here on SQLite loses its triggers and has to make them again;
tests/architecture/test_migrations.py notices.
"""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

from app.core import db

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Table, what it is to the index, the column that identifies it there, and the columns whose change matters.
WATCHED = (
    ("comments", "comment", "id", ("text", "author_name", "conversation_id")),
    ("notes", "note", "id", ("text",)),
    ("replies", "reply", "id", ("text",)),
    ("contacts", "contact", "id", ("name",)),
    ("identities", "contact", "contact_id", ("contact_id", "name", "email", "url")),
)
BORN_ELSEWHERE = ("contacts",)
"""Comes with its first identity, in the same transaction."""


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    kind = sa.Enum("comment", "reply", "note", "contact", name="kind", native_enum=False, length=20)
    op.create_table(
        "search_entries",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("kind", kind, nullable=False),
        sa.Column("source_id", db.BigId, nullable=False),
        sa.Column("conversation_id", db.BigId, nullable=True),
        sa.Column("words", sa.Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_entries")),
    )
    op.create_index("ix_search_entries_source", "search_entries", ["source_id", "kind"], unique=True)
    op.create_table(
        "search_queue",
        sa.Column("id", db.BigId, nullable=False),
        sa.Column("kind", kind, nullable=False),
        sa.Column("source_id", db.BigId, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_queue")),
    )
    for statement in postgresql_parts() if postgresql else sqlite_parts():
        op.execute(statement)
    for table, what, column, _columns in WATCHED:
        if table not in BORN_ELSEWHERE:
            # The newest are indexed first: the queue is taken from its end.
            some = f"SELECT DISTINCT '{what}', {column} FROM {table} ORDER BY {column}"
            op.execute(f"INSERT INTO search_queue (kind, source_id) {some}")


def sqlite_parts() -> Iterator[str]:
    """The words as FTS5 keeps them, beside the entries they belong to, and the triggers."""
    # Only ASCII is looked at by this tokenizer, and there only blanks and marks are left to find.
    yield (
        "CREATE VIRTUAL TABLE search_words USING fts5(words, content='search_entries', content_rowid='id', "
        "tokenize='ascii', columnsize=0)"
    )
    gone = "INSERT INTO search_words (search_words, rowid, words) VALUES ('delete', OLD.id, OLD.words);"
    come = "INSERT INTO search_words (rowid, words) VALUES (NEW.id, NEW.words);"
    yield f"CREATE TRIGGER search_entries_come AFTER INSERT ON search_entries BEGIN {come} END"
    yield f"CREATE TRIGGER search_entries_gone AFTER DELETE ON search_entries BEGIN {gone} END"
    yield f"CREATE TRIGGER search_entries_changed AFTER UPDATE ON search_entries BEGIN {gone} {come} END"
    note = "INSERT INTO search_queue (kind, source_id) VALUES"
    for table, what, column, columns in WATCHED:
        events = [("gone", "DELETE", "OLD"), ("changed", f"UPDATE OF {', '.join(columns)}", "NEW")]
        if table not in BORN_ELSEWHERE:
            events.append(("come", "INSERT", "NEW"))
        for name, event, row in events:
            also = f" {note} ('{what}', OLD.{column});" if column in columns and name == "changed" else ""
            yield (
                f"CREATE TRIGGER search_{table}_{name} AFTER {event} ON {table} "
                f"BEGIN {note} ('{what}', {row}.{column});{also} END"
            )
    yield (
        "CREATE TRIGGER search_deliveries_changed AFTER UPDATE OF state ON deliveries WHEN NEW.state = 'cancelled' "
        "BEGIN INSERT INTO search_queue (kind, source_id) SELECT 'reply', id FROM replies WHERE delivery_id = NEW.id; END"
    )


def postgresql_parts() -> Iterator[str]:
    """The index of the words, and the triggers."""
    # New entries wait unsorted until this many kB have come together, and every search reads them.
    yield "CREATE INDEX search_words ON search_entries USING gin (words) WITH (gin_pending_list_limit = 512)"
    # Without this the planner guesses how rare a word is, and then reads a table from end to end.
    yield "ALTER TABLE search_entries ALTER COLUMN words SET STATISTICS 1000"
    for column in ("id", "contact_id"):
        yield f"""
            CREATE FUNCTION search_note_{column}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF TG_OP <> 'INSERT' THEN
                INSERT INTO search_queue (kind, source_id) VALUES (TG_ARGV[0], OLD.{column});
              END IF;
              IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND NEW.{column} <> OLD.{column}) THEN
                INSERT INTO search_queue (kind, source_id) VALUES (TG_ARGV[0], NEW.{column});
              END IF;
              RETURN NULL;
            END $$"""
    for table, what, column, columns in WATCHED:
        born = "" if table in BORN_ELSEWHERE else "INSERT OR "
        yield (
            f"CREATE TRIGGER search_{table} AFTER {born}DELETE OR UPDATE OF {', '.join(columns)} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION search_note_{column}('{what}')"
        )
    yield """
        CREATE FUNCTION search_note_cancelled() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO search_queue (kind, source_id) SELECT 'reply', id FROM replies WHERE delivery_id = NEW.id;
          RETURN NULL;
        END $$"""
    yield (
        "CREATE TRIGGER search_deliveries AFTER UPDATE OF state ON deliveries FOR EACH ROW "
        "WHEN (NEW.state = 'cancelled') EXECUTE FUNCTION search_note_cancelled()"
    )
