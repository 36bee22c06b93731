"""The database alone, for commands that only ask the model or teach it: they are called for one file at a time, and
loading what the others need takes longer than their work.
"""

from importlib import import_module

from app.cli.common import settings
from app.core import logs, revisions
from app.core.db import Database
from app.learning import queries
from app.routing import unpacked

_WHOLE = "app.cli.work"


def database(*, make: bool = False) -> Database:
    """The database. With ``make`` the one that comes along is made or brought up to date first.

    Only errors are logged: what people should know is printed. Raises ConfigError.
    """
    current = settings()
    logs.configure("debug" if current.log.level == "debug" else "error", current.log.format)
    unpacked.keep_in(current.data_dir)
    db = Database(current.database_url)
    if make and current.database.url is None and not revisions.is_newest(db):
        import_module(_WHOLE).services(make=True)
    queries.read_as_set(current.learning, db)
    return db
