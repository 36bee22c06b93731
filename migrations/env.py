"""Where Alembic learns of our models and our connection. ``app.core.migrate`` hands a connection over; Alembic's own
command line, used to write a new revision, takes the configured database.
"""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

import app.models  # noqa: F401 (fills the metadata)
from app.core import config, db


def run(connection: Connection) -> None:
    """Run what was asked for: an upgrade, a comparison, a new revision."""
    context.configure(
        connection=connection,
        target_metadata=db.Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render_item,
        include_name=include_name,
        user_module_prefix="db.",
    )
    with context.begin_transaction():
        context.run_migrations()


def include_name(name: str | None, kind: str, _parents: Any) -> bool:
    """What models describe; the words of the search index stand in forms that only one database knows."""
    return not (kind in ("table", "index") and (name or "").startswith("search_words"))


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Our column types by their names, so that a new revision reads like the models."""
    if kind == "type":
        for name in ("BigId", "JsonData"):
            if item is getattr(db, name):
                return f"db.{name}"
    return False


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with create_engine(config.load().database_url, poolclass=NullPool).connect() as own:
        run(own)
