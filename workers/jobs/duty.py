"""Giving conversations to people who are at work, and back when they went."""

from app.core.clock import utc_now
from app.duty import giving
from workers.context import services


def work_through() -> int:
    """Give back and out until nothing moves; answer how many moved."""
    moved = 0
    while True:
        with services().db.write() as session:
            count = giving.work(session, utc_now())
        moved += count
        if not count:
            return moved
