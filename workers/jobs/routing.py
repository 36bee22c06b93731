"""Routing what intake left behind, and trying rules on what is stored."""

from app.core.clock import utc_now
from app.routing import runner, trials
from workers.context import services


def route_waiting() -> int:
    """Route all conversations that have not been, and again those of which something has changed; answer how many."""
    return runner.run(services().db)


def try_rules() -> None:
    """Go on for a few seconds with the trial that waits longest; what is left is woken for again."""
    trials.work(services().db, utc_now())
