"""Adding up how we did, and how that stands to what we mean to reach."""

from app.core.clock import utc_now
from app.goals import measuring
from app.reports import counting
from app.reviews import service as reviews
from workers import context
from workers.context import services


def count() -> None:
    """Count everything that changed since the last time, measure goals and prepare a review where that is due."""
    more = True
    while more and not context.stopping.is_set():
        with services().db.write() as session:
            more = counting.work(session, utc_now())
    for piece in (measuring.work, reviews.work):
        with services().db.write() as session:
            piece(session, utc_now())
