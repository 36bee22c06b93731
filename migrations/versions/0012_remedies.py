"""Remedies, with the guards that hold whatever a page forgets."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from app.core import db

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_CONTENT = [
    "conversation_id",
    "contact_id",
    "page_id",
    "requester_id",
    "requester_role",
    "asked_at",
    "shop_id",
    "order_number",
    "order_line",
    "kind",
    "amount",
    "currency",
    "reason",
    "explanation",
    "target",
    "target_account",
    "content_hash",
    "policy_id",
    "approvals_needed",
    "replaces_id",
]
_FIXED = ("conversation_id", "contact_id", "page_id", "requester_id", "requester_role", "asked_at")


def _changed(columns: Sequence[str]) -> str:
    return "(" + " OR ".join(f"NEW.{one} IS DISTINCT FROM OLD.{one}" for one in columns) + ")"


_PEOPLE = "coalesce(a.same_as_id, a.id) = coalesce(b.same_as_id, b.id)"
_SIGNED = """(SELECT count(DISTINCT coalesce(a.same_as_id, a.id)) FROM remedy_decisions d JOIN users a ON a.id = d.user_id
    WHERE d.remedy_id = NEW.id AND d.version = NEW.version AND d.content_hash = NEW.content_hash
    AND d.verdict = 'approve') < NEW.approvals_needed"""
GUARDS = [
    (
        "remedy_policies",
        "UPDATE",
        "NEW.source <> OLD.source OR NEW.proposed_by_id IS DISTINCT FROM OLD.proposed_by_id",
        "policy kept: what was proposed is never changed",
    ),
    (
        "remedy_policies",
        "UPDATE",
        f"""NEW.state = 'in_force' AND OLD.state <> 'in_force' AND (
        NEW.confirmed_by_id IS NULL OR EXISTS (SELECT 1 FROM users a, users b
            WHERE a.id = NEW.confirmed_by_id AND b.id = NEW.proposed_by_id AND {_PEOPLE})
        OR NOT EXISTS (SELECT 1 FROM users a WHERE a.id = NEW.confirmed_by_id AND a.role IN ('supervisor', 'admin')))""",
        "policy confirmed: another person has to confirm it",
    ),
    (
        "remedies",
        "INSERT",
        "NEW.state <> 'asked' OR NEW.version <> 1 OR NEW.approvals_needed < 0",
        "remedy begins: a remedy begins by being asked for",
    ),
    ("remedies", "UPDATE", _changed(_FIXED), "remedy identity: whose it is and who asked never changes"),
    (
        "remedies",
        "UPDATE",
        f"""(NEW.version <> OLD.version AND NOT (NEW.version = OLD.version + 1 AND NEW.state = 'asked'
        AND OLD.state IN ('asked', 'approved'))) OR (NEW.version = OLD.version AND {
            _changed([one for one in _CONTENT if one not in (*_FIXED, "replaces_id")])
        })""",
        "remedy content: a change is a new version and has to be signed again",
    ),
    (
        "remedies",
        "UPDATE",
        "OLD.state IN ('refused', 'withdrawn', 'expired') AND NEW.state <> OLD.state",
        "remedy over: it has ended",
    ),
    (
        "remedies",
        "UPDATE",
        f"""(NEW.state = 'executing' AND OLD.state NOT IN ('approved', 'executing'))
        OR (NEW.state = 'approved' AND OLD.state NOT IN ('asked', 'approved', 'executing', 'unsure', 'failed'))
        OR (NEW.state IN ('approved', 'executing') AND NEW.state <> OLD.state AND {_SIGNED})""",
        "remedy signed: it has not been signed by enough people",
    ),
    (
        "remedy_decisions",
        "INSERT",
        """NOT EXISTS (SELECT 1 FROM remedies r WHERE r.id = NEW.remedy_id
        AND r.state = 'asked' AND r.version = NEW.version AND r.content_hash = NEW.content_hash)""",
        "decision bound: it is about another content, or too late",
    ),
    (
        "remedy_decisions",
        "INSERT",
        """NOT EXISTS (SELECT 1 FROM users a WHERE a.id = NEW.user_id AND a.active
        AND a.role IN ('supervisor', 'admin') AND a.role = NEW.role)""",
        "decision role: only supervisors and admins decide",
    ),
    (
        "remedy_decisions",
        "INSERT",
        f"""EXISTS (SELECT 1 FROM remedy_bars x JOIN users a ON a.id = x.user_id, users b
        WHERE x.remedy_id = NEW.remedy_id AND b.id IN (NEW.user_id, coalesce(NEW.acting_for_id, NEW.user_id))
        AND {_PEOPLE})""",
        "decision own: who asked, changed or profits never decides",
    ),
    (
        "remedy_decisions",
        "INSERT",
        f"""EXISTS (SELECT 1 FROM remedy_decisions d JOIN users a ON a.id = d.user_id, users b
        WHERE d.remedy_id = NEW.remedy_id AND d.version = NEW.version AND b.id = NEW.user_id AND {_PEOPLE})""",
        "decision twice: one person decides once",
    ),
    ("remedy_decisions", "UPDATE", "TRUE", "decision kept: a decision is never changed"),
    ("remedy_versions", "UPDATE", "TRUE", "version kept: a version is never changed"),
    (
        "remedy_executions",
        "INSERT",
        """NOT EXISTS (SELECT 1 FROM remedies r WHERE r.id = NEW.remedy_id
        AND r.state = 'approved' AND r.version = NEW.version AND r.content_hash = NEW.content_hash)""",
        "execution bound: only what was approved is carried out",
    ),
    (
        "remedy_executions",
        "UPDATE",
        _changed(["remedy_id", "version", "key", "content_hash", "shop_id"]),
        "execution kept: it carries out one version",
    ),
]
"""(table, when, what is refused, words): the same on both databases. None of them can be met from a screen; they stand
behind the services, whose messages are for people."""


def upgrade() -> None:
    op.create_table(
        "shops",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("settings", db.JsonData, nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", db.UtcTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shops")),
        sa.UniqueConstraint("name", name=op.f("uq_shops_name")),
    )
    op.create_table(
        "remedy_orders",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=120), nullable=False),
        sa.Column("line", sa.String(length=120), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.Column("by_shop", sa.Boolean(), nullable=False),
        sa.Column("noted_by_id", sa.Integer(), nullable=True),
        sa.Column("noted_at", db.UtcTime(timezone=True), nullable=False),
        sa.CheckConstraint("taken >= 0 AND taken <= paid", name=op.f("ck_remedy_orders_never_more_than_paid")),
        sa.ForeignKeyConstraint(["noted_by_id"], ["users.id"], name=op.f("fk_remedy_orders_noted_by_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_remedy_orders_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remedy_orders")),
        sa.UniqueConstraint("shop_id", "number", "line", name=op.f("uq_remedy_orders_shop_id_number_line")),
    )
    op.create_table(
        "remedy_policies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("proposed", "in_force", "replaced", "dropped", name="policystate", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("proposed_by_id", sa.Integer(), nullable=True),
        sa.Column("proposed_at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("confirmed_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", db.UtcTime(timezone=True), nullable=True),
        sa.CheckConstraint("confirmed_by_id <> proposed_by_id", name=op.f("ck_remedy_policies_another")),
        sa.ForeignKeyConstraint(["confirmed_by_id"], ["users.id"], name=op.f("fk_remedy_policies_confirmed_by_id")),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["users.id"], name=op.f("fk_remedy_policies_proposed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remedy_policies")),
    )
    with op.batch_alter_table("remedy_policies", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_remedy_policies_state"), ["state"], unique=False)

    op.create_table(
        "stand_ins",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("stand_in_id", sa.Integer(), nullable=False),
        sa.Column("until", db.UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["stand_in_id"], ["users.id"], name=op.f("fk_stand_ins_stand_in_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_stand_ins_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_stand_ins")),
    )
    op.create_table(
        "guard_answers",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("conversation_id", db.BigId, nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("phrase", sa.String(length=120), nullable=False),
        sa.Column(
            "answer",
            sa.Enum("remedy", "follow_up", "nothing", name="answer", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("done_at", db.UtcTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_guard_answers_actor_id")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_guard_answers_conversation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_guard_answers_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guard_answers")),
    )
    with op.batch_alter_table("guard_answers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_guard_answers_at"), ["at"], unique=False)
        batch_op.create_index("ix_guard_answers_conversation", ["conversation_id", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_guard_answers_due_on"), ["due_on"], unique=False)

    op.create_table(
        "remedies",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "asked",
                "approved",
                "refused",
                "withdrawn",
                "expired",
                "executing",
                "executed",
                "failed",
                "unsure",
                "told",
                name="state",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("form_key", sa.String(length=64), nullable=False),
        sa.Column("conversation_id", db.BigId, nullable=False),
        sa.Column("contact_id", db.BigId, nullable=False),
        sa.Column("page_id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("requester_id", sa.Integer(), nullable=False),
        sa.Column(
            "requester_role",
            sa.Enum("agent", "marketer", "supervisor", "admin", name="role", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("asked_at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("order_number", sa.String(length=120), nullable=False),
        sa.Column("order_line", sa.String(length=120), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("refund", "replacement", "credit", "other", name="kind", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("target", sa.Enum("original", "other", name="target", native_enum=False, length=20), nullable=False),
        sa.Column("target_account", sa.String(length=200), nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("evidence", db.JsonData, nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("policy_id", sa.Integer(), nullable=False),
        sa.Column("policy_lines", db.JsonData, nullable=False),
        sa.Column("approvals_needed", sa.Integer(), nullable=False),
        sa.Column("refused_before", sa.Boolean(), nullable=False),
        sa.Column("replaces_id", db.BigId, nullable=True),
        sa.Column("since", db.UtcTime(timezone=True), nullable=False),
        sa.Column("due_at", db.UtcTime(timezone=True), nullable=True),
        sa.Column("approved_at", db.UtcTime(timezone=True), nullable=True),
        sa.Column("executed_at", db.UtcTime(timezone=True), nullable=True),
        sa.Column("told_at", db.UtcTime(timezone=True), nullable=True),
        sa.Column("told_reply_id", db.BigId, nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_remedies_something")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_remedies_conversation_id")),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_remedies_page_id")),
        sa.ForeignKeyConstraint(["policy_id"], ["remedy_policies.id"], name=op.f("fk_remedies_policy_id")),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["remedies.id"], name=op.f("fk_remedies_replaces_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["requester_id"], ["users.id"], name=op.f("fk_remedies_requester_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_remedies_shop_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_remedies_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remedies")),
        sa.UniqueConstraint("form_key", name=op.f("uq_remedies_form_key")),
    )
    with op.batch_alter_table("remedies", schema=None) as batch_op:
        batch_op.create_index("ix_remedies_asked", ["asked_at", "id"], unique=False)
        batch_op.create_index("ix_remedies_contact", ["contact_id", "asked_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_remedies_conversation_id"), ["conversation_id"], unique=False)
        batch_op.create_index("ix_remedies_order", ["shop_id", "order_number"], unique=False)
        batch_op.create_index("ix_remedies_requester", ["requester_id", "asked_at"], unique=False)
        batch_op.create_index("ix_remedies_state", ["state", "asked_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_remedies_told_reply_id"), ["told_reply_id"], unique=False)

    op.create_table(
        "remedy_bars",
        sa.Column("remedy_id", db.BigId, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["remedy_id"], ["remedies.id"], name=op.f("fk_remedy_bars_remedy_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_remedy_bars_user_id")),
        sa.PrimaryKeyConstraint("remedy_id", "user_id", name=op.f("pk_remedy_bars")),
    )
    op.create_table(
        "remedy_decisions",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("remedy_id", db.BigId, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("acting_for_id", sa.Integer(), nullable=True),
        sa.Column(
            "role",
            sa.Enum("agent", "marketer", "supervisor", "admin", name="role", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column(
            "verdict", sa.Enum("approve", "refuse", name="verdict", native_enum=False, length=20), nullable=False
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("policy_id", sa.Integer(), nullable=False),
        sa.Column("at", db.UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["acting_for_id"], ["users.id"], name=op.f("fk_remedy_decisions_acting_for_id")),
        sa.ForeignKeyConstraint(["policy_id"], ["remedy_policies.id"], name=op.f("fk_remedy_decisions_policy_id")),
        sa.ForeignKeyConstraint(
            ["remedy_id"], ["remedies.id"], name=op.f("fk_remedy_decisions_remedy_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_remedy_decisions_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remedy_decisions")),
        sa.UniqueConstraint(
            "remedy_id", "version", "user_id", name=op.f("uq_remedy_decisions_remedy_id_version_user_id")
        ),
    )
    with op.batch_alter_table("remedy_decisions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_remedy_decisions_user_id"), ["user_id"], unique=False)

    op.create_table(
        "remedy_events",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("remedy_id", db.BigId, nullable=False),
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_remedy_events_actor_id")),
        sa.ForeignKeyConstraint(
            ["remedy_id"], ["remedies.id"], name=op.f("fk_remedy_events_remedy_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remedy_events")),
    )
    with op.batch_alter_table("remedy_events", schema=None) as batch_op:
        batch_op.create_index("ix_remedy_events_remedy", ["remedy_id", "id"], unique=False)

    op.create_table(
        "remedy_executions",
        sa.Column("id", db.BigId, autoincrement=False, nullable=False),
        sa.Column("remedy_id", db.BigId, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "running",
                "unknown",
                "pending",
                "done",
                "failed",
                "void",
                name="executionstate",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("due_at", db.UtcTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_sent_at", db.UtcTime(timezone=True), nullable=True),
        sa.Column("lease", sa.String(length=40), nullable=True),
        sa.Column("lease_until", db.UtcTime(timezone=True), nullable=True),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.Column("doer_id", sa.Integer(), nullable=True),
        sa.Column("finished_at", db.UtcTime(timezone=True), nullable=True),
        sa.Column("error_code", sa.String(length=40), nullable=True),
        sa.Column("error_detail", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["doer_id"], ["users.id"], name=op.f("fk_remedy_executions_doer_id")),
        sa.ForeignKeyConstraint(
            ["remedy_id"], ["remedies.id"], name=op.f("fk_remedy_executions_remedy_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_remedy_executions_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remedy_executions")),
        sa.UniqueConstraint("key", name=op.f("uq_remedy_executions_key")),
        sa.UniqueConstraint("remedy_id", "version", name=op.f("uq_remedy_executions_remedy_id_version")),
    )
    with op.batch_alter_table("remedy_executions", schema=None) as batch_op:
        batch_op.create_index("ix_remedy_executions_due", ["state", "due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_remedy_executions_external_id"), ["external_id"], unique=False)

    op.create_table(
        "remedy_versions",
        sa.Column("remedy_id", db.BigId, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("editor_id", sa.Integer(), nullable=False),
        sa.Column("at", db.UtcTime(timezone=True), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("content", db.JsonData, nullable=False),
        sa.ForeignKeyConstraint(["editor_id"], ["users.id"], name=op.f("fk_remedy_versions_editor_id")),
        sa.ForeignKeyConstraint(
            ["remedy_id"], ["remedies.id"], name=op.f("fk_remedy_versions_remedy_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("remedy_id", "version", name=op.f("pk_remedy_versions")),
    )
    connection = op.get_bind()
    # Added in place, guard and all: copying a table of millions of rows, as batch mode would, takes too long.
    connection.exec_driver_sql(
        "ALTER TABLE conversations ADD COLUMN remedies_open INTEGER DEFAULT 0 NOT NULL "
        "CONSTRAINT ck_conversations_owed_stays_open "
        "CHECK (remedies_open = 0 OR (remedies_open > 0 AND state IN ('new', 'waiting')))"
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("proved_at", db.UtcTime(timezone=True), nullable=True))

    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(sa.Column("same_as_id", sa.Integer(), nullable=True))
    sqlite = connection.dialect.name == "sqlite"
    for table, when, condition, words in GUARDS:
        name = f"{table}_{words.split(':')[0].replace(' ', '_')}"
        if sqlite:
            distinct = condition.replace("IS DISTINCT FROM", "IS NOT")  # SQLite before 3.39 has no other word for it
            connection.exec_driver_sql(
                f"CREATE TRIGGER {name} BEFORE {when} ON {table} FOR EACH ROW WHEN {distinct} "
                f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
            )
        else:
            connection.exec_driver_sql(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {condition} THEN "
                f"RAISE EXCEPTION '{words}' USING ERRCODE = 'integrity_constraint_violation'; "
                "END IF; RETURN NEW; END $$"
            )
            connection.exec_driver_sql(
                f"CREATE TRIGGER {name} BEFORE {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
            )
    for table, person, why in (("remedies", "requester_id", "own"), ("remedy_versions", "editor_id", "edited")):
        remedy = "id" if table == "remedies" else "remedy_id"
        body = (
            f"INSERT INTO remedy_bars (remedy_id, user_id, why) VALUES (NEW.{remedy}, NEW.{person}, '{why}') "
            "ON CONFLICT DO NOTHING"
        )
        if sqlite:
            connection.exec_driver_sql(f"CREATE TRIGGER {table}_bars AFTER INSERT ON {table} BEGIN {body}; END")
        else:
            connection.exec_driver_sql(
                f"CREATE FUNCTION {table}_bars() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN {body}; RETURN NULL; END $$"
            )
            connection.exec_driver_sql(
                f"CREATE TRIGGER {table}_bars AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_bars()"
            )
