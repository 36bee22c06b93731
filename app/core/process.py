"""What a process asks of its operating system."""

import ctypes
import gc
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # prctl(2)
_M_ARENA_MAX = -8  # mallopt(3)
_GARBAGE_AFTER = (20_000, 20, 50)
"""Objects made before Python looks for rings of them nobody holds: a batch of comments makes many and few rings."""
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process as soon as ``parent`` (its process id) is gone.

    Call it in the new process. Only Linux can do this; elsewhere it changes nothing.
    """
    if _libc is None:
        return
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the kernel was told
        os.kill(os.getpid(), signal.SIGKILL)


def keep_memory_together() -> None:
    """Have all threads take their memory from two common places instead of up to eight for each processor.

    With 16 threads that read pages in turn, each would keep what the largest of them ever needed. Only glibc knows
    this; elsewhere it changes nothing.
    """
    mallopt = getattr(_libc, "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 2)


def settle_in() -> None:
    """Call once everything is loaded that stays: Python then no longer looks through it for garbage.

    It would do so hundreds of times while a large batch is stored, and take an eighth of the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE_AFTER)
