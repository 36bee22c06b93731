"""Whether a database has the form this version needs, asked without loading what could bring it there."""

from importlib import util
from pathlib import Path

from sqlalchemy import String, column, inspect, select, table

from app.core.db import Database

_VERSIONS = "versions"
_DIGITS = 4


def newest() -> str | None:
    """The last step there is: the steps are numbered, and their files begin with the number."""
    spec = util.find_spec("migrations")
    if spec is None or spec.origin is None:
        return None
    steps = (Path(spec.origin).parent / _VERSIONS).glob("[0-9]*.py")
    return max((step.name[:_DIGITS] for step in steps), default=None)


def is_newest(db: Database) -> bool:
    """Whether the database has carried out exactly the steps up to the last one; makes no file where there is none."""
    file = db.engine.url.database if db.engine.dialect.name == "sqlite" else None
    if file is not None and not Path(file).exists():
        return False
    with db.read() as session:
        if not inspect(session.connection()).has_table("alembic_version"):
            return False
        steps = session.scalars(select(column("version_num", String)).select_from(table("alembic_version"))).all()
    return list(steps) == [newest()]
