"""Watching targets: looking takes no lock, and writes only when something is different."""

from datetime import datetime

from app.core.db import Database
from app.targets import service


def watch(db: Database, now: datetime) -> int:
    """Mark what is close to a target or past it, and have people told; answer how many marks changed."""
    with db.read() as session:
        found = service.look(session, now)
    if found:
        with db.write() as session:
            service.note(session, found, now)
    return len(found.marks)
