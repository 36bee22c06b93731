"""Adding up how we did, and how that stands to what we mean to reach."""

import time

from app.core.clock import utc_now
from app.core.jobs import JobName
from app.goals import measuring
from app.reports import counting
from app.reviews import service as reviews
from workers import context
from workers.context import services

LONGEST_TURN = 20.0
"""Seconds that counting may keep a worker from reading pages: after an update there may be millions to count."""


def count() -> None:
    """Count what changed since the last time, measure goals and prepare a review where that is due. What is left after
    a while is woken for again."""
    until, more = time.monotonic() + LONGEST_TURN, True
    while more and time.monotonic() < until and not context.stopping.is_set():
        with services().db.write() as session:
            more = counting.work(session, utc_now())
    if more:
        services().waker.wake(JobName.REPORT)
        return
    for piece in (measuring.work, reviews.work):
        with services().db.write() as session:
            piece(session, utc_now())
