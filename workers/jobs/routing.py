"""Routing what intake left behind."""

from app.core.clock import utc_now
from app.routing import service
from workers.context import services


def route_waiting() -> int:
    """Route all conversations that have not been; answer how many."""
    routed = 0
    while True:
        with services().db.write() as session:
            count = service.route_waiting(session, utc_now())
        routed += count
        if not count:
            return routed
