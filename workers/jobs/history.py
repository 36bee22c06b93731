"""Comments from elsewhere."""

from app.collecting import imports
from app.core.jobs import JobName
from workers import context
from workers.context import services


def import_files() -> None:
    """Take the files that people want taken, for a while; woken again while something is left."""
    if imports.run(services().db, context.stopping.is_set):
        services().waker.wake(JobName.IMPORT)
