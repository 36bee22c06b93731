"""What the inbox leaves for later."""

import time

from app.core.clock import utc_now
from app.core.jobs import JobName
from app.desk import bulk, lengths
from app.inbox import counts, waking
from workers import context
from workers.context import services

LONGEST_TURN = 3.0
"""Seconds that work on lists may keep a worker from sending answers."""


def fold_counts() -> int:
    """Add up what transactions changed in the numbers of conversations; answer how many changes there were."""
    folded = 0
    while True:
        with services().db.write() as session:
            count = counts.fold(session)
        folded += count
        if count < counts.FOLDED_AT_ONCE:
            return folded


def count_views() -> int:
    """Count what waits in saved views whose length is not kept; answer how many numbers are different now."""
    with services().db.read() as session:
        found = lengths.difference(session)
    if not found.numbers and not found.gone:
        return 0
    with services().db.write() as session:
        return lengths.store(session, found)


def wake_put_off() -> int:
    """Have what rules put off wait for us once its time has come; answer how many conversations that were."""
    woken = 0
    while True:
        with services().db.write() as session:
            count = waking.wake(session, utc_now())
        woken += count
        if count < waking.AT_ONCE:
            return woken


def work_on_lists() -> int:
    """Do what people asked for whole lists, for a few seconds at most, so that answers get their turn; answer how many
    portions were done. The scheduler wakes it again while something is left."""
    until = time.monotonic() + LONGEST_TURN
    portions = 0
    while time.monotonic() < until and not context.stopping.is_set():
        with services().db.write() as session:
            if not bulk.work(session, utc_now()):
                return portions
        portions += 1
    services().waker.wake(JobName.BULK)
    return portions
