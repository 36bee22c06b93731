"""Routing what waits for it, a batch a transaction."""

from app.core.clock import utc_now
from app.core.db import Database
from app.routing import anew, service


def run(db: Database) -> int:
    """Route all conversations that have not been, and again those of which something has changed; answer how many."""
    routed = 0
    with db.write() as session:
        anew.note_people(session, utc_now())
    while True:
        with db.write() as session:
            count = service.route_waiting(session, utc_now()) + anew.route_anew(session, utc_now())
        routed += count
        if not count:
            return routed
