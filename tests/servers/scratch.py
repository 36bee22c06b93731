"""Where servers that tests start keep what nobody needs after them."""

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 2**30
"""Bytes that have to be free there."""


def scratch() -> str:
    """A folder for temporary folders: in memory, where no server waits for a disk at each of its commits, or the usual
    one."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        return str(MEMORY)
    return tempfile.gettempdir()
