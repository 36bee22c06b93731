"""Routing what intake left behind, and trying rules on what is stored."""

from app.core.clock import utc_now
from app.routing import anew, service, trials
from workers.context import services


def route_waiting() -> int:
    """Route all conversations that have not been, and again those of which something has changed; answer how many."""
    routed = 0
    with services().db.write() as session:
        anew.note_people(session, utc_now())
    while True:
        with services().db.write() as session:
            count = service.route_waiting(session, utc_now()) + anew.route_anew(session, utc_now())
        routed += count
        if not count:
            return routed


def try_rules() -> None:
    """Go on for a few seconds with the trial that waits longest; what is left is woken for again."""
    trials.work(services().db, utc_now())
