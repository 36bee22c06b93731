"""Contacts can be joined into one, marked, noted about, and found by name, e-mail address, site and account."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from app.contacts import rules
from app.core import db

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_KEY = sa.String(length=320).with_variant(sa.String(length=320, collation="C"), "postgresql")
_KIND = sa.Enum("do_not_contact", "tag", "vip", name="markkind", native_enum=False, length=20)
_PORTION = 2_000
_NOTE = "INSERT INTO search_queue (kind, source_id) VALUES"
_SEARCH_TRIGGERS = (
    f"CREATE TRIGGER search_contacts_gone AFTER DELETE ON contacts BEGIN {_NOTE} ('contact', OLD.id); END",
    f"CREATE TRIGGER search_contacts_changed AFTER UPDATE OF name ON contacts BEGIN {_NOTE} ('contact', NEW.id); END",
)
"""SQLite rebuilds the table, and loses what the search needs to hear of its changes."""


def upgrade() -> None:
    _events_and_notes()
    _marks()
    _contacts()
    _identities()


def _events_and_notes() -> None:
    op.create_table(
        "contact_events",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("contact_id", db.BigId, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "joined",
                "separated",
                "marked",
                "unmarked",
                "renamed",
                name="contacteventkind",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("data", db.JsonData, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_contact_events_actor_id")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_contact_events_contact_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_events")),
    )
    op.create_index("ix_contact_events_contact", "contact_events", ["contact_id", "id"])
    op.create_table(
        "contact_notes",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("contact_id", db.BigId, nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", db.UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_contact_notes_author_id")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_contact_notes_contact_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_notes")),
    )
    op.create_index("ix_contact_notes_contact", "contact_notes", ["contact_id", "id"])


def _marks() -> None:
    op.create_table(
        "contact_marks",
        sa.Column("contact_id", db.BigId, nullable=False),
        sa.Column("kind", _KIND, nullable=False),
        sa.Column("value", sa.String(length=40), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_contact_marks_by_id")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_contact_marks_contact_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("contact_id", "kind", "value", name=op.f("pk_contact_marks")),
    )
    op.create_index("ix_contact_marks_value", "contact_marks", ["kind", "value", "contact_id"])
    op.create_table(
        "muted_marks",
        sa.Column("contact_id", db.BigId, nullable=False),
        sa.Column("kind", _KIND, nullable=False),
        sa.Column("value", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_muted_marks_contact_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("contact_id", "kind", "value", name=op.f("pk_muted_marks")),
    )


def _contacts() -> None:
    with op.batch_alter_table("contacts") as batch:
        batch.add_column(sa.Column("name_key", _KEY))
        batch.add_column(sa.Column("last_key", _KEY))
        batch.add_column(sa.Column("head_id", db.BigId))
        batch.add_column(sa.Column("merged_into_id", db.BigId))
        batch.add_column(sa.Column("merged_by_id", sa.Integer()))
        batch.add_column(sa.Column("merged_at", db.UtcTime(timezone=True)))
        batch.add_column(sa.Column("vip", sa.Boolean()))
        batch.add_column(sa.Column("do_not_contact", sa.Boolean()))
        batch.add_column(sa.Column("version", sa.Integer()))
    contacts = sa.table(
        "contacts",
        *(sa.column(name) for name in ("id", "name", "name_key", "last_key", "head_id", "version")),
        sa.column("vip", sa.Boolean()),
        sa.column("do_not_contact", sa.Boolean()),
    )
    op.execute(contacts.update().values(head_id=contacts.c.id, vip=False, do_not_contact=False, version=1))
    _fill(contacts, ["name"], _name_keys)
    with op.batch_alter_table("contacts") as batch:
        for name, kind in (
            ("name_key", _KEY),
            ("head_id", db.BigId),
            ("vip", sa.Boolean()),
            ("do_not_contact", sa.Boolean()),
            ("version", sa.Integer()),
        ):
            batch.alter_column(name, existing_type=kind, nullable=False)
        batch.create_check_constraint(op.f("ck_contacts_head"), "(merged_into_id IS NULL) = (head_id = id)")
        batch.create_check_constraint(op.f("ck_contacts_not_itself"), "merged_into_id <> id")
        batch.create_foreign_key(op.f("fk_contacts_head_id"), "contacts", ["head_id"], ["id"])
        batch.create_foreign_key(op.f("fk_contacts_merged_into_id"), "contacts", ["merged_into_id"], ["id"])
        batch.create_foreign_key(op.f("fk_contacts_merged_by_id"), "users", ["merged_by_id"], ["id"])
    if op.get_bind().dialect.name == "sqlite":
        for statement in _SEARCH_TRIGGERS:
            op.execute(statement)
    op.create_index("ix_contacts_head_id", "contacts", ["head_id"])
    op.create_index("ix_contacts_name_key", "contacts", ["name_key", "id"])
    for column in ("vip", "do_not_contact"):
        _partial_index("contacts", f"ix_contacts_{column}", ["id"], column)
    _partial_index("contacts", "ix_contacts_last_key", ["last_key", "id"], "last_key IS NOT NULL")


def _identities() -> None:
    keys = ("email_key", "site_key", "account_key")
    with op.batch_alter_table("identities") as batch:
        for name in keys:
            batch.add_column(sa.Column(name, _KEY))
    identities = sa.table("identities", *(sa.column(name) for name in ("id", "url", "email", *keys)))
    _fill(identities, ["url", "email"], _identity_keys)
    for name in keys:
        _partial_index("identities", f"ix_identities_{name}", [name, "contact_id"], f"{name} IS NOT NULL")


def _partial_index(table: str, name: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _fill(table: sa.TableClause, names: list[str], keys: Callable[..., dict[str, Any]]) -> None:
    """Give every stored row its keys, in portions."""
    connection = op.get_bind()
    query = sa.select(table.c.id, *(table.c[name] for name in names)).order_by(table.c.id).limit(_PORTION)
    last = -1
    while rows := connection.execute(query.where(table.c.id > last)).all():
        last = rows[-1].id
        values = [{"which": row.id, **keys(*row[1:])} for row in rows]
        statement = table.update().where(table.c.id == sa.bindparam("which"))
        connection.execute(
            statement.values({name: sa.bindparam(name) for name in values[0] if name != "which"}), values
        )


def _name_keys(name: str) -> dict[str, Any]:
    key = rules.folded(name)
    return {"name_key": key, "last_key": rules.last_word(key)}


def _identity_keys(url: str | None, email: str | None) -> dict[str, Any]:
    return {
        "email_key": rules.email_key(email),
        "site_key": rules.site_key(url),
        "account_key": rules.account_key(url),
    }
