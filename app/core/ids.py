"""64-bit ids made here, not by the database: rows that refer to each other can be inserted in bulk.

42 bits of milliseconds since 2025, then 21 bits that count up from a random place. Ids grow with time, so new rows land
at the end of every index. Two processes that hit on the same id collide on the primary key: the transaction fails and
its work is done again.
"""

import secrets
import threading
import time
from datetime import datetime

_EPOCH_MS = 1_735_689_600_000
_LOW_BITS = 21
_LOW = (1 << _LOW_BITS) - 1
_lock = threading.Lock()
_last = 0


def new_ids(count: int) -> list[int]:
    """``count`` fresh ids, rising."""
    global _last  # noqa: PLW0603 (the counter is the point)
    with _lock:
        start = ((time.time_ns() // 1_000_000 - _EPOCH_MS) << _LOW_BITS) | (secrets.randbits(_LOW_BITS) & (_LOW >> 1))
        start = max(start, _last + 1)
        _last = start + count
    return list(range(start, start + count))


def lowest_id(at: datetime) -> int:
    """No id made at that moment or later is lower."""
    milliseconds = int(at.timestamp() * 1000) - _EPOCH_MS
    return max(0, milliseconds) << _LOW_BITS


def new_id() -> int:
    """One fresh id."""
    return new_ids(1)[0]
