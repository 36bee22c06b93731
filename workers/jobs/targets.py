"""Watching how quickly people are answered."""

from app.core.clock import utc_now
from app.targets import runner
from workers.context import services


def look() -> int:
    """Mark what is close to a target or past it, and have people told; answer how many marks changed."""
    return runner.watch(services().db, utc_now())
