"""Keeping the search index."""

from app.core.jobs import JobName
from app.search import service
from workers.context import services

PORTIONS = 4
"""As many batches are indexed in a row; then replies that are to be delivered have their turn."""


def index_waiting() -> int:
    """Index what was written, changed or removed; answer how much. Comes back by itself while there is more."""
    done = 0
    for _portion in range(PORTIONS):
        with services().db.write() as session:
            count = service.index_waiting(session)
        done += count
        if count < service.BATCH:
            return done
    services().waker.wake(JobName.INDEX)
    return done
