"""How long other people's servers may keep us waiting, over any number of requests.

One request has a limit of its own. A server that drags out each of a hundred would hold its reader for an hour all the
same, so whoever makes several says how long they may take together.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

QUICK_SECONDS = 2.0
"""An answer that is whole after this long kept nobody waiting, however many there are of them."""


T = TypeVar("T")


@dataclass(slots=True)
class _Left:
    """What is left of the time that requests may take together."""

    seconds: float


_left: ContextVar[_Left | None] = ContextVar("left", default=None)


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Requests made in the block, by this thread, keep it waiting no longer than ``seconds`` together; the one that
    takes longer fails as if it had reached its own limit. Answers within QUICK_SECONDS don't count."""
    token = _left.set(_Left(seconds))
    try:
        yield
    finally:
        _left.reset(token)


def patiently(things: Iterator[T], seconds: float) -> Iterator[T]:
    """The same things; requests made for each may take ``seconds`` together."""
    while True:
        with patience(seconds):
            try:
                one = next(things)
            except StopIteration:
                return
        yield one


@contextmanager
def waiting(at_most: float) -> Iterator[float]:
    """Make one request in the block, which may take ``at_most`` seconds by itself; answers how many it has."""
    mine = _left.get()
    if mine is None:
        yield at_most
        return
    begun = time.monotonic()
    try:
        yield min(at_most, max(mine.seconds, QUICK_SECONDS))
    finally:
        mine.seconds -= max(0.0, time.monotonic() - begun - QUICK_SECONDS)
