"""``python -m tests.servers.install``: fetch and compile the servers that tests start, before any test's time runs.

What can't be installed is said, and left to the tests that need it.
"""

import sys
import time
from collections.abc import Callable

from tests.servers import isso, node, prism
from tests.servers.bluesky import server as bluesky

PAUSES = (5, 30)
"""Seconds before a download that broke off is tried again."""


def main() -> None:
    """Install each that is missing."""
    for name, install in (("Isso", isso.install), ("Bluesky", bluesky.install), ("Prism", prism.install)):
        _try(name, install)


def _try(name: str, install: Callable[[], object]) -> None:
    for pause in (*PAUSES, None):
        try:
            install()
            return
        except (isso.NotStarted, bluesky.NotStarted, node.NotInstalled) as error:
            print(f"{name} can't be installed: {error}", file=sys.stderr)
        if pause is not None:
            print(f"Trying again in {pause} seconds.", file=sys.stderr)
            time.sleep(pause)


if __name__ == "__main__":
    main()
