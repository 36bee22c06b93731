"""Adding up how we did."""

from app.core.clock import utc_now
from app.reports import counting
from workers import context
from workers.context import services


def count() -> None:
    """Count everything that changed since the last time."""
    more = True
    while more and not context.stopping.is_set():
        with services().db.write() as session:
            more = counting.work(session, utc_now())
